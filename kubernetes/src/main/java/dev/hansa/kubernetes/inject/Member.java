package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// A pod as the mesh sees it: what its spec and its annotations say.
///
/// @param service whose sidecar it gets, the name of its service account
/// @param kubernetesService the one of several Services that counts
/// @param transparent how its connections are led into the sidecar; empty: they are not
/// @param metricsPort where a Prometheus reads the sidecar's metrics; empty: nowhere
/// @param shutdownSeconds how long connections may last when the sidecar is told to stop
record Member(
        String service,
        Optional<String> kubernetesService,
        Application application,
        List<Upstream> upstreams,
        Optional<Transparent> transparent,
        List<String> tags,
        Map<String, String> meta,
        Size size,
        Probing probe,
        OptionalInt metricsPort,
        int startupSeconds,
        int livenessSeconds,
        int shutdownSeconds) {

    /// As the server takes at most, less what the injector adds.
    private static final int MAX_META = 60;

    /// What Kubernetes gives a pod that names no service account. Many pods have it, so it is
    /// nobody's identity.
    private static final String NO_ACCOUNT = "default";

    record Size(
            Optional<String> cpuRequest,
            Optional<String> cpuLimit,
            Optional<String> memoryRequest,
            Optional<String> memoryLimit) {}

    /// @param check how the sidecar asks the application
    /// @param periodSeconds how often a kubelet asks the sidecar
    record Probing(String check, int timeoutSeconds, int periodSeconds, int failures) {}

    Member {
        upstreams = List.copyOf(upstreams);
        tags = List.copyOf(tags);
        meta = Map.copyOf(meta);
    }

    /// @param settings for what the pod says nothing of
    static Member read(JsonNode pod, Annotations annotations, PodSettings settings)
            throws RefusedPodException {
        var application = Application.of(pod, annotations);
        var text = annotations.text(Annotations.UPSTREAMS);
        var upstreams = text.isEmpty() ? List.<Upstream>of() : Upstream.parse(text.get());
        Application.refuseTaken(pod, upstreams);
        var metricsPort =
                annotations.flag(Annotations.METRICS).orElse(settings.metrics())
                        ? OptionalInt.of(metricsPort(pod, annotations, upstreams))
                        : OptionalInt.empty();
        var transparent = Transparent.read(pod, annotations, settings.transparent());
        if (transparent.isPresent()) {
            transparent.get().refuseTaken(pod, application, upstreams, metricsPort.orElse(0));
        }
        if (application.port().isEmpty() && upstreams.isEmpty() && transparent.isEmpty()) {
            throw annotations.bad(
                    Annotations.UPSTREAMS, "upstreams of a pod that only calls", "none");
        }
        var probes = new Probes(pod, application);
        return new Member(
                service(pod, annotations),
                annotations.text(Annotations.KUBERNETES_SERVICE),
                application,
                upstreams,
                transparent,
                annotations.text(Annotations.TAGS).map(Member::words).orElse(List.of()),
                meta(annotations),
                new Size(
                        annotations.quantity(Annotations.CPU_REQUEST),
                        annotations.quantity(Annotations.CPU_LIMIT),
                        annotations.quantity(Annotations.MEMORY_REQUEST),
                        annotations.quantity(Annotations.MEMORY_LIMIT)),
                new Probing(
                        probes.check(),
                        probes.timeout(),
                        annotations.number(Annotations.PROBE_PERIOD, 5, 1, 300),
                        annotations.number(Annotations.PROBE_FAILURES, 3, 1, 100)),
                metricsPort,
                // on a busy node a sidecar needs some seconds, a server that is away some more
                annotations.number(Annotations.STARTUP_SECONDS, 120, 1, 3_600),
                annotations.number(Annotations.LIVENESS_SECONDS, 0, 0, 3_600),
                annotations.number(Annotations.SHUTDOWN_SECONDS, 5, 0, 3_600));
    }

    private static String service(JsonNode pod, Annotations annotations)
            throws RefusedPodException {
        var account = pod.at("/spec/serviceAccountName").asText("");
        var said = annotations.text(Annotations.SERVICE);
        if (account.isEmpty() || account.equals(NO_ACCOUNT)) {
            throw new RefusedPodException(
                    Refusal.SERVICE_ACCOUNT,
                    "service account: expected one that is named as the pod's service"
                            + said.map(name -> ", '" + ForeignText.shown(name) + "'").orElse("")
                            + ", since a pod proves who it is by it; found 'default'");
        }
        if (said.isPresent() && !said.get().equals(account)) {
            throw annotations.bad(
                    Annotations.SERVICE,
                    "the name of the pod's service account, '" + account + "'",
                    said.get());
        }
        if (!account.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
            throw new RefusedPodException(
                    Refusal.SERVICE_ACCOUNT,
                    "service account: expected a name that a service can have, 1 to 63 lower-case letters, digits or '-'; found '"
                            + ForeignText.shown(account)
                            + "'");
        }
        return account;
    }

    private static int metricsPort(JsonNode pod, Annotations annotations, List<Upstream> upstreams)
            throws RefusedPodException {
        var port =
                annotations.number(
                        Annotations.SCRAPE_PORT, SidecarContainer.METRICS_PORT, 1024, 65535);
        var taken =
                upstreams.stream()
                        .filter(upstream -> upstream.port() == port)
                        .map(upstream -> "that of upstream '" + upstream.setting() + "'")
                        .findFirst()
                        .or(() -> Application.whoHas(pod, port));
        if (taken.isPresent()) {
            throw new RefusedPodException(
                    Refusal.PORT_TAKEN,
                    "port "
                            + port
                            + " for the sidecar's metrics: expected one that nothing else in the pod listens on ('"
                            + Annotations.OURS
                            + Annotations.SCRAPE_PORT
                            + "' names another); found "
                            + taken.get());
        }
        return port;
    }

    private static Map<String, String> meta(Annotations annotations) throws RefusedPodException {
        var meta = annotations.meta();
        for (var one : meta.entrySet()) {
            if (one.getValue().contains(",") || one.getKey().contains("=")) {
                throw annotations.bad(
                        Annotations.META + one.getKey(), "a value without ','", one.getValue());
            }
        }
        if (meta.size() > MAX_META) {
            throw annotations.bad(
                    Annotations.META + meta.keySet().iterator().next(),
                    "at most " + MAX_META + " of its kind",
                    meta.size() + " of them");
        }
        return meta;
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
    }
}
