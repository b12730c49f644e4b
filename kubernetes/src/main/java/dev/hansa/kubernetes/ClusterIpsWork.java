package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredEntry;
import dev.hansa.kubernetes.catalog.Instances;
import dev.hansa.kubernetes.catalog.KubeService;
import dev.hansa.kubernetes.catalog.Shown;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Writes which addresses of this cluster stand for which service, all of them in one entry: what
/// Kubernetes has given to another Service meanwhile changes hands in one step, and what is gone is
/// gone with it.
final class ClusterIpsWork {
    /// The entry, of all Services.
    static final KubeService ENTRY = new KubeService("", "cluster-ips");

    static final String KIND = "cluster-ips";

    /// As many as a sidecar can hold the ways to.
    static final int MOST = 1024;

    private final Desk desk;
    private final CatalogWatch watch;
    private final Map<String, String> mark;

    /// What was found when a Service was last looked at: bounded by those that are there.
    private final Map<KubeService, Shown> seen = new ConcurrentHashMap<>();

    /// One Service with what it stands for.
    private record Row(
            String owner, String service, List<String> addresses, SortedSet<Integer> ports) {
        Stream<String> places() {
            return addresses.stream()
                    .flatMap(address -> ports.stream().map(port -> address + " port " + port));
        }

        ObjectNode json() {
            var json = JsonNodeFactory.instance.objectNode();
            json.put("Name", service).put("KubernetesService", owner);
            addresses.forEach(json.putArray("Addresses")::add);
            ports.forEach(json.putArray("Ports")::add);
            return json;
        }
    }

    ClusterIpsWork(Desk desk, CatalogWatch watch, Map<String, String> mark) {
        this.desk = desk;
        this.watch = watch;
        this.mark = mark;
    }

    /// @return whether the entry may have to be another
    boolean isNews(KubeService service, Shown shown) {
        var before =
                shown instanceof Shown.Nothing ? seen.remove(service) : seen.put(service, shown);
        return !shown.equals(before == null ? new Shown.Nothing() : before);
    }

    /// The name of the entry: no two clusters have it, whatever they are called.
    static String name(String cluster) {
        return cluster.replace('/', '.');
    }

    Outcome work() throws ApiException, InterruptedException {
        var there = desk.api().entry(KIND, name(desk.name()));
        var words = new ArrayList<String>();
        var rows = undoubted(rows(there), words);
        if (rows.size() > MOST) {
            words.add(
                    "addresses of Services: expected at most "
                            + MOST
                            + " Services in the mesh; found "
                            + rows.size());
            rows = rows.subList(0, MOST);
        }
        write(rows, there);
        return words.isEmpty()
                ? new Outcome.Settled()
                : new Outcome.Refused(String.join("; ", words));
    }

    private List<Row> rows(Optional<StoredEntry> there) {
        var before = new HashMap<String, Row>();
        there.ifPresent(entry ->
                entry.body()
                        .path("Services")
                        .forEach(one -> {
                            var row = row(one);
                            before.put(row.owner(), row);
                        }));
        var rows = new ArrayList<Row>();
        for (var service : desk.cluster().services()) {
            switch (Instances.of(service, watch, mark).shown()) {
                case Shown.Nothing() -> {}
                case Shown.AsBefore(var addresses, var ports) ->
                        Optional.ofNullable(before.get(service.toString()))
                                .map(row -> as(row, addresses, ports))
                                .filter(row -> !row.ports().isEmpty())
                                .ifPresent(rows::add);
                case Shown.By(var name, var addresses, var ports) ->
                        rows.add(new Row(service.toString(), name, addresses, ports));
            }
        }
        rows.sort(Comparator.comparing(Row::owner));
        return rows;
    }

    private static Row as(Row before, List<String> addresses, SortedSet<Integer> ports) {
        var left = new TreeSet<>(before.ports());
        left.retainAll(ports);
        return new Row(before.owner(), before.service(), addresses, left);
    }

    private static Row row(JsonNode json) {
        var ports = new TreeSet<Integer>();
        json.path("Ports").forEach(port -> ports.add(port.asInt()));
        return new Row(
                json.path("KubernetesService").asText(),
                json.path("Name").asText(),
                texts(json.path("Addresses")),
                ports);
    }

    private static List<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
    }

    /// Without those that claim one address for two services: two watches may tell in another order
    /// than it happened, and whichever was believed could be the one that has lost it.
    private static List<Row> undoubted(List<Row> rows, Collection<String> words) {
        var claims = new TreeMap<String, List<Row>>();
        rows.forEach(row ->
                row.places()
                        .forEach(place ->
                                claims.computeIfAbsent(place, _ -> new ArrayList<>()).add(row)));
        var doubted = new HashSet<Row>();
        claims.forEach((place, claimants) -> {
            if (claimants.stream().map(Row::service).distinct().count() > 1) {
                doubted.addAll(claimants);
                words.add(
                        "address "
                                + place
                                + ": expected one Service to have it; found "
                                + claimants.stream().map(Row::owner).toList());
            }
        });
        return rows.stream().filter(row -> !doubted.contains(row)).toList();
    }

    private void write(List<Row> rows, Optional<StoredEntry> there)
            throws ApiException, InterruptedException {
        if (rows.isEmpty()) {
            if (there.isPresent()) {
                desk.mayWrite();
                desk.api().delete(there.get());
                desk.events().accept(new OperatorEvent.ClusterIpsWritten(0));
            }
            return;
        }
        var wanted = desk.api().validate(entry(rows));
        if (there.filter(entry -> entry.body().equals(wanted.body())).isEmpty()) {
            desk.mayWrite();
            desk.api().write(wanted.body(), there.map(StoredEntry::index).orElse(0L));
            desk.events().accept(new OperatorEvent.ClusterIpsWritten(rows.size()));
        }
    }

    private ObjectNode entry(List<Row> rows) {
        var entry = JsonNodeFactory.instance.objectNode();
        entry.put("Kind", KIND).put("Name", name(desk.name())).put("Cluster", desk.name());
        rows.forEach(row -> entry.withArray("Services").add(row.json()));
        new Owner(desk.name(), KIND).mark(entry.putObject("Meta"));
        return entry;
    }
}
