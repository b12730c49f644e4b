package dev.hansa.gateway.wire;

import static java.util.stream.Collectors.joining;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/// Networks of IPv4 and IPv6, as they are written: `10.0.0.0/8`, `2001:db8::/32`, or one address.
public record Networks(List<Network> all) {
    public static final Networks NONE = new Networks(List.of());

    private static final int BYTE = 8;

    public Networks {
        all = List.copyOf(all);
    }

    /// @param bits of the address that all of it have in common
    public record Network(InetAddress address, int bits) {
        public Network {
            var most = address.getAddress().length * BYTE;
            if (bits < 0 || bits > most) {
                throw new IllegalArgumentException(
                        "expected 0 to " + most + " bits; found " + bits);
            }
            if (!Arrays.equals(masked(address.getAddress(), bits), address.getAddress())) {
                // 10.1.2.3/8 is a slip of some kind, and whom it lets in nobody has thought of
                throw new IllegalArgumentException(
                        "expected no bit after the first " + bits + " of " + address);
            }
        }

        /// @throws IllegalArgumentException when it is none
        static Network parse(String text) {
            var slash = text.indexOf('/');
            var address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            return new Network(
                    address,
                    slash < 0
                            ? address.getAddress().length * BYTE
                            : Integer.parseInt(text.substring(slash + 1)));
        }

        boolean contains(InetAddress other) {
            var bytes = other.getAddress();
            return bytes.length == address.getAddress().length
                    && Arrays.equals(masked(bytes, bits), address.getAddress());
        }

        private static byte[] masked(byte[] address, int bits) {
            var masked = address.clone();
            for (var i = 0; i < masked.length; i++) {
                var kept = Math.clamp(bits - i * (long) BYTE, 0, BYTE);
                masked[i] &= (byte) (0xff << (BYTE - kept));
            }
            return masked;
        }

        @Override
        public String toString() {
            return address.getHostAddress() + "/" + bits;
        }
    }

    /// Separated by commas.
    ///
    /// @throws IllegalArgumentException when one is none, or there is none
    public static Networks parse(String text) {
        var all = Arrays.stream(text.split(",", -1)).map(String::strip).map(Network::parse);
        return new Networks(all.toList());
    }

    boolean contains(InetAddress address) {
        return all.stream().anyMatch(one -> one.contains(address));
    }

    @Override
    public String toString() {
        return all.stream().map(Network::toString).collect(joining(","));
    }
}
