package dev.hansa.gateway;

import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.hansa.bootstrap.Settings;
import dev.hansa.failover.SniRoute;
import dev.hansa.gateway.wire.Networks;
import dev.hansa.trustbundle.PeerName;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// Where a gateway is told by proxies whose connections they bring, and whom it tells (ADR 0048).
///
/// @param listen where each connection begins with such a header; none where [#from] has none
/// @param from where these proxies are
/// @param to who is told: [#LOCAL], and names of peers
public record ProxyProtocol(List<InetSocketAddress> listen, Networks from, Set<String> to) {
    /// The sidecars of this datacenter.
    static final String LOCAL = "local";

    static final ProxyProtocol NONE = new ProxyProtocol(List.of(), Networks.NONE, Set.of());

    static final Settings.Key LISTEN_KEY =
            new Settings.Key(
                    "proxy-protocol.listen",
                    "HOST:PORT,…",
                    "where it takes TLS after a header of PROXY protocol v2, and nothing else (default: nowhere)");

    static final Settings.Key FROM_KEY =
            new Settings.Key(
                    "proxy-protocol.from",
                    "NETWORK,…",
                    "where the proxies are that say it, such as 10.0.0.0/24; nobody else is let in there (required with proxy-protocol.listen)");

    static final Settings.Key TO_KEY =
            new Settings.Key(
                    "proxy-protocol.to",
                    "local|PEER,…",
                    "who is told by such a header who calls: sidecars here, gateways of a peer (default: nobody)");

    public ProxyProtocol {
        listen = List.copyOf(listen);
        to = Set.copyOf(to);
    }

    /// @param plain where connections begin with TLS
    static ProxyProtocol read(Settings settings, List<InetSocketAddress> plain) {
        var listen = settings.addresses(LISTEN_KEY.name(), List.of());
        var from = networks(settings);
        var to =
                settings.value(
                        TO_KEY.name(),
                        "'local', names of peers, or both, separated by commas",
                        Set.<String>of(),
                        ProxyProtocol::whom);
        if (listen == null || from == null || to == null || plain == null) {
            // told already
            return NONE;
        }
        if (listen.isEmpty() != from.all().isEmpty()) {
            settings.problem(
                    (listen.isEmpty() ? LISTEN_KEY : FROM_KEY).name(),
                    "expected both "
                            + LISTEN_KEY.name()
                            + " and "
                            + FROM_KEY.name()
                            + "; found one");
        }
        for (var address : listen) {
            if (plain.contains(address)) {
                settings.problem(
                        LISTEN_KEY.name(),
                        "expected an address that is not in listen; found '"
                                + Endpoints.text(address)
                                + "'");
            }
        }
        return new ProxyProtocol(listen, from, to);
    }

    /// Where proxies are.
    static Networks networks(Settings settings) {
        return settings.value(
                FROM_KEY.name(),
                "networks such as 10.0.0.0/24 or 2001:db8::/64, separated by commas",
                Networks.NONE,
                Networks::parse);
    }

    private static Set<String> whom(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .map(one -> one.equals(LOCAL) ? one : new PeerName(one).value())
                .collect(toUnmodifiableSet());
    }

    /// Whether the other end of this route is told who calls. Servers never are: what they are
    /// asked comes from other servers alone.
    public boolean isToldOf(SniRoute route) {
        return switch (route.purpose()) {
            case SniRoute.EXPORTED -> to.contains(LOCAL);
            case SniRoute.IMPORTED -> to.contains(route.peer());
            default -> false;
        };
    }
}
