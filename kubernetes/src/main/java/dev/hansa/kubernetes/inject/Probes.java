package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// What becomes of the probes of an application.
///
/// They are left as they are: a sidecar of layer 4 takes no port away from the application, so a
/// kubelet reaches it at the pod's address as before. Beside that the sidecar asks by itself, each
/// second, in the way of the readiness probe where it can; that is what peers see.
///
/// An application that listens on loopback alone, so that nobody goes around its sidecar, cannot be
/// asked by a kubelet. `overwrite-probes` hands its probes to the sidecar, which answers with what
/// it has found out itself. So it is where what comes in is redirected: a kubelet speaks no mutual
/// TLS. What it asks at other ports goes past the sidecar.
final class Probes {
    private static final List<String> KINDS =
            List.of("readinessProbe", "startupProbe", "livenessProbe");
    private static final List<String> HANDLERS = List.of("httpGet", "tcpSocket", "grpc");

    /// Where a kubelet asks too, and nobody answers in the container's place.
    private static final List<String> HOOKS = List.of("lifecycle/postStart", "lifecycle/preStop");

    /// As a sidecar takes at most.
    private static final int MOST = 8;

    /// Ports that a kubelet asks at beside the application's. With four lists of 64 and two ports
    /// of the sidecar's that is less than the command takes.
    private static final int MOST_ELSEWHERE = 32;

    private static final List<String> LISTS = List.of("/spec/containers", "/spec/initContainers");

    private final JsonNode pod;
    private final Application application;

    /// @param container as a path of the pod
    private record Asked(String container, String kind, String handler, JsonNode probe) {
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
        return asked("/spec/containers/" + application.container(), KINDS).stream()
                .filter(one -> port(one) == application.port().orElse(-1))
                .toList();
    }

    /// What a kubelet asks of a container over the pod's network.
    private List<Asked> asked(String path, List<String> kinds) {
        var asked = new ArrayList<Asked>();
        for (var kind : kinds) {
            var probe = pod.at(path + "/" + kind);
            for (var handler : HANDLERS) {
                // one that names a host asks there
                if (probe.has(handler) && probe.at("/" + handler + "/host").asText("").isEmpty()) {
                    asked.add(new Asked(path, kind, handler, probe));
                }
            }
        }
        return asked;
    }

    private List<Asked> everywhere(List<String> kinds) {
        return LISTS.stream()
                .flatMap(list ->
                        IntStream.range(0, pod.at(list).size())
                                .boxed()
                                .flatMap(at -> asked(list + "/" + at, kinds).stream()))
                .toList();
    }

    private int port(Asked asked) {
        return Application.number(pod.at(asked.container()), asked.question().path("port"));
    }

    /// As a message says it.
    private String name(Asked asked) {
        return asked.kind().substring(asked.kind().indexOf('/') + 1)
                + " of container '"
                + ForeignText.shown(pod.at(asked.container()).path("name").asText())
                + "'";
    }

    /// Lets a kubelet past the sidecar to all ports that it asks at but the application's.
    ///
    /// @param warnings gets one for each such port
    /// @throws RefusedPodException for a hook at the application's port, in whose place no sidecar
    ///   answers, and for more such ports than the kernel is to hold connections against
    Transparent past(Transparent transparent, List<String> warnings) throws RefusedPodException {
        if (application.port().isEmpty() || !transparent.overwritesProbes()) {
            return transparent;
        }
        var ports = new ArrayList<>(transparent.inboundPorts());
        for (var kinds : List.of(HOOKS, KINDS)) {
            for (var one : everywhere(kinds)) {
                var port = port(one);
                if (port == 0 || ports.contains(port)) {
                    continue;
                }
                if (port != application.port().getAsInt()) {
                    if (ports.size() - transparent.inboundPorts().size() == MOST_ELSEWHERE) {
                        throw refused(
                                one,
                                "at most "
                                        + MOST_ELSEWHERE
                                        + " ports beside the application's that a kubelet asks at");
                    }
                    ports.add(port);
                    warnings.add(
                            "port "
                                    + port
                                    + " is asked by a kubelet ("
                                    + name(one)
                                    + ") and is reached past the sidecar");
                } else if (kinds.equals(HOOKS)) {
                    throw refused(
                            one, "no hook at the application's port, which a kubelet cannot reach");
                }
            }
        }
        return new Transparent(
                ports,
                transparent.outboundPorts(),
                transparent.outboundCidrs(),
                transparent.uids(),
                true);
    }

    private RefusedPodException refused(Asked one, String expected) {
        return new RefusedPodException(
                Refusal.PROBE,
                name(one)
                        + ": expected "
                        + expected
                        + ", or that annotation '"
                        + Annotations.OURS
                        + Annotations.EXCLUDE_INBOUND_PORTS
                        + "' has port "
                        + port(one)
                        + ", at which whoever reaches the pod then reaches the application past its sidecar; found neither");
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
    ///
    /// @return how the sidecar has to ask besides its check, in order
    List<String> handOver(PodPatch patch) throws RefusedPodException {
        var further = new ArrayList<String>();
        for (var one : asked()) {
            if (!handOver(patch, one, further)) {
                throw new RefusedPodException(
                        Refusal.PROBE,
                        one.kind()
                                + ": expected one that the sidecar can ask (HTTP without headers, TCP, gRPC without a service); found another, and annotation '"
                                + Annotations.OURS
                                + Annotations.OVERWRITE_PROBES
                                + "'");
            }
        }
        return further;
    }

    /// The same where what comes in is redirected, unless it is not at that port.
    List<String> handOver(PodPatch patch, Transparent transparent) throws RefusedPodException {
        if (application.port().isEmpty()
                || !transparent.overwritesProbes()
                || transparent.inboundPorts().contains(application.port().getAsInt())) {
            return List.of();
        }
        var further = new ArrayList<String>();
        for (var one : everywhere(KINDS)) {
            if (port(one) == application.port().getAsInt() && !handOver(patch, one, further)) {
                throw refused(
                        one,
                        "one that the sidecar can ask in the kubelet's place (HTTP without headers, TCP, gRPC without a service, "
                                + MOST
                                + " ways at most beside the readiness probe's)");
            }
        }
        return further;
    }

    private boolean handOver(PodPatch patch, Asked one, List<String> further) {
        var check = check(one);
        if (check.isEmpty()) {
            return false;
        }
        var answer = "/check";
        if (!check.get().equals(check())) {
            if (!further.contains(check.get())) {
                further.add(check.get());
            }
            answer += "/" + (further.indexOf(check.get()) + 1);
        }
        var path = one.container() + "/" + one.kind();
        patch.remove(path + "/" + one.handler());
        patch.put(path, "httpGet", get(answer));
        return further.size() <= MOST;
    }

    /// A question to the sidecar itself.
    static ObjectNode get(String path) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("path", path)
                .put("port", SidecarContainer.PROBE_PORT);
    }
}
