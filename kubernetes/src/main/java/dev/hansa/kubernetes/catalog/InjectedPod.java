package dev.hansa.kubernetes.catalog;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A pod that has a sidecar of ours.
///
/// @param ports by the names that its containers give them
/// @param isReady as its kubelet last said, or as is said when that is silent
/// @param begun when it was created; empty when that cannot be read
public record InjectedPod(
        String namespace,
        String name,
        String uid,
        String serviceAccount,
        String node,
        Map<String, String> labels,
        Marks marks,
        Map<String, Integer> ports,
        boolean isReady,
        boolean isEnding,
        Optional<Instant> begun) {
    /// On each pod that the injector has given a sidecar to.
    public static final String LABEL = Marks.OURS + "connect-inject-status";

    public static final String INJECTED = "injected";

    public InjectedPod {
        labels = Map.copyOf(labels);
        ports = Map.copyOf(ports);
    }

    public static InjectedPod of(Pod pod) {
        var meta = pod.getMetadata();
        var spec = pod.getSpec();
        var containers =
                spec == null
                        ? List.<Container>of()
                        : Objects.requireNonNullElse(spec.getContainers(), List.<Container>of());
        var ports = new HashMap<String, Integer>();
        for (var container : containers) {
            for (var port : container.getPorts()) {
                if (port.getName() != null && port.getContainerPort() != null) {
                    ports.putIfAbsent(port.getName(), port.getContainerPort());
                }
            }
        }
        return new InjectedPod(
                Objects.requireNonNullElse(meta.getNamespace(), ""),
                meta.getName(),
                Objects.requireNonNullElse(meta.getUid(), ""),
                spec == null ? "" : Objects.requireNonNullElse(spec.getServiceAccountName(), ""),
                spec == null ? "" : Objects.requireNonNullElse(spec.getNodeName(), ""),
                Objects.requireNonNullElse(meta.getLabels(), Map.of()),
                new Marks(Marks.own(Objects.requireNonNullElse(meta.getAnnotations(), Map.of()))),
                ports,
                isReady(pod),
                meta.getDeletionTimestamp() != null,
                begun(meta.getCreationTimestamp()));
    }

    private static boolean isReady(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .filter(condition -> "Ready".equals(condition.getType()))
                        .map(PodCondition::getStatus)
                        .anyMatch("True"::equals);
    }

    private static Optional<Instant> begun(String text) {
        try {
            return text == null ? Optional.empty() : Optional.of(Instant.parse(text));
        } catch (DateTimeParseException _) {
            return Optional.empty();
        }
    }

    /// Gateways make themselves known.
    public boolean isGateway() {
        return !marks.text("gateway-kind").isEmpty();
    }

    /// The name in the mesh of a pod that has one.
    String called(String service) {
        var names = marks.list("connect-service");
        return names.isEmpty() ? service : names.getFirst();
    }

    /// What a Service is to this pod.
    sealed interface Part {
        /// @param name of the service in the mesh
        /// @param port number or name; empty: the Service's first
        record Of(String name, String port) implements Part {}

        /// The pod is another Service's, by its annotations.
        record None() implements Part {}

        /// The pod has one name, several Services that select it, and none of that name.
        record OneOfSeveral(List<String> services) implements Part {}
    }

    /// @param service one that selects this pod
    /// @param all those that select it
    Part part(String service, List<String> all) {
        var names = marks.list("connect-service");
        var ports = marks.list("connect-service-port");
        if (names.size() > 1) {
            // one instance for each name, as Consul has it
            var place = names.indexOf(service);
            return place < 0
                    ? new Part.None()
                    : new Part.Of(service, place < ports.size() ? ports.get(place) : "");
        }
        var chosen = marks.text("kubernetes-service");
        var name = called(service);
        var port = ports.isEmpty() ? "" : ports.getFirst();
        if (!chosen.isEmpty()) {
            return chosen.equals(service) ? new Part.Of(name, port) : new Part.None();
        }
        if (all.size() < 2) {
            return new Part.Of(name, port);
        }
        // a StatefulSet has two as a rule, one of them headless
        var own = names.isEmpty() ? serviceAccount : names.getFirst();
        if (all.contains(own)) {
            return own.equals(service) ? new Part.Of(own, port) : new Part.None();
        }
        return new Part.OneOfSeveral(all.stream().sorted().toList());
    }
}
