package dev.hansa.peering.config;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.checks.CheckNetworks;
import dev.hansa.peering.store.Membership;
import dev.hansa.peering.stream.PeerLimits;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.ca.ExternalCa;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The settings of `hansa server`, read once.
///
/// @param dataDir holds the database; owner-only
/// @param auditFile where the audit log is written to, besides the store; empty: nowhere
/// @param sealKey where the key is that secrets are sealed with
/// @param httpAddress the HTTP API
/// @param door who is let in there
/// @param peerAddress peer streams, TLS; what tokens advertise when peering does not go through
///   gateways
/// @param proxyAddress the datacenter's own proxies, mutual TLS
/// @param adminAddress `/health` and `/metrics`
/// @param bindHost an IP address that is listened on in place of the hosts of `peerAddress`,
///   `proxyAddress` and `raftAddress`, which others are told; empty: those hosts
/// @param raftAddress where this datacenter's other servers reach this one, mutual TLS
/// @param joinToken a file with a server join token, for a server that joins others
/// @param retryJoin the proxies' listeners of servers to join; empty: those that the token names
/// @param deadAfter how long a server may be silent before it is removed; zero: for ever
/// @param defaultAllow what happens to a call that no intention decides
/// @param tokenLife how long a peering token may lie unused
/// @param tokenForm how tokens are written unless a request says otherwise
/// @param leafLife the life of a proxy's certificate; renewed from one third of it
/// @param externalCa an operator's own root and intermediate
/// @param retireLimit how long a phase of a rotation waits for peers and proxies at most
/// @param connections what this server takes on
/// @param limits how much of this server peers may take up
/// @param longestRetry between two attempts to reach a peer
/// @param dns what is answered by DNS; empty: nothing
/// @param checkNetworks which addresses checks may ask
public record PeeringServiceConfig(
        Datacenter datacenter,
        String nodeName,
        Path dataDir,
        Optional<Path> auditFile,
        SealKey sealKey,
        InetSocketAddress httpAddress,
        ApiDoorSettings door,
        InetSocketAddress peerAddress,
        InetSocketAddress proxyAddress,
        InetSocketAddress adminAddress,
        InetSocketAddress raftAddress,
        Optional<String> bindHost,
        Optional<Path> joinToken,
        List<Endpoint> retryJoin,
        Duration deadAfter,
        boolean defaultAllow,
        Duration tokenLife,
        TokenForm tokenForm,
        Duration leafLife,
        Optional<ExternalCaFiles> externalCa,
        Duration retireLimit,
        ConnectionLimits connections,
        PeerLimits limits,
        Duration longestRetry,
        Optional<DnsSettings> dns,
        CheckNetworks checkNetworks) {

    private static final String AUDIT_FILE = "audit.file";
    private static final String BIND_HOST = "bind-host";

    private static final List<Settings.Key> OWN =
            List.of(
                    new Settings.Key(
                            "datacenter", "NAME", "name of this datacenter, e.g. eks (required)"),
                    new Settings.Key(
                            "data-dir", "DIR", "where state is kept, owner-only (required)"),
                    SealKey.SETTING,
                    new Settings.Key(
                            AUDIT_FILE,
                            "FILE|none",
                            "where the audit log is written to as JSON lines; full ones are beside it (default: audit/audit.jsonl in data-dir)"),
                    new Settings.Key(
                            "node-name",
                            "NAME",
                            "name of this server in the catalog (default: <datacenter>-server)"),
                    new Settings.Key(
                            "http.address", "HOST:PORT", "HTTP API (default: 127.0.0.1:8500)"),
                    new Settings.Key(
                            "peer.address",
                            "HOST:PORT",
                            "peer streams, TLS (default: 127.0.0.1:8503)"),
                    new Settings.Key(
                            "proxy.address",
                            "HOST:PORT",
                            "own gateways and sidecars, mutual TLS (default: 127.0.0.1:8502)"),
                    new Settings.Key(
                            "admin.address",
                            "HOST:PORT",
                            "/health and /metrics (default: 127.0.0.1:19500)"),
                    new Settings.Key(
                            "raft.address",
                            "HOST:PORT",
                            "where this datacenter's other servers reach this one, mutual TLS (default: nobody joins)"),
                    new Settings.Key(
                            BIND_HOST,
                            "IP",
                            "what raft, proxy and peer addresses listen on, where their hosts are names that others reach this server by (default: those hosts)"),
                    new Settings.Key(
                            "join-token-file",
                            "FILE",
                            "server join token, to join this datacenter's other servers at the first start"),
                    new Settings.Key(
                            "retry-join",
                            "HOST:PORT,...",
                            "proxy addresses of servers to join (default: those that the token names)"),
                    new Settings.Key(
                            "raft.dead-after",
                            "DURATION",
                            "a server that is silent for so long is removed; 0s: never (default: 72h)"),
                    new Settings.Key(
                            "intentions.default-allow",
                            "true|false",
                            "whether calls that no intention decides are allowed (default: false)"),
                    new Settings.Key(
                            "token.ttl",
                            "DURATION",
                            "life of an unused peering token (default: 1h)"),
                    new Settings.Key(
                            "token.form",
                            "signed|consul",
                            "form of peering tokens; consul: as Consul writes them, unsigned (default: signed)"),
                    new Settings.Key(
                            "leaf.ttl", "DURATION", "life of proxies' certificates (default: 72h)"),
                    new Settings.Key(
                            ExternalCa.ROOT,
                            "FILE",
                            "PEM of your own root, to bring your own certificate authority"),
                    new Settings.Key(
                            ExternalCa.INTERMEDIATE,
                            "FILE",
                            "PEM of an intermediate of that root, which signs certificates"),
                    new Settings.Key(
                            ExternalCa.KEY,
                            "FILE",
                            "PEM of that intermediate's private key, not encrypted"),
                    new Settings.Key(
                            "ca.retire-limit",
                            "DURATION",
                            "how long a rotation waits for peers and proxies that are away (default: 72h)"));

    public static final List<Settings.Key> KEYS =
            Stream.of(
                            OWN,
                            ApiDoorSettings.KEYS,
                            ConnectionLimits.KEYS,
                            CheckNetworkSettings.KEYS,
                            DnsSettings.KEYS,
                            PeerLimitSettings.KEYS)
                    .flatMap(List::stream)
                    .toList();

    /// Longer, and a forgotten token is a standing invitation.
    private static final Duration MAX_TOKEN_LIFE = Duration.ofDays(7);

    /// Below a minute a proxy would do little but renew.
    private static final Duration MIN_LEAF_LIFE = Duration.ofMinutes(1);

    /// Reads and checks everything.
    ///
    /// @throws InvalidConfigException with every problem
    public static PeeringServiceConfig read(Settings settings) throws InvalidConfigException {
        var datacenter =
                settings.required("datacenter", "a datacenter name such as eks", Datacenter::new);
        var dataDir = settings.required("data-dir", "a directory", Path::of);
        var auditFile = settings.optionalPath(AUDIT_FILE);
        var sealKey = SealKey.read(settings);
        var nodeName = settings.text("node-name", "");
        var http = settings.address("http.address", address(8500));
        var door = ApiDoorSettings.read(settings, http);
        var peer = settings.address("peer.address", address(8503));
        var proxy = settings.address("proxy.address", address(8502));
        var admin = settings.address("admin.address", address(19500));
        var raft = settings.address("raft.address", Membership.NOBODY_JOINS);
        var bindHost = bindHost(settings);
        var joinToken = settings.optionalPath("join-token-file");
        var retryJoin =
                settings.addresses("retry-join", List.of()).stream()
                        .map(at -> new Endpoint(at.getHostString(), at.getPort()))
                        .toList();
        var deadAfter = settings.duration("raft.dead-after", Duration.ofDays(3));
        if (joinToken.isPresent() && raft != null && raft.getPort() == 0) {
            settings.problem(
                    "raft.address",
                    "expected an address that the other servers reach, since join-token-file is"
                            + " set; found none");
        }
        if (raft != null
                && proxy != null
                && raft.getPort() != 0
                && !isLoopback(raft)
                && isLoopback(proxy)) {
            // join tokens name it, and whoever has one would wait for ever
            settings.problem(
                    "proxy.address",
                    "expected an address that the other servers reach too, since raft.address is '"
                            + raft.getHostString()
                            + "'; found '"
                            + proxy.getHostString()
                            + "'");
        }
        var dns = DnsSettings.read(settings);
        // an address that could not be read is null
        var listeners = new HashMap<String, InetSocketAddress>();
        listeners.put("raft.address", raft);
        listeners.put("http.address", http);
        listeners.put("peer.address", peer);
        listeners.put("proxy.address", proxy);
        listeners.put("admin.address", admin);
        dns.ifPresent(found -> listeners.put("dns.address", found.address()));
        listeners.values().removeIf(Objects::isNull);
        distinct(settings, listeners);
        var defaultAllow = settings.flag("intentions.default-allow", false);
        var tokenLife = settings.duration("token.ttl", Duration.ofHours(1));
        var leafLife = settings.duration("leaf.ttl", Duration.ofDays(3));
        var form = settings.text("token.form", TokenForm.SIGNED.toString());
        var tokenForm = TokenForm.named(form);
        if (tokenForm.isEmpty()) {
            settings.problem("token.form", "expected 'signed' or 'consul'; found '" + form + "'");
        }
        if (tokenLife != null && tokenLife.compareTo(MAX_TOKEN_LIFE) > 0) {
            settings.problem(
                    "token.ttl", "expected at most " + MAX_TOKEN_LIFE + "; found " + tokenLife);
        }
        if (leafLife != null && leafLife.compareTo(MIN_LEAF_LIFE) < 0) {
            settings.problem(
                    "leaf.ttl", "expected at least " + MIN_LEAF_LIFE + "; found " + leafLife);
        }
        var retireLimit = settings.duration("ca.retire-limit", Duration.ofDays(3));
        var externalCa = externalCa(settings);
        var connections = ConnectionLimits.read(settings);
        var limits = PeerLimitSettings.limits(settings);
        var longestRetry = PeerLimitSettings.longestRetry(settings);
        var checkNetworks = CheckNetworkSettings.read(settings);
        settings.finish();
        return new PeeringServiceConfig(
                datacenter,
                nodeName.isEmpty() ? datacenter + "-server" : nodeName,
                dataDir.toAbsolutePath(),
                auditFile(dataDir.toAbsolutePath(), auditFile),
                sealKey,
                http,
                door,
                peer,
                proxy,
                admin,
                raft,
                bindHost,
                joinToken,
                retryJoin,
                deadAfter,
                defaultAllow,
                tokenLife,
                tokenForm.orElse(TokenForm.SIGNED),
                leafLife,
                externalCa,
                retireLimit,
                connections,
                limits,
                longestRetry,
                dns,
                checkNetworks);
    }

    private static Optional<Path> auditFile(Path dataDir, Optional<Path> said) {
        return said.isEmpty()
                ? Optional.of(dataDir.resolve("audit/audit.jsonl"))
                : said.filter(path -> !path.equals(Path.of("none")));
    }

    private static Optional<String> bindHost(Settings settings) {
        var said = settings.text(BIND_HOST, "");
        if (said.isEmpty()) {
            return Optional.empty();
        }
        try {
            InetAddress.ofLiteral(said);
        } catch (IllegalArgumentException _) {
            settings.problem(
                    BIND_HOST,
                    "expected an IP address such as 0.0.0.0 or ::; found '" + said + "'");
        }
        return Optional.of(said);
    }

    /// What a listener binds whose address others are told.
    public InetSocketAddress bound(InetSocketAddress told) {
        return bindHost.map(host -> InetSocketAddress.createUnresolved(host, told.getPort()))
                .orElse(told);
    }

    /// Whether the operator has named this server.
    public boolean isNamed() {
        return !nodeName.equals(datacenter + "-server");
    }

    /// Two listeners on one address would share it, and each caller would meet one of them by
    /// chance.
    private static void distinct(Settings settings, Map<String, InetSocketAddress> addresses) {
        var seen = new HashMap<InetSocketAddress, String>();
        new TreeMap<>(addresses)
                .forEach((key, address) -> {
                    var other = seen.putIfAbsent(address, key);
                    if (other != null && address.getPort() != 0) {
                        settings.problem(
                                key,
                                "expected an address of its own; found '"
                                        + address.getHostString()
                                        + ":"
                                        + address.getPort()
                                        + "', which "
                                        + other
                                        + " has");
                    }
                });
    }

    static boolean isLoopback(InetSocketAddress address) {
        var host = address.getHostString();
        return host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
    }

    /// All three or none.
    private static Optional<ExternalCaFiles> externalCa(Settings settings) {
        var root = settings.optionalPath(ExternalCa.ROOT);
        var intermediate = settings.optionalPath(ExternalCa.INTERMEDIATE);
        var key = settings.optionalPath(ExternalCa.KEY);
        if (root.isEmpty() && intermediate.isEmpty() && key.isEmpty()) {
            return Optional.empty();
        }
        if (root.isEmpty() || intermediate.isEmpty() || key.isEmpty()) {
            settings.problem(
                    ExternalCa.ROOT,
                    "expected together with "
                            + ExternalCa.INTERMEDIATE
                            + " and "
                            + ExternalCa.KEY
                            + "; found only some");
            return Optional.empty();
        }
        return Optional.of(new ExternalCaFiles(root.get(), intermediate.get(), key.get()));
    }

    private static InetSocketAddress address(int port) {
        return InetSocketAddress.createUnresolved("127.0.0.1", port);
    }
}
