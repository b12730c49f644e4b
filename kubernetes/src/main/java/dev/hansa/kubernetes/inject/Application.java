package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.Optional;
import java.util.OptionalInt;

/// Where the application of a pod listens.
///
/// @param container its index in the pod; the first one where none names the port
/// @param port empty: it only calls
record Application(int container, OptionalInt port) {
    /// In the place of a port.
    private static final String NONE = "none";

    /// By the annotation `connect-service-port` (a number, or a container port's name), or else the
    /// first port that a container names.
    static Application of(JsonNode pod, Annotations annotations) throws RefusedPodException {
        var said = annotations.text(Annotations.PORT);
        if (said.isPresent() && said.get().equals(NONE)) {
            return new Application(0, OptionalInt.empty());
        }
        var containers = pod.at("/spec/containers");
        for (var i = 0; i < containers.size(); i++) {
            for (var port : containers.get(i).path("ports")) {
                var number = port.path("containerPort").asInt();
                if (!port.path("protocol").asText("TCP").equals("TCP")) {
                    continue;
                }
                if (said.isEmpty()
                        || said.get().equals(port.path("name").asText())
                        || said.get().equals(Integer.toString(number))) {
                    return new Application(i, OptionalInt.of(number));
                }
            }
        }
        if (said.isEmpty()) {
            throw new RefusedPodException(
                    Refusal.PORT_UNKNOWN,
                    "port of the application: expected annotation '"
                            + Annotations.OURS
                            + Annotations.PORT
                            + "' (a port, or 'none' for a pod that only calls) or a container's port; found neither");
        }
        // several services in one pod would need an identity each; a pod has one
        if (said.get().contains(",")) {
            throw annotations.bad(Annotations.PORT, "one port", said.get());
        }
        return new Application(
                0, OptionalInt.of(annotations.number(Annotations.PORT, 0, 1, 65535)));
    }

    /// @return of a port as a probe names it; 0 for a name that no port has
    static int number(JsonNode container, JsonNode port) {
        if (port.isNumber()) {
            return port.asInt();
        }
        for (var named : container.path("ports")) {
            if (named.path("name").asText().equals(port.asText())) {
                return named.path("containerPort").asInt();
            }
        }
        return 0;
    }

    /// What in the pod has a port that its upstreams want: a listener on 127.0.0.1 and one on every
    /// address do not stand beside each other, and whichever comes second fails.
    static void refuseTaken(JsonNode pod, Iterable<Upstream> upstreams) throws RefusedPodException {
        for (var upstream : upstreams) {
            var whose = whoHas(pod, upstream.port());
            if (whose.isPresent()) {
                throw taken(upstream, whose.get());
            }
        }
    }

    /// Who of a pod listens at a port already, as a message says it.
    static Optional<String> whoHas(JsonNode pod, int wanted) {
        if (SidecarContainer.PORTS.contains(wanted)) {
            return Optional.of("the sidecar's own");
        }
        for (var list : new String[] {"/spec/containers", "/spec/initContainers"}) {
            for (var container : pod.at(list)) {
                for (var port : container.path("ports")) {
                    if (port.path("containerPort").asInt() == wanted) {
                        return Optional.of(
                                "that of container '"
                                        + ForeignText.shown(container.path("name").asText())
                                        + "'");
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static RefusedPodException taken(Upstream upstream, String whose) {
        return new RefusedPodException(
                Refusal.PORT_TAKEN,
                "upstream '"
                        + upstream.setting()
                        + "': expected a port that nothing else in the pod listens on; found "
                        + whose);
    }
}
