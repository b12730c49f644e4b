package dev.hansa.kubernetes;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.api.ApiAccess;
import dev.hansa.kubernetes.lease.Leadership;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Settings of `hansa kubernetes operator`.
///
/// @param cluster how what is written is marked; no two operators of one datacenter have the same
/// @param namespaces whose objects are watched; none: all
/// @param catalog whether pods stand in the catalog, as their endpoint slices say
/// @param resync how often everything is looked at, changed or not
/// @param abandonAfter how long a deleted object waits for what cannot be removed
public record OperatorConfig(
        ApiAccess access,
        String cluster,
        Set<String> namespaces,
        boolean consulGroup,
        boolean catalog,
        Leadership.Terms lease,
        Duration resync,
        Duration abandonAfter,
        InetSocketAddress adminAddress) {

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private static final String A_LABEL = "1 to 63 lower-case letters, digits or '-'";

    /// Each is a watch for each kind; an operator of more watches all.
    private static final int MAX_NAMESPACES = 32;

    /// A request of eight seconds must fit into what a renewal leaves.
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(20);

    private static final Duration LONGEST_LEASE = Duration.ofMinutes(10);

    private static final InetSocketAddress ADMIN =
            InetSocketAddress.createUnresolved("127.0.0.1", 19600);

    public static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "http-addr", "URL", "the server's HTTP API (default: 127.0.0.1:8500)"),
                    new Settings.Key(
                            "cacert",
                            "FILE",
                            "the only certificates, PEM, that certify a server at https://"),
                    new Settings.Key(
                            "token-file",
                            "FILE",
                            "the token to ask with; read for each request, so that it may be replaced"),
                    new Settings.Key(
                            "cluster",
                            "NAME",
                            "how what is written is marked; required; another for each cluster of a datacenter"),
                    new Settings.Key(
                            "namespaces", "A,B", "whose objects are watched (default: all)"),
                    new Settings.Key(
                            "consul-group",
                            "BOOLEAN",
                            "watch consul.hashicorp.com/v1alpha1 too, where the cluster has it"),
                    new Settings.Key(
                            "kubernetes.catalog",
                            "BOOLEAN",
                            "register pods with a sidecar, and those that a Service asks for, as their endpoint slices say (default: false)"),
                    new Settings.Key(
                            "lease.namespace",
                            "NAME",
                            "where the Lease is by which one replica writes (default: hansa)"),
                    new Settings.Key("lease.name", "NAME", "of it (default: hansa-operator)"),
                    new Settings.Key(
                            "lease.duration",
                            "DURATION",
                            "how long others wait for a holder that is silent (default: 30s)"),
                    new Settings.Key(
                            "identity",
                            "NAME",
                            "of this replica, another for each (default: the host's name)"),
                    new Settings.Key(
                            "resync",
                            "DURATION",
                            "how often everything is looked at, changed or not (default: 60s)"),
                    new Settings.Key(
                            "abandon-after",
                            "DURATION",
                            "how long a deleted object waits for what cannot be removed (default: 10m)"),
                    new Settings.Key(
                            "admin.address",
                            "HOST:PORT",
                            "/health, /live and /metrics (default: 127.0.0.1:19600)"));

    public OperatorConfig {
        namespaces = Set.copyOf(namespaces);
    }

    /// @throws InvalidConfigException with everything that is wrong
    public static OperatorConfig read(Settings settings, String host)
            throws InvalidConfigException {
        var access =
                new ApiAccess(
                        address(settings),
                        settings.optionalPath("cacert"),
                        settings.optionalPath("token-file"));
        var lease =
                new Leadership.Terms(
                        label(settings, "lease.namespace", "hansa"),
                        label(settings, "lease.name", "hansa-operator"),
                        settings.text("identity", host),
                        settings.duration("lease.duration", Duration.ofSeconds(30)));
        var cluster = settings.required("cluster", A_LABEL, OperatorConfig::label);
        var namespaces =
                settings.value(
                        "namespaces",
                        "at most " + MAX_NAMESPACES + " names of namespaces, separated by commas",
                        Set.<String>of(),
                        OperatorConfig::names);
        var consulGroup = settings.flag("consul-group", false);
        var catalog = settings.flag("kubernetes.catalog", false);
        var resync = settings.duration("resync", Duration.ofSeconds(60));
        var abandonAfter = settings.duration("abandon-after", Duration.ofMinutes(10));
        var admin = settings.address("admin.address", ADMIN);
        bounded(settings, "lease.duration", lease.duration(), SHORTEST_LEASE, LONGEST_LEASE);
        bounded(settings, "resync", resync, Duration.ofSeconds(1), Duration.ofHours(1));
        settings.finish();
        return new OperatorConfig(
                access,
                cluster,
                namespaces,
                consulGroup,
                catalog,
                lease,
                resync,
                abandonAfter,
                admin);
    }

    /// @param found nothing where it could not be read, which is a problem already
    private static void bounded(
            Settings settings,
            String key,
            @Nullable Duration found,
            Duration least,
            Duration most) {
        if (found != null && (found.compareTo(least) < 0 || found.compareTo(most) > 0)) {
            settings.problem(
                    key,
                    "expected "
                            + least.toSeconds()
                            + "s to "
                            + most.toMinutes()
                            + "m; found "
                            + found.toMillis()
                            + "ms");
        }
    }

    private static URI address(Settings settings) {
        var text = settings.text("http-addr", "127.0.0.1:8500");
        try {
            return ApiAccess.parse(text);
        } catch (IllegalArgumentException _) {
            settings.problem(
                    "http-addr",
                    "expected host:port or a URL such as http://127.0.0.1:8500, with no user in it; found '"
                            + ApiAccess.shown(text)
                            + "'");
            return ApiAccess.parse("127.0.0.1:8500");
        }
    }

    private static String label(Settings settings, String key, String fallback) {
        return settings.value(key, A_LABEL, fallback, OperatorConfig::label);
    }

    private static String label(String text) {
        if (!LABEL.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        return text;
    }

    static Set<String> names(String text) {
        var names =
                Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.toSet());
        if (names.size() > MAX_NAMESPACES
                || names.stream().anyMatch(name -> !LABEL.matcher(name).matches())) {
            throw new IllegalArgumentException(text);
        }
        return names;
    }
}
