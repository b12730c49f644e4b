package dev.hansa.failover;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// An IPv4 address that stands for a service wherever it runs. It is one of 240.0.0.0/4, which
/// nobody's network routes and which Consul takes too, so that none of them is ever a machine's.
///
/// @param number from 1 to [#LAST]
public record VirtualAddress(int number) {
    public static final String BLOCK = "240.0.0.0/4";

    /// The one after it is the broadcast address 255.255.255.255.
    public static final int LAST = (1 << 28) - 2;

    private static final int BASE = 0xf000_0000;

    /// @throws IllegalArgumentException when there is no such number
    public VirtualAddress {
        if (number < 1 || number > LAST) {
            throw new IllegalArgumentException(
                    "virtual address: expected a number from 1 to " + LAST + "; found " + number);
        }
    }

    /// Empty for an address that is not virtual.
    public static Optional<VirtualAddress> of(InetAddress address) {
        if (!(address instanceof Inet4Address)) {
            return Optional.empty();
        }
        var bits = ByteBuffer.wrap(address.getAddress()).getInt();
        var number = bits - BASE;
        return (bits & BASE) == BASE && number >= 1 && number <= LAST
                ? Optional.of(new VirtualAddress(number))
                : Optional.empty();
    }

    public InetAddress inet() {
        try {
            return InetAddress.getByAddress(
                    ByteBuffer.allocate(Integer.BYTES).putInt(BASE + number).array());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    /// Four numbers with dots.
    @Override
    public String toString() {
        return inet().getHostAddress();
    }
}
