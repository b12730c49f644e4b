package dev.hansa.bootstrap;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;

/// Addresses of IPv4 or IPv6 that have their first bits in common, such as `10.0.0.0/8`.
///
/// @param first the first of them, whose other bits are zero
/// @param bits how many they have in common
public record IpNetwork(InetAddress first, int bits) {
    /// @param text an address, alone or with `/` and a number of bits; no name
    /// @return empty: it is none, or has bits beyond those in common
    public static Optional<IpNetwork> parse(String text) {
        var slash = text.indexOf('/');
        try {
            var first = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            var all = first.getAddress().length * Byte.SIZE;
            var bits = slash < 0 ? all : Integer.parseUnsignedInt(text.substring(slash + 1));
            return bits >= 0 && bits <= all && first.equals(cut(first, bits))
                    ? Optional.of(new IpNetwork(first, bits))
                    : Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    public boolean contains(InetAddress address) {
        return address.getAddress().length == first.getAddress().length
                && cut(address, bits).equals(first);
    }

    private static InetAddress cut(InetAddress address, int bits) {
        var bytes = address.getAddress();
        for (var i = 0; i < bytes.length; i++) {
            var kept = Math.clamp(bits - (long) i * Byte.SIZE, 0, Byte.SIZE);
            bytes[i] &= (byte) (0xff << (Byte.SIZE - kept));
        }
        return address(bytes);
    }

    /// Without a scope, which says nothing of where an address is.
    public static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "address: expected 4 or 16 bytes; found " + Arrays.toString(bytes), e);
        }
    }

    @Override
    public String toString() {
        return first.getHostAddress() + "/" + bits;
    }
}
