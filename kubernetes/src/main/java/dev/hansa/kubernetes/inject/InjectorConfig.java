package dev.hansa.kubernetes.inject;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.lease.Leadership;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Settings of `hansa kubernetes injector`.
///
/// @param pods with the certificates that certify the server as they were at the start
/// @param caFile where they are; empty: there are none
/// @param refresh how often Secret and configuration are looked at
record InjectorConfig(
        InjectRules rules,
        PodSettings pods,
        Optional<Path> caFile,
        Upkeep.Names names,
        Leadership.Terms lease,
        Duration refresh,
        InetSocketAddress listen,
        InetSocketAddress adminAddress) {

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /// A name of RFC 1123, as Kubernetes gives its Secrets.
    private static final Pattern SUBDOMAIN =
            Pattern.compile(
                    "(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    /// One for each registry that a mirror may be at; a kubelet tries them all.
    private static final int MAX_PULL_SECRETS = 8;

    private static final String A_LABEL = "1 to 63 lower-case letters, digits or '-'";

    /// A selector of the API server holds each of them.
    private static final int MAX_NAMESPACES = 256;

    /// Of a webhook, as Kubernetes writes them.
    private static final Set<String> POLICIES = Set.of("Fail", "Ignore");

    /// In the place of a list.
    private static final String ALL = "*";

    /// It stands in each injected pod, whose environment is bounded.
    private static final long MAX_CA = 64 << 10;

    /// Buffers outside the heap may grow to as much again; code, classes and threads have the rest.
    private static final String JAVA_OPTIONS =
            "-XX:MaxRAMPercentage=35 -XX:+ExitOnOutOfMemoryError";

    static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "image",
                            "IMAGE",
                            "of the containers that pods get, with hansa as its entry point (required)"),
                    new Settings.Key(
                            "default",
                            "BOOLEAN",
                            "whether a pod without the annotation connect-inject gets a sidecar (default: false)"),
                    new Settings.Key(
                            "allow-namespaces",
                            "A,B",
                            "those that may be in the mesh (default: *)"),
                    new Settings.Key(
                            "deny-namespaces",
                            "A,B",
                            "those that never are; kube-system, kube-public, kube-node-lease and the injector's own are not in any case"),
                    new Settings.Key(
                            "http-addr",
                            "URL",
                            "the server's HTTP API, as pods of any namespace reach it (required)"),
                    new Settings.Key(
                            "cacert",
                            "FILE",
                            "the only certificates, PEM, that certify it; written into each pod"),
                    new Settings.Key(
                            "auth-method", "NAME", "where pods log in (default: kubernetes)"),
                    new Settings.Key(
                            "audience",
                            "TEXT",
                            "of the token that they log in with (default: hansa)"),
                    new Settings.Key(
                            "sidecar.cpu-request", "QUANTITY", "of each sidecar (default: 50m)"),
                    new Settings.Key(
                            "sidecar.memory-request",
                            "QUANTITY",
                            "of each sidecar (default: 128Mi)"),
                    new Settings.Key(
                            "sidecar.memory-limit", "QUANTITY", "of each sidecar (default: 256Mi)"),
                    new Settings.Key(
                            "sidecar.java-options",
                            "TEXT",
                            "of each sidecar's JVM (default: " + JAVA_OPTIONS + ")"),
                    new Settings.Key(
                            "sidecar.metrics",
                            "BOOLEAN",
                            "whether a pod without the annotation enable-metrics shows its sidecar's metrics to whoever reaches it (default: false)"),
                    new Settings.Key(
                            "transparent-proxy",
                            "BOOLEAN",
                            "whether a pod without the annotation transparent-proxy has its connections redirected into its sidecar (default: false)"),
                    new Settings.Key(
                            "image-pull-secrets",
                            "A,B",
                            "Secrets, in each pod's own namespace, by which its kubelet pulls the image (default: none)"),
                    new Settings.Key(
                            "failure-policy",
                            "Fail|Ignore",
                            "what becomes of a pod that is to be in the mesh while no injector answers; with Ignore it starts outside (default: Fail)"),
                    new Settings.Key(
                            "namespace",
                            "NAME",
                            "of the injector, its Secret, Lease and Service (default: hansa)"),
                    new Settings.Key(
                            "service.name",
                            "NAME",
                            "Service by which API servers reach it (default: hansa-injector)"),
                    new Settings.Key("service.port", "PORT", "of it (default: 443)"),
                    new Settings.Key(
                            "secret",
                            "NAME",
                            "where its certificates are (default: hansa-injector-webhook)"),
                    new Settings.Key(
                            "configuration",
                            "NAME",
                            "MutatingWebhookConfiguration that it keeps (default: hansa-injector)"),
                    new Settings.Key(
                            "lease.name",
                            "NAME",
                            "Lease by which one replica writes (default: hansa-injector)"),
                    new Settings.Key(
                            "lease.duration",
                            "DURATION",
                            "how long others wait for a holder that is silent (default: 30s)"),
                    new Settings.Key(
                            "identity",
                            "NAME",
                            "of this replica, another for each (default: the host's name)"),
                    new Settings.Key(
                            "refresh",
                            "DURATION",
                            "how often certificates and configuration are looked at (default: 10s)"),
                    new Settings.Key(
                            "listen", "HOST:PORT", "where API servers ask (default: 0.0.0.0:9443)"),
                    new Settings.Key(
                            "admin.address",
                            "HOST:PORT",
                            "/health, /live and /metrics (default: 127.0.0.1:19700)"));

    /// @throws InvalidConfigException with everything that is wrong
    static InjectorConfig read(Settings settings, String host) throws InvalidConfigException {
        var namespace = label(settings, "namespace", "hansa");
        var rules =
                new InjectRules(
                        settings.flag("default", false),
                        names(settings, "allow-namespaces", true),
                        names(settings, "deny-namespaces", false),
                        namespace);
        var server = ConnectInitConfig.server(settings, "");
        var caFile = settings.optionalPath("cacert");
        var pods =
                new PodSettings(
                        settings.requiredText("image", "an image"),
                        server.toString(),
                        ca(settings, caFile),
                        settings.text("auth-method", "kubernetes"),
                        settings.text("audience", "hansa"),
                        quantity(settings, "sidecar.cpu-request", "50m"),
                        quantity(settings, "sidecar.memory-request", "128Mi"),
                        quantity(settings, "sidecar.memory-limit", "256Mi"),
                        settings.text("sidecar.java-options", JAVA_OPTIONS),
                        settings.flag("sidecar.metrics", false),
                        settings.flag("transparent-proxy", false),
                        pullSecrets(settings));
        var names =
                new Upkeep.Names(
                        label(settings, "secret", "hansa-injector-webhook"),
                        label(settings, "configuration", "hansa-injector"),
                        label(settings, "service.name", "hansa-injector"),
                        settings.number("service.port", 443, 1, 65535),
                        settings.value(
                                "failure-policy",
                                "Fail or Ignore",
                                "Fail",
                                text -> {
                                    if (!POLICIES.contains(text)) {
                                        throw new IllegalArgumentException(text);
                                    }
                                    return text;
                                }));
        var lease =
                new Leadership.Terms(
                        namespace,
                        label(settings, "lease.name", "hansa-injector"),
                        settings.text("identity", host),
                        time(settings, "lease.duration", 30, 20, 600));
        var refresh = time(settings, "refresh", 10, 1, 300);
        var listen =
                settings.address("listen", InetSocketAddress.createUnresolved("0.0.0.0", 9443));
        var admin =
                settings.address(
                        "admin.address", InetSocketAddress.createUnresolved("127.0.0.1", 19700));
        settings.finish();
        return new InjectorConfig(rules, pods, caFile, names, lease, refresh, listen, admin);
    }

    private static Optional<String> ca(Settings settings, Optional<Path> file) {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(pem(file.get()));
        } catch (IOException e) {
            settings.problem(
                    "cacert",
                    "expected certificates in PEM, at most "
                            + MAX_CA
                            + " bytes; found '"
                            + e.getMessage()
                            + "'");
            return Optional.empty();
        }
    }

    /// @throws IOException for what is no such file, or larger than 64 KiB, naming it
    static String pem(Path file) throws IOException {
        if (Files.size(file) > MAX_CA) {
            throw new IOException(file + ": more");
        }
        var text = Files.readString(file);
        if (!text.contains("-----BEGIN CERTIFICATE-----") || text.contains("PRIVATE KEY")) {
            throw new IOException(file + ": something else");
        }
        return text;
    }

    private static Duration time(Settings settings, String key, int fallback, int least, int most) {
        return settings.value(
                key,
                "a duration from " + least + "s to " + most + "s",
                Duration.ofSeconds(fallback),
                text -> {
                    var time = Settings.parseDuration(text);
                    if (time.toSeconds() < least || time.toSeconds() > most) {
                        throw new IllegalArgumentException(text);
                    }
                    return time;
                });
    }

    private static List<String> pullSecrets(Settings settings) {
        return settings.value(
                "image-pull-secrets",
                "at most " + MAX_PULL_SECRETS + " names of Secrets, separated by commas",
                List.<String>of(),
                text -> {
                    var names =
                            Arrays.stream(text.split(","))
                                    .map(String::strip)
                                    .filter(name -> !name.isEmpty())
                                    .distinct()
                                    .toList();
                    if (names.size() > MAX_PULL_SECRETS
                            || !names.stream().allMatch(SUBDOMAIN.asMatchPredicate())) {
                        throw new IllegalArgumentException(text);
                    }
                    return names;
                });
    }

    private static String quantity(Settings settings, String key, String fallback) {
        return settings.value(
                key,
                "a quantity such as 100m or 128Mi",
                fallback,
                text -> {
                    if (!Annotations.QUANTITY.matcher(text).matches()) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                });
    }

    private static String label(Settings settings, String key, String fallback) {
        return settings.value(key, A_LABEL, fallback, InjectorConfig::label);
    }

    private static String label(String text) {
        if (!LABEL.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        return text;
    }

    /// @param mayBeAll none of them is as good as all of them
    private static Set<String> names(Settings settings, String key, boolean mayBeAll) {
        return settings.value(
                key,
                "at most "
                        + MAX_NAMESPACES
                        + " names of namespaces, separated by commas"
                        + (mayBeAll ? ", or *" : ""),
                Set.<String>of(),
                text -> {
                    if (mayBeAll && text.equals(ALL)) {
                        return Set.of();
                    }
                    var names =
                            Arrays.stream(text.split(","))
                                    .map(String::strip)
                                    .filter(name -> !name.isEmpty())
                                    .map(InjectorConfig::label)
                                    .collect(Collectors.toSet());
                    if (names.size() > MAX_NAMESPACES) {
                        throw new IllegalArgumentException(text);
                    }
                    return names;
                });
    }
}
