package dev.hansa.bootstrap;

import java.util.regex.Pattern;

/// Addresses of IPv4 that have their first bits in common, as RFC 4632 writes them.
public final class Ipv4Network {
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

    private static final Pattern WRITTEN =
            Pattern.compile(BYTE + "(\\." + BYTE + "){3}(/([0-9]|[12][0-9]|3[0-2]))?");

    private Ipv4Network() {}

    /// Whether a text is one, such as `10.0.0.0/8`, or an address alone. No name, no leading zeros.
    public static boolean isOne(String text) {
        return WRITTEN.matcher(text).matches();
    }
}
