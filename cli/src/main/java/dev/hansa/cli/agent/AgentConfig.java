package dev.hansa.cli.agent;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.kubernetes.api.ApiAccess;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The settings of `hansa agent`.
///
/// @param servers of the datacenter, in the order in which they are asked
/// @param ttl how long the machine counts as there when nothing is heard of it
/// @param reapAfter how long after that it is forgotten with its services; zero: never
/// @param leaveOnTerminate whether a stop takes the machine's services out of the catalog and ends
///   its sidecars; otherwise both stay for the next start
public record AgentConfig(
        String nodeName,
        String address,
        Map<String, String> meta,
        List<ApiAccess> servers,
        Path servicesDir,
        Path dataDir,
        Duration ttl,
        Duration reapAfter,
        boolean leaveOnTerminate,
        InetSocketAddress adminAddress) {
    public static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "address",
                            "HOST",
                            "where others reach this machine; required, and no wildcard"),
                    new Settings.Key(
                            "node-name",
                            "NAME",
                            "of this machine in the catalog (default: the host's name)"),
                    new Settings.Key("meta", "KEY=VALUE,…", "of the machine, for the catalog"),
                    new Settings.Key(
                            "http-addr",
                            "URL,…",
                            "the servers' HTTP API (default: 127.0.0.1:8500)"),
                    new Settings.Key(
                            "cacert",
                            "FILE",
                            "the only certificates, PEM, that certify a server at https://"),
                    new Settings.Key(
                            "token-file",
                            "FILE",
                            "the token to ask with; read for each request, so that it may be replaced"),
                    new Settings.Key(
                            "services-dir",
                            "DIR",
                            "definitions of services: *.hcl, *.json, *.yaml (default: /etc/hansa/services)"),
                    new Settings.Key(
                            "data-dir",
                            "DIR",
                            "where sidecars keep theirs (default: /var/lib/hansa/agent)"),
                    new Settings.Key(
                            "node-ttl",
                            "DURATION",
                            "without a word of this machine for so long it is critical (default: 15s)"),
                    new Settings.Key(
                            "reap-after",
                            "DURATION",
                            "critical for so long, it is forgotten with its services; 0s: never (default: 72h)"),
                    new Settings.Key(
                            "leave-on-terminate",
                            "BOOLEAN",
                            "deregister everything and end the sidecars at a stop (default: false)"),
                    new Settings.Key(
                            "admin.address",
                            "HOST:PORT",
                            "/health, and the words of those who own TTL checks; loopback only (default: 127.0.0.1:19700)"));

    /// As the server takes.
    private static final Duration SHORTEST_TTL = Duration.ofSeconds(2);

    private static final Duration LONGEST_TTL = Duration.ofMinutes(10);

    private static final Duration SHORTEST_REAP = Duration.ofMinutes(1);

    /// A datacenter has at most seven.
    private static final int MAX_SERVERS = 32;

    private static final int MAX_META = 64;

    public AgentConfig {
        meta = Map.copyOf(meta);
        servers = List.copyOf(servers);
    }

    NodeRecord node() {
        return new NodeRecord("", nodeName, address, "", Map.of(), meta);
    }

    /// @param host the machine's name
    /// @throws InvalidConfigException with everything that is wrong
    public static AgentConfig read(Settings settings, String host) throws InvalidConfigException {
        var name =
                settings.value(
                        "node-name", "a name without '/' and white space", host, AgentConfig::word);
        if (name != null && name.isEmpty()) {
            settings.problem("node-name", "expected a name; found none, and the host has none");
        } else if (name != null && name.equals(host) && name.matches("(?i)localhost([.].*)?")) {
            settings.problem(
                    "node-name",
                    "expected a name that no other machine has; found '"
                            + name
                            + "', which the host calls itself");
        }
        var address =
                settings.required(
                        "address", "an address or a name of this machine", AgentConfig::reachable);
        var meta =
                settings.value(
                        "meta",
                        "at most " + MAX_META + " of key=value separated by commas, each key once",
                        Map.<String, String>of(),
                        text -> Settings.parsePairs(text, MAX_META));
        var servers = servers(settings);
        var services = settings.path("services-dir", Path.of("/etc/hansa/services"));
        var data = settings.path("data-dir", Path.of("/var/lib/hansa/agent"));
        var ttl =
                settings.value(
                        "node-ttl",
                        "a duration from 2s to 10m",
                        Duration.ofSeconds(15),
                        text -> between(text, SHORTEST_TTL, LONGEST_TTL));
        var reap =
                settings.value(
                        "reap-after",
                        "0s, for never, or a duration of at least 1m",
                        Duration.ofDays(3),
                        text ->
                                text.equals("0s")
                                        ? Duration.ZERO
                                        : between(text, SHORTEST_REAP, Duration.ofDays(3650)));
        var leave = settings.flag("leave-on-terminate", false);
        var admin =
                settings.value(
                        "admin.address",
                        "an address of loopback such as 127.0.0.1:19700",
                        InetSocketAddress.createUnresolved("127.0.0.1", 19700),
                        AgentConfig::loopback);
        settings.finish();
        return new AgentConfig(
                name, address, meta, servers, services, data, ttl, reap, leave, admin);
    }

    private static List<ApiAccess> servers(Settings settings) {
        var caFile = settings.optionalPath("cacert");
        var tokenFile = settings.optionalPath("token-file");
        var all = new ArrayList<ApiAccess>();
        for (var text : settings.text("http-addr", "127.0.0.1:8500").split(",")) {
            uri(settings, text.strip())
                    .ifPresent(uri -> all.add(new ApiAccess(uri, caFile, tokenFile)));
        }
        if (all.size() > MAX_SERVERS) {
            settings.problem(
                    "http-addr",
                    "expected at most " + MAX_SERVERS + " addresses; found " + all.size());
        }
        for (var one : all) {
            if (one.isInTheClear() && tokenFile.isPresent()) {
                settings.problem(
                        "http-addr",
                        "expected https:// where a token leaves this machine; found '"
                                + one.base()
                                + "'");
            }
        }
        return all;
    }

    /// What stands before an `@` may be a password, and is not repeated.
    private static Optional<URI> uri(Settings settings, String text) {
        try {
            return Optional.of(ApiAccess.parse(text));
        } catch (IllegalArgumentException _) {
            settings.problem(
                    "http-addr",
                    "expected host:port or a URL such as https://127.0.0.1:8501, with no user in it; found '"
                            + ForeignText.shown(text.replaceFirst(".*@", "...@"))
                            + "'");
            return Optional.empty();
        }
    }

    private static String word(String text) {
        if (!text.matches("[!-.0-~]{1,253}")) {
            throw new IllegalArgumentException(text);
        }
        return text;
    }

    /// Others are told it: an address at which nobody is helps nobody.
    private static String reachable(String text) {
        try {
            if (InetAddress.ofLiteral(text).isAnyLocalAddress()) {
                throw new IllegalArgumentException(text);
            }
            return text;
        } catch (IllegalArgumentException e) {
            if (text.matches("[0-9.]+") || text.contains(":")) {
                throw e;
            }
            return word(text);
        }
    }

    private static Duration between(String text, Duration least, Duration most) {
        var found = Settings.parseDuration(text);
        if (found.compareTo(least) < 0 || found.compareTo(most) > 0) {
            throw new IllegalArgumentException(text);
        }
        return found;
    }

    /// Whoever reaches it says how services are.
    private static InetSocketAddress loopback(String text) {
        var address = Settings.parseAddress(text);
        if (!InetAddress.ofLiteral(address.getHostString()).isLoopbackAddress()) {
            throw new IllegalArgumentException(text);
        }
        return address;
    }
}
