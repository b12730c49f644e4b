package dev.hansa.gateway;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The settings of `hansa gateway`, read once.
///
/// @param listen where it takes TLS, from inside and from peers
/// @param lanAddress where its own datacenter reaches it
/// @param wanAddress where peers reach it
/// @param wanAddressFile says where peers reach it, again and again, in place of that
/// @param dataDir where the last good routes are kept; empty: nowhere
/// @param limits beyond which new connections are refused
/// @param connectionsAhead TCP connections that stand open to each gateway of a peer; 0: none
/// @param proxyProtocol who says for whom a connection is, and who is told
public record GatewayConfig(
        String nodeName,
        Path joinTokenFile,
        List<InetSocketAddress> listen,
        Endpoint lanAddress,
        Endpoint wanAddress,
        Optional<Path> wanAddressFile,
        InetSocketAddress adminAddress,
        Optional<Path> dataDir,
        Lifecycle lifecycle,
        Duration idleTimeout,
        Limits limits,
        int connectionsAhead,
        ProxyProtocol proxyProtocol) {

    public static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "join-token-file",
                            "FILE",
                            "made by 'hansa join-token --mesh-gateway' (required)"),
                    new Settings.Key(
                            "node-name",
                            "NAME",
                            "name of this gateway's node in the catalog (default: mesh-gateway)"),
                    new Settings.Key(
                            "listen",
                            "HOST:PORT,…",
                            "where it takes TLS (default: 127.0.0.1:8443)"),
                    new Settings.Key(
                            "lan.address",
                            "HOST:PORT",
                            "how its own datacenter reaches it (default: the first of listen)"),
                    new Settings.Key(
                            "wan.address",
                            "HOST:PORT",
                            "how peers reach it (default: lan.address)"),
                    new Settings.Key(
                            "wan.address-file",
                            "FILE",
                            "says the same in place of wan.address, and is read again every 2s: whoever writes it moves the gateway for its peers (default: none)"),
                    new Settings.Key(
                            "admin.address",
                            "HOST:PORT",
                            "/health, /metrics, /connections (default: 127.0.0.1:19443)"),
                    new Settings.Key(
                            "data-dir",
                            "DIR",
                            "where the last good routes are kept (default: nowhere)"),
                    SealKey.SETTING,
                    Lifecycle.GRACE_KEY,
                    Lifecycle.TIMEOUT_KEY,
                    Lifecycle.HOT_RESTART_KEY,
                    new Settings.Key(
                            "idle-timeout",
                            "DURATION",
                            "how long a connection may carry no byte (default: 1h)"),
                    new Settings.Key(
                            "max-connections", "N", "open connections at most (default: 8000)"),
                    new Settings.Key(
                            "max-connection-rate",
                            "N",
                            "new connections a second at most (default: 5000)"),
                    new Settings.Key(
                            "max-half-open",
                            "N",
                            "connections at most that have not said what they want (default: a quarter of max-connections)"),
                    new Settings.Key(
                            "max-connections-per-source",
                            "N",
                            "of one IPv4 address or /64 of IPv6 (default: seven eighths of max-connections)"),
                    new Settings.Key(
                            "max-connection-rate-per-source",
                            "N",
                            "a second, of one such source (default: four fifths of max-connection-rate)"),
                    new Settings.Key(
                            "max-connections-per-name",
                            "N",
                            "to one name, which is one service of one datacenter (default: seven eighths of max-connections)"),
                    new Settings.Key(
                            "max-memory",
                            "PERCENT",
                            "of heap or direct memory, above which no more are taken (default: 85)"),
                    new Settings.Key(
                            "connections-ahead",
                            "N",
                            "TCP connections that stand open to each gateway of a peer, ahead of callers; 0: none (default: 8)"),
                    ProxyProtocol.LISTEN_KEY,
                    ProxyProtocol.FROM_KEY,
                    ProxyProtocol.TO_KEY);

    /// Long enough for a stream that waits for news; a connection whose other end has vanished
    /// without a word is found before, after 90 s, by TCP's keepalive.
    private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);

    /// What comes within one round trip of 20 ms at 400 new connections a second; more come at the
    /// old price. Each is replaced every six seconds while nobody uses it.
    private static final int AHEAD = 8;

    private static final int MOST_AHEAD = 64;

    /// Reads and checks everything.
    ///
    /// @throws InvalidConfigException with every problem
    public static GatewayConfig read(Settings settings) throws InvalidConfigException {
        var token = settings.required("join-token-file", "a file", Path::of);
        var nodeName = settings.text("node-name", "mesh-gateway");
        var listen =
                settings.addresses(
                        "listen", List.of(InetSocketAddress.createUnresolved("127.0.0.1", 8443)));
        var lan =
                settings.optional(
                        "lan.address", "an address such as 10.0.0.2:8443", Endpoint::parse);
        var wan =
                settings.optional(
                        "wan.address", "an address such as 203.0.113.2:8443", Endpoint::parse);
        var wanFile = settings.optionalPath("wan.address-file");
        var admin =
                settings.address(
                        "admin.address", InetSocketAddress.createUnresolved("127.0.0.1", 19443));
        var dataDir = settings.optionalPath("data-dir");
        var idle = settings.duration("idle-timeout", IDLE_TIMEOUT);
        var lifecycle = Lifecycle.read(settings, dataDir);
        var limits = Limits.read(settings);
        var ahead = settings.number("connections-ahead", AHEAD, 0, MOST_AHEAD);
        var proxyProtocol = ProxyProtocol.read(settings, listen);
        if (listen != null && listen.isEmpty()) {
            settings.problem("listen", "expected at least one address; found none");
        }
        settings.finish();
        var first = listen.getFirst();
        var lanAddress = lan.orElseGet(() -> new Endpoint(first.getHostString(), first.getPort()));
        return new GatewayConfig(
                nodeName,
                token,
                listen,
                lanAddress,
                wan.orElse(lanAddress),
                wanFile,
                admin,
                dataDir,
                lifecycle,
                idle,
                limits,
                ahead,
                proxyProtocol);
    }
}
