package dev.hansa.shop;

import dev.hansa.shop.wire.Money;

/// Sums of money in whole cents, which is all that the shop deals in.
final class Prices {
    private static final int NANOS_PER_CENT = 10_000_000;

    private Prices() {}

    static Money usd(long cents) {
        return Money.newBuilder()
                .setCurrencyCode("USD")
                .setUnits(cents / 100)
                .setNanos((int) (cents % 100) * NANOS_PER_CENT)
                .build();
    }

    static long cents(Money money) {
        return money.getUnits() * 100 + money.getNanos() / NANOS_PER_CENT;
    }

    /// `$8.99`
    static String text(long cents) {
        return "$" + cents / 100 + "." + (cents % 100 < 10 ? "0" : "") + cents % 100;
    }
}
