package dev.hansa.gateway;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.gateway.sidecar.CheckSettings;
import dev.hansa.gateway.sidecar.TlsVersion;
import dev.hansa.gateway.wire.Networks;
import dev.hansa.trustbundle.PeerName;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The settings of `hansa sidecar`, read once. One process may carry the sidecars of several
/// services, each with an identity of its own.
///
/// @param machine the node whose Kubernetes cluster it is of; empty: its own
/// @param probeAddress where a kubelet asks, from outside of the pod
/// @param metricsAddress where a Prometheus asks, from outside of the pod
/// @param tlsMinVersion the oldest TLS that is spoken, in and out
/// @param proxies where gateways are that say by PROXY protocol who calls
public record SidecarConfig(
        String nodeName,
        Optional<String> machine,
        Path joinTokenFile,
        InetSocketAddress adminAddress,
        Optional<InetSocketAddress> probeAddress,
        Optional<InetSocketAddress> metricsAddress,
        Optional<Path> dataDir,
        Lifecycle lifecycle,
        Duration idleTimeout,
        int maxConnections,
        TlsVersion tlsMinVersion,
        Networks proxies,
        List<Carried> services) {

    /// One service.
    ///
    /// @param served empty: it only calls, and the catalog does not get it
    /// @param transparent where its application's connections are redirected to; empty: they are
    ///   not
    public record Carried(
            ServiceName name,
            Optional<Served> served,
            List<Upstream> upstreams,
            Optional<InetSocketAddress> transparent) {
        /// One that nothing is redirected to.
        public Carried(ServiceName name, Optional<Served> served, List<Upstream> upstreams) {
            this(name, served, upstreams, Optional.empty());
        }
    }

    /// What others reach of a service.
    ///
    /// @param id of the instance in the catalog; empty: made of the service's and the node's name
    /// @param application where the application listens, in plain text
    /// @param listen where mutual TLS for it ends; also what the catalog gets
    /// @param meta for the catalog, as `tags` are
    /// @param probes how a kubelet asks the application besides
    public record Served(
            Optional<String> id,
            Endpoint application,
            InetSocketAddress listen,
            CheckSettings check,
            List<String> tags,
            Map<String, String> meta,
            List<CheckKind> probes) {
        public Served {
            probes = List.copyOf(probes);
        }

        /// Where it is reached, and how soon it is known that it is not there: for the log.
        String text() {
            return Endpoints.text(listen)
                    + ", its application at "
                    + application
                    + " "
                    + check.text();
        }
    }

    /// One upstream listener, plain text, for the application alone.
    public record Upstream(UpstreamName name, InetSocketAddress listen) {}

    public static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "join-token-file",
                            "FILE",
                            "made by 'hansa join-token --service …' (required)"),
                    new Settings.Key(
                            "services",
                            "NAME,…",
                            "the services it carries (required); for each NAME, in the file:"),
                    new Settings.Key(
                            "service.NAME.address",
                            "HOST:PORT|none",
                            "the application, or none for a service that only calls (required)"),
                    new Settings.Key(
                            "service.NAME.listen",
                            "HOST:PORT",
                            "mutual TLS in (default: 127.0.0.1:20000)"),
                    new Settings.Key(
                            "service.NAME.check",
                            "none|tcp|grpc|http:/PATH",
                            "how the application is asked (default: tcp)"),
                    new Settings.Key(
                            "service.NAME.check-interval", "DURATION", "how often (default: 1s)"),
                    new Settings.Key(
                            "service.NAME.check-timeout",
                            "DURATION",
                            "how long an answer may take (default: 1s)"),
                    new Settings.Key(
                            "service.NAME.failures-before-critical",
                            "N",
                            "questions in a row without an answer; a refusal counts at once (default: 1)"),
                    new Settings.Key(
                            "service.NAME.success-before-passing",
                            "N",
                            "good answers in a row after it was critical (default: 1)"),
                    new Settings.Key(
                            "service.NAME.idle-connection",
                            "BOOLEAN",
                            "hold a connection to the application, whose end tells of its death (default: true)"),
                    new Settings.Key(
                            "service.NAME.reset-unread",
                            "BOOLEAN",
                            "end connections whose bytes the application has not read for 10 s while it is silent (default: true)"),
                    new Settings.Key(
                            "service.NAME.probes",
                            "KIND KIND …",
                            "how a kubelet asks it besides the check: tcp, grpc, http:/PATH; answered at probe.address, /check/1 and so on (default: none)"),
                    new Settings.Key(
                            "service.NAME.upstreams",
                            "UPSTREAM,…",
                            "e.g. shippingservice:50052,shippingservice.svc.lke.peer:50053"),
                    new Settings.Key(
                            "service.NAME.upstream-address",
                            "HOST",
                            "where upstreams listen (default: 127.0.0.1)"),
                    new Settings.Key(
                            "service.NAME.transparent-listen",
                            "HOST:PORT",
                            "takes connections that 'hansa connect redirect-traffic' redirects, on Linux and over IPv4 (default: nowhere; Consul's is 127.0.0.1:15001)"),
                    new Settings.Key("service.NAME.tags", "TAG,…", "for the catalog"),
                    new Settings.Key(
                            "service.NAME.id",
                            "ID",
                            "of the instance in the catalog; that of a registration whose checks count too (default: NAME-NODE)"),
                    new Settings.Key(
                            "service.NAME.meta",
                            "KEY=VALUE,…",
                            "for the catalog, and for the filters of subsets: version=v2"),
                    new Settings.Key(
                            "node-name",
                            "NAME",
                            "name of its node in the catalog (default: sidecar)"),
                    new Settings.Key(
                            "machine",
                            "NAME",
                            "the node by which the Kubernetes cluster is known that it is of, whose addresses lead it to services (default: node-name)"),
                    new Settings.Key(
                            "admin.address",
                            "HOST:PORT",
                            "/health, /metrics, /connections (default: 127.0.0.1:19000)"),
                    new Settings.Key(
                            "probe.address",
                            "HOST:PORT",
                            "/ready, /check and /check/N, a word each, for a kubelet (default: nowhere)"),
                    new Settings.Key(
                            "metrics.address",
                            "HOST:PORT",
                            "/metrics alone, for a Prometheus elsewhere (default: nowhere)"),
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
                            "max-connections",
                            "N",
                            "open connections at most, for each listener (default: 4000)"),
                    new Settings.Key(
                            "tls.min-version",
                            "1.2|1.3",
                            "oldest TLS spoken to other proxies; 1.2 for peers whose proxies know no other (default: 1.3)"),
                    new Settings.Key(
                            ProxyProtocol.FROM_KEY.name(),
                            "NETWORK,…",
                            "where gateways are that have proxy-protocol.to = local: what comes from there begins with a header of PROXY protocol v2 (default: nowhere)"));

    private static final int MAX_CONNECTIONS = 4000;

    /// As the server takes at most.
    private static final int MAX_META = 64;

    private static final Endpoint UNREAD = new Endpoint("127.0.0.1", 1);

    /// With the ending of its sidecar's it is still an id that the catalog takes.
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._:-]{1,239}");

    /// Three probes for each of two containers, and more than that; each is asked once a second.
    private static final int MAX_PROBES = 8;

    /// In the place of an application's address.
    private static final String NONE = "none";

    /// Each has listeners, a thread and a stream of its own.
    private static final int MAX_SERVICES = 256;

    /// Long enough for a stream that waits for news; a connection whose other end has vanished
    /// without a word is found before, after 90 s, by TCP's keepalive.
    private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);

    /// Reads and checks everything.
    ///
    /// @throws InvalidConfigException with every problem
    public static SidecarConfig read(Settings settings) throws InvalidConfigException {
        var token = settings.required("join-token-file", "a file", Path::of);
        var nodeName = settings.text("node-name", "sidecar");
        var machine = settings.optional("machine", "a node's name", text -> text);
        var admin =
                settings.address(
                        "admin.address", InetSocketAddress.createUnresolved("127.0.0.1", 19000));
        var probe =
                settings.optional(
                        "probe.address",
                        "an address such as 10.0.0.9:20200",
                        Settings::parseAddress);
        var metrics =
                settings.optional(
                        "metrics.address",
                        "an address such as 10.0.0.9:20201",
                        Settings::parseAddress);
        var dataDir = settings.optionalPath("data-dir");
        var lifecycle = Lifecycle.read(settings, dataDir);
        var idle = settings.duration("idle-timeout", IDLE_TIMEOUT);
        var most = settings.number("max-connections", MAX_CONNECTIONS, 1, 1_000_000);
        var version = settings.text("tls.min-version", TlsVersion.V1_3.toString());
        var tlsMinVersion = TlsVersion.named(version);
        if (tlsMinVersion.isEmpty()) {
            settings.problem("tls.min-version", "expected '1.2' or '1.3'; found '" + version + "'");
        }
        var proxies = ProxyProtocol.networks(settings);
        var names =
                settings.required(
                        "services", "service names separated by commas", SidecarConfig::names);
        var services = new ArrayList<Carried>();
        if (names != null) {
            names.forEach(name -> services.add(carried(settings, name)));
        }
        settings.finish();
        return new SidecarConfig(
                nodeName,
                machine,
                token,
                admin,
                probe,
                metrics,
                dataDir,
                lifecycle,
                idle,
                most,
                tlsMinVersion.orElse(TlsVersion.V1_3),
                proxies,
                List.copyOf(services));
    }

    private static List<ServiceName> names(String text) {
        var names =
                Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .map(ServiceName::new)
                        .distinct()
                        .toList();
        if (names.isEmpty() || names.size() > MAX_SERVICES) {
            throw new IllegalArgumentException(text);
        }
        return names;
    }

    private static Carried carried(Settings settings, ServiceName name) {
        var prefix = "service." + name + ".";
        var application =
                settings.required(
                        prefix + "address",
                        "an address such as 127.0.0.1:8080, or none",
                        text ->
                                text.equals(NONE)
                                        ? Optional.<Endpoint>empty()
                                        : Optional.of(Endpoint.parse(text)));
        var host = settings.text(prefix + "upstream-address", "127.0.0.1");
        var upstreams =
                settings.value(
                        prefix + "upstreams",
                        "upstreams such as shippingservice:50052 or shippingservice.svc.lke.peer:50053, separated by commas",
                        List.<Upstream>of(),
                        text -> upstreams(text, host));
        var transparent =
                settings.optional(
                        prefix + "transparent-listen",
                        "an address of IPv4 such as 127.0.0.1:15001",
                        SidecarConfig::overIpv4);
        if (application != null && application.isEmpty()) {
            if (upstreams.isEmpty() && transparent.isEmpty()) {
                settings.problem(
                        prefix + "upstreams",
                        "expected upstreams of a service that only calls; found none");
            }
            return new Carried(name, Optional.empty(), upstreams, transparent);
        }
        // where the address does not parse the rest is read all the same, so that it is judged too
        var address = application == null ? UNREAD : application.get();
        return new Carried(
                name, Optional.of(served(settings, prefix, address)), upstreams, transparent);
    }

    /// What is dialled over IPv6 is not redirected, so that nobody would come there; all addresses
    /// of IPv6 are those of IPv4 too.
    private static InetSocketAddress overIpv4(String text) {
        var address = Settings.parseAddress(text);
        var host = address.getHostString();
        if (host.contains(":") && !InetAddress.ofLiteral(host).isAnyLocalAddress()) {
            throw new IllegalArgumentException(text);
        }
        return address;
    }

    private static Served served(Settings settings, String prefix, Endpoint application) {
        var listen =
                settings.address(
                        prefix + "listen", InetSocketAddress.createUnresolved("127.0.0.1", 20000));
        var check = check(settings, prefix);
        var tags =
                settings.value(
                        prefix + "tags",
                        "tags separated by commas",
                        List.<String>of(),
                        text ->
                                Arrays.stream(text.split(","))
                                        .map(String::strip)
                                        .filter(tag -> !tag.isEmpty())
                                        .toList());
        var meta =
                settings.value(
                        prefix + "meta",
                        "at most " + MAX_META + " of key=value separated by commas, each key once",
                        Map.<String, String>of(),
                        text -> Settings.parsePairs(text, MAX_META));
        var id =
                settings.optional(
                        prefix + "id",
                        "an id of at most 239 letters, digits, '.', '_', ':' and '-'",
                        SidecarConfig::id);
        var probes =
                settings.value(
                        prefix + "probes",
                        "at most "
                                + MAX_PROBES
                                + " of tcp, grpc and http:/path, separated by spaces",
                        List.<CheckKind>of(),
                        SidecarConfig::probes);
        return new Served(id, application, listen, check, tags, meta, probes);
    }

    private static List<CheckKind> probes(String text) {
        var probes =
                Arrays.stream(text.split(" "))
                        .filter(part -> !part.isEmpty())
                        .map(CheckKind::parse)
                        .toList();
        if (probes.size() > MAX_PROBES || probes.contains(new CheckKind.None())) {
            throw new IllegalArgumentException(text);
        }
        return probes;
    }

    private static String id(String text) {
        if (!ID.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        return text;
    }

    private static CheckSettings check(Settings settings, String prefix) {
        var defaults = CheckSettings.DEFAULT;
        return new CheckSettings(
                settings.value(
                        prefix + "check",
                        "none, tcp, grpc or http:/path",
                        defaults.kind(),
                        CheckKind::parse),
                time(settings, prefix + "check-interval", defaults.interval()),
                time(settings, prefix + "check-timeout", defaults.timeout()),
                settings.number(
                        prefix + "failures-before-critical",
                        defaults.failuresBeforeCritical(),
                        1,
                        CheckSettings.MOST_IN_A_ROW),
                settings.number(
                        prefix + "success-before-passing",
                        defaults.successBeforePassing(),
                        1,
                        CheckSettings.MOST_IN_A_ROW),
                settings.flag(prefix + "idle-connection", defaults.idleConnection()),
                settings.flag(prefix + "reset-unread", defaults.resetUnread()));
    }

    private static Duration time(Settings settings, String key, Duration fallback) {
        return settings.value(
                key,
                "a duration from 10ms to 1h",
                fallback,
                text -> {
                    var time = Settings.parseDuration(text);
                    if (time.compareTo(CheckSettings.SHORTEST) < 0
                            || time.compareTo(CheckSettings.LONGEST) > 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return time;
                });
    }

    private static List<Upstream> upstreams(String text, String host) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .map(part -> upstream(part, host))
                .toList();
    }

    /// `name:port`, `name.svc:port` or `name.svc.<peer>.peer:port`, as in the annotation that
    /// Consul's users know.
    static Upstream upstream(String text, String host) {
        var colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException(text);
        }
        var port = Integer.parseInt(text.substring(colon + 1));
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(text);
        }
        var labels = text.substring(0, colon).split("\\.", -1);
        Optional<PeerName> peer =
                switch (labels.length) {
                    case 1 -> Optional.empty();
                    case 2 -> {
                        expect(labels[1], "svc", text);
                        yield Optional.empty();
                    }
                    case 4 -> {
                        expect(labels[1], "svc", text);
                        expect(labels[3], "peer", text);
                        yield Optional.of(new PeerName(labels[2]));
                    }
                    default -> throw new IllegalArgumentException(text);
                };
        return new Upstream(
                new UpstreamName(new ServiceName(labels[0]), peer),
                InetSocketAddress.createUnresolved(host, port));
    }

    private static void expect(String label, String wanted, String text) {
        if (!label.equals(wanted)) {
            throw new IllegalArgumentException(text);
        }
    }
}
