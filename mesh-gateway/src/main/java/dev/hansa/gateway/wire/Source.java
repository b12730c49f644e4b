package dev.hansa.gateway.wire;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/// Whom a bound for one source counts: an IPv4 address, or a /64 of IPv6, which is what one is
/// given who is given a single network (RFC 6177).
final class Source {
    private static final int MAPPED = 0xffff;

    private Source() {}

    /// As a number. The first 8 bytes of an IPv6 address that is in use anywhere are more than 32
    /// bits, so none is an IPv4 address too; only loopback's are 0.
    static long of(InetAddress address) {
        var bytes = ByteBuffer.wrap(address.getAddress());
        if (!(address instanceof Inet6Address)) {
            return Integer.toUnsignedLong(bytes.getInt());
        }
        var network = bytes.getLong();
        // ::ffff:192.0.2.1, an IPv4 address at a socket of both families
        return network == 0 && bytes.getInt() == MAPPED
                ? Integer.toUnsignedLong(bytes.getInt())
                : network;
    }
}
