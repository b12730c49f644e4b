package dev.hansa.kubernetes.inject;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.api.ApiAccess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Settings of `hansa kubernetes connect-init`.
///
/// @param caPem the CA's certificates themselves, in place of a file
/// @param out where the join token goes
/// @param upstreams for the log alone
public record ConnectInitConfig(
        URI server,
        Optional<Path> caFile,
        Optional<String> caPem,
        String authMethod,
        Path bearerTokenFile,
        Member member,
        String namespace,
        String pod,
        String podUid,
        Path out,
        String upstreams,
        Duration timeout) {

    /// What the pod is to be: an instance of a service.
    ///
    /// @param kubernetesService the one of several Services that counts
    /// @param onlyCalls nobody calls it, so that no Service has to select it
    public record Member(String name, Optional<String> kubernetesService, boolean onlyCalls) {}

    /// A Service's instance comes seconds after its pod has an address; a server that is started
    /// with it needs a minute. Beyond that the container ends with an error and is started again.
    static final Duration TIMEOUT = Duration.ofMinutes(2);

    public static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "http-addr", "URL", "the server's HTTP API (default: 127.0.0.1:8500)"),
                    new Settings.Key(
                            "cacert",
                            "FILE",
                            "the only certificates, PEM, that certify a server at https://"),
                    new Settings.Key(
                            "cacert-pem",
                            "PEM",
                            "the same as text, for a pod that has no such file; best by HANSA_CACERT_PEM"),
                    new Settings.Key(
                            "auth-method", "NAME", "where the pod logs in (default: kubernetes)"),
                    new Settings.Key(
                            "bearer-token-file",
                            "FILE",
                            "the pod's projected token (default: "
                                    + SidecarContainer.TOKEN_FILE
                                    + ")"),
                    new Settings.Key(
                            "service",
                            "NAME",
                            "whose sidecar the pod gets: the name of its service account (required)"),
                    new Settings.Key(
                            "kubernetes-service",
                            "NAME",
                            "the one of several Services that counts (default: there must be one)"),
                    new Settings.Key(
                            "only-calls",
                            "BOOLEAN",
                            "nobody calls the pod, so that no Service selects it (default: false)"),
                    new Settings.Key("namespace", "NAME", "the pod's (required)"),
                    new Settings.Key("pod", "NAME", "the pod's name (required)"),
                    new Settings.Key("pod-uid", "UID", "the pod's (required)"),
                    new Settings.Key(
                            "out",
                            "FILE",
                            "where the join token goes, readable by its owner alone (default: "
                                    + SidecarContainer.SHARED
                                    + "/join-token)"),
                    new Settings.Key("upstreams", "TEXT", "what the log says of upstreams"),
                    new Settings.Key(
                            "timeout",
                            "DURATION",
                            "how long all of it may take, 1s to 10m (default: 2m)"));

    /// @throws InvalidConfigException with everything that is wrong
    public static ConnectInitConfig read(Settings settings) throws InvalidConfigException {
        var server = server(settings, "127.0.0.1:8500");
        var caFile = settings.optionalPath("cacert");
        var caPem = settings.optional("cacert-pem", "certificates in PEM", text -> text);
        var method = settings.text("auth-method", "kubernetes");
        var bearer = settings.path("bearer-token-file", Path.of(SidecarContainer.TOKEN_FILE));
        var member = member(settings);
        var namespace = settings.requiredText("namespace", "the pod's namespace");
        var pod = settings.requiredText("pod", "the pod's name");
        var uid =
                settings.required(
                        "pod-uid",
                        "the pod's uid",
                        text -> {
                            if (!text.matches("[0-9A-Za-z-]{1,64}")) {
                                throw new IllegalArgumentException(text);
                            }
                            return text;
                        });
        var out = settings.path("out", Path.of(SidecarContainer.SHARED, "join-token"));
        var upstreams = settings.text("upstreams", "none");
        var timeout =
                settings.value(
                        "timeout",
                        "a duration from 1s to 10m",
                        TIMEOUT,
                        text -> {
                            var time = Settings.parseDuration(text);
                            if (time.compareTo(Duration.ofSeconds(1)) < 0
                                    || time.compareTo(Duration.ofMinutes(10)) > 0) {
                                throw new IllegalArgumentException(text);
                            }
                            return time;
                        });
        settings.finish();
        return new ConnectInitConfig(
                server, caFile, caPem, method, bearer, member, namespace, pod, uid, out, upstreams,
                timeout);
    }

    /// @param fallback empty: there has to be one
    static URI server(Settings settings, String fallback) {
        var text = settings.text("http-addr", fallback);
        try {
            return ApiAccess.parse(text);
        } catch (IllegalArgumentException _) {
            settings.problem(
                    "http-addr",
                    "expected host:port or a URL such as https://hansa.example:8501, with no user in it; found '"
                            + ApiAccess.shown(text)
                            + "'");
            return ApiAccess.parse("127.0.0.1:8500");
        }
    }

    private static Member member(Settings settings) {
        return new Member(
                settings.requiredText("service", "the name of the pod's service account"),
                settings.optional("kubernetes-service", "a Service's name", text -> text),
                settings.flag("only-calls", false));
    }
}
