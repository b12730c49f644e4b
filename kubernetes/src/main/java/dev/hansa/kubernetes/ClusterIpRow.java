package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.ClusterIpBounds;
import dev.hansa.kubernetes.catalog.KubeService;
import java.net.InetAddress;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// One Service with what it stands for.
///
/// @param owner namespace and, after a slash, name of the Service
/// @param addresses as Java writes them, so that one has one form, as the server keeps them
record ClusterIpRow(
        String owner, String service, List<String> addresses, SortedSet<Integer> ports) {
    ClusterIpRow {
        addresses =
                addresses.stream()
                        .map(one ->
                                ClusterIpBounds.address(one)
                                        .map(InetAddress::getHostAddress)
                                        .orElse(one))
                        .distinct()
                        .toList();
        ports = Collections.unmodifiableSortedSet(new TreeSet<>(ports));
    }

    static ClusterIpRow of(JsonNode json) {
        var ports = new TreeSet<Integer>();
        json.path("Ports").forEach(port -> ports.add(port.asInt()));
        return new ClusterIpRow(
                json.path("KubernetesService").asText(),
                json.path("Name").asText(),
                StreamSupport.stream(json.path("Addresses").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList(),
                ports);
    }

    ObjectNode json() {
        var json = JsonNodeFactory.instance.objectNode();
        json.put("Name", service).put("KubernetesService", owner);
        addresses.forEach(json.putArray("Addresses")::add);
        ports.forEach(json.putArray("Ports")::add);
        return json;
    }

    KubeService kubeService() {
        var slash = Math.max(0, owner.indexOf('/'));
        return new KubeService(
                owner.substring(0, slash), owner.substring(Math.min(slash + 1, owner.length())));
    }

    String namespace() {
        return kubeService().namespace();
    }

    int size() {
        return addresses.size() * ports.size();
    }

    boolean isEmpty() {
        return size() == 0;
    }

    Stream<String> places() {
        return addresses.stream()
                .flatMap(address -> ports.stream().map(port -> address + " port " + port));
    }

    /// At these addresses, and those of its ports that are among these.
    ClusterIpRow moved(List<String> at, SortedSet<Integer> among) {
        var left = new TreeSet<>(ports);
        left.retainAll(among);
        return new ClusterIpRow(owner, service, at, left);
    }

    /// What both say; nothing where they are two services.
    ClusterIpRow shared(ClusterIpRow other) {
        return moved(
                service.equals(other.service)
                        ? addresses.stream().filter(other.addresses::contains).toList()
                        : List.of(),
                other.ports);
    }

    /// Why a server would refuse an entry that has it; empty when it would not.
    Optional<String> problem() {
        try {
            new ServiceName(service);
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        if (addresses.size() > ClusterIpBounds.MOST_ADDRESSES) {
            return most("addresses", ClusterIpBounds.MOST_ADDRESSES, addresses.size());
        }
        if (ports.size() > ClusterIpBounds.MOST_PORTS) {
            return most(
                    "ports that lead to the application's",
                    ClusterIpBounds.MOST_PORTS,
                    ports.size());
        }
        if (ports.first() < 1 || ports.last() > 65_535) {
            return Optional.of("expected ports from 1 to 65535; found " + ports);
        }
        return addresses.stream()
                .filter(one -> ClusterIpBounds.address(one).isEmpty())
                .findFirst()
                .map(one ->
                        "expected addresses that a Service has; found '"
                                + ForeignText.shown(one)
                                + "'");
    }

    private static Optional<String> most(String what, int most, int found) {
        return Optional.of("expected at most " + most + " " + what + "; found " + found);
    }
}
