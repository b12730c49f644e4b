package dev.hansa.gateway.wire;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/// Whom a bound for one source counts: an IPv4 address, or a /64 of IPv6, which is the least that
/// anybody is given there (RFC 6177).
final class Source {
    /// Bytes 8 to 11 of an IPv4 address at a socket of both families.
    private static final int MAPPED = 0xffff;

    private Source() {}

    /// As a number. An IPv6 network that is in use has more than 32 bits, so it is no IPv4 address
    /// too; only that of `::1` is 0.
    static long of(InetAddress address) {
        var bytes = ByteBuffer.wrap(address.getAddress());
        if (!(address instanceof Inet6Address)) {
            return Integer.toUnsignedLong(bytes.getInt());
        }
        var network = bytes.getLong();
        return network == 0 && bytes.getInt() == MAPPED
                ? Integer.toUnsignedLong(bytes.getInt())
                : network;
    }
}
