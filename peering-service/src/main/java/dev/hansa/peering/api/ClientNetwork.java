package dev.hansa.peering.api;

import io.vertx.ext.web.RoutingContext;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;

/// Whom a client's limits count: an IPv4 address, or a /64 of IPv6, which is what one is given who
/// is given a single network (RFC 6177).
///
/// @param prefix its bytes in hex
public record ClientNetwork(String prefix) {
    private static final int IPV6_PREFIX = 8;
    private static final int IPV6_ADDRESS = 16;

    public static ClientNetwork of(InetAddress client) {
        var bytes = client.getAddress();
        return new ClientNetwork(
                HexFormat.of()
                        .formatHex(
                                client instanceof Inet6Address
                                        ? Arrays.copyOf(bytes, IPV6_PREFIX)
                                        : bytes));
    }

    /// Where a call comes from.
    static InetAddress client(RoutingContext call) {
        return InetAddress.ofLiteral(call.request().remoteAddress().hostAddress());
    }

    /// For people: its only address, or its first.
    String address() {
        var bytes = HexFormat.of().parseHex(prefix);
        try {
            return InetAddress.getByAddress(
                            bytes.length == IPV6_PREFIX
                                    ? Arrays.copyOf(bytes, IPV6_ADDRESS)
                                    : bytes)
                    .getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("no address of 4 or 16 bytes", e);
        }
    }
}
