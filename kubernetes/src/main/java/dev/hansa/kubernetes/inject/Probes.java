package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What becomes of the probes of an application.
///
/// They are left as they are: a sidecar of layer 4 takes no port away from the application, so a
/// kubelet reaches it at the pod's address as before. Beside that the sidecar asks by itself, each
/// second, in the way of the readiness probe where it can; that is what peers see.
///
/// An application that listens on loopback alone, so that nobody goes around its sidecar, cannot be
/// asked by a kubelet. `overwrite-probes` hands its probes to the sidecar, which answers with what
/// it has found out itself.
final class Probes {
    private static final List<String> KINDS =
            List.of("readinessProbe", "startupProbe", "livenessProbe");
    private static final List<String> HANDLERS = List.of("httpGet", "tcpSocket", "grpc");

    private final JsonNode pod;
    private final Application application;

    private record Asked(String kind, String handler, JsonNode probe) {
        JsonNode question() {
            return probe.path(handler);
        }
    }

    Probes(JsonNode pod, Application application) {
        this.pod = pod;
        this.application = application;
    }

    /// The sidecar's setting `check`: `http:/path`, `grpc` or `tcp`.
    String check() {
        var asked = asked();
        return asked.isEmpty() ? "tcp" : check(asked.getFirst()).orElse("tcp");
    }

    /// In seconds: how long the sidecar waits for an answer, as the kubelet does.
    int timeout() {
        var asked = asked();
        return asked.isEmpty()
                ? 1
                : Math.clamp(asked.getFirst().probe().path("timeoutSeconds").asInt(1), 1, 60);
    }

    /// Probes at the application's port, the one that says most about it first.
    private List<Asked> asked() {
        var asked = new ArrayList<Asked>();
        var container = pod.at("/spec/containers").path(application.container());
        for (var kind : KINDS) {
            var probe = container.path(kind);
            for (var handler : HANDLERS) {
                if (probe.has(handler)
                        && application.isAskedAt(container, probe.path(handler).path("port"))) {
                    asked.add(new Asked(kind, handler, probe));
                }
            }
        }
        return asked;
    }

    /// Nothing where a sidecar cannot ask so: it sends no headers, speaks no TLS to its application
    /// and asks a gRPC server about all of it.
    private static Optional<String> check(Asked asked) {
        var question = asked.question();
        return switch (asked.handler()) {
            case "httpGet" -> {
                var path = question.path("path").asText("/");
                yield question.path("httpHeaders").isEmpty()
                                && question.path("scheme").asText("HTTP").equals("HTTP")
                                && path.startsWith("/")
                                && path.chars().allMatch(c -> c > ' ' && c < 127)
                        ? Optional.of("http:" + path)
                        : Optional.empty();
            }
            case "grpc" ->
                    question.path("service").asText("").isEmpty()
                            ? Optional.of("grpc")
                            : Optional.empty();
            default -> Optional.of("tcp");
        };
    }

    /// Turns the probes at the application's port to the sidecar.
    void handOver(PodPatch patch) throws RefusedPodException {
        var all = asked();
        for (var one : all) {
            var check = check(one);
            if (check.isEmpty() || !check.get().equals(check())) {
                throw new RefusedPodException(
                        Refusal.PROBE,
                        one.kind()
                                + ": expected one that the sidecar can ask (HTTP without headers, TCP, gRPC without a service), the same as the container's other probes; found another, and annotation '"
                                + Annotations.OURS
                                + Annotations.OVERWRITE_PROBES
                                + "'");
            }
            var path = "/spec/containers/" + application.container() + "/" + one.kind();
            patch.remove(path + "/" + one.handler());
            patch.put(path, "httpGet", get("/check"));
        }
    }

    /// A question to the sidecar itself.
    static ObjectNode get(String path) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("path", path)
                .put("port", SidecarContainer.PROBE_PORT);
    }
}
