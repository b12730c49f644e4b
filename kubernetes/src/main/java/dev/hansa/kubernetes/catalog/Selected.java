package dev.hansa.kubernetes.catalog;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The pods of one Service as they are read, for what its addresses stand for.
final class Selected {
    /// Of a headless Service.
    private static final String NONE = "None";

    private static final String TCP = "TCP";

    private final Service service;
    private final Set<String> names = new HashSet<>();
    private final SortedSet<Integer> ports;
    private boolean isReady;
    private boolean hasPlain;
    private boolean hasOthers;

    Selected(Service service) {
        this.service = service;
        this.ports = allPorts();
    }

    /// One in the mesh.
    ///
    /// @param port of its application that the mesh leads to
    /// @param named the ports of the slice that it stands in
    void carried(String called, int port, List<EndpointPort> named, boolean isReady) {
        names.add(called);
        this.isReady |= isReady;
        // a port that leads elsewhere in one pod is not the service's
        ports.retainAll(
                ports().filter(one ->
                                named.stream()
                                        .filter(at ->
                                                name(at.getName()).equals(name(one.getName())))
                                        .anyMatch(at -> Objects.equals(at.getPort(), port)))
                        .map(ServicePort::getPort)
                        .toList());
    }

    /// One without a sidecar that is ready.
    void plain() {
        hasPlain = true;
    }

    /// One with a sidecar that is not this Service's in the mesh.
    void other() {
        hasOthers = true;
    }

    Shown shown() {
        var addresses = addresses();
        if (addresses.isEmpty()) {
            return new Shown.Nothing();
        }
        if (names.isEmpty()) {
            return hasPlain || hasOthers
                    ? new Shown.Nothing()
                    : new Shown.AsBefore(addresses, allPorts());
        }
        // while pods are taken into the mesh, those outside are called until one within is ready
        return names.size() > 1 || ports.isEmpty() || hasPlain && !isReady
                ? new Shown.Nothing()
                : new Shown.By(names.iterator().next(), addresses, ports);
    }

    /// Those that Kubernetes gives, each to one Service. What an author adds (externalIPs, load
    /// balancers) may be another's.
    private List<String> addresses() {
        return service.getSpec() == null
                ? List.of()
                : Objects.requireNonNullElse(service.getSpec().getClusterIPs(), List.<String>of())
                        .stream()
                        .filter(one -> !one.isEmpty() && !one.equals(NONE))
                        .distinct()
                        .sorted()
                        .toList();
    }

    private SortedSet<Integer> allPorts() {
        var all = new TreeSet<Integer>();
        ports().map(ServicePort::getPort).forEach(all::add);
        return all;
    }

    private Stream<ServicePort> ports() {
        return service.getSpec() == null
                ? Stream.of()
                : Objects.requireNonNullElse(service.getSpec().getPorts(), List.<ServicePort>of())
                        .stream()
                        .filter(one -> one.getPort() != null)
                        .filter(one ->
                                TCP.equals(Objects.requireNonNullElse(one.getProtocol(), TCP)));
    }

    private static String name(String name) {
        return Objects.requireNonNullElse(name, "");
    }
}
