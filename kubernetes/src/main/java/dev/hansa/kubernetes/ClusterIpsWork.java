package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredEntry;
import dev.hansa.kubernetes.catalog.Instances;
import dev.hansa.kubernetes.catalog.KubeService;
import dev.hansa.kubernetes.catalog.PodProblem;
import dev.hansa.kubernetes.catalog.Shown;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// Writes which addresses of this cluster stand for which service, all of them in one entry: what
/// Kubernetes has given to another Service meanwhile changes hands in one step, and what is gone is
/// gone with it.
final class ClusterIpsWork {
    /// The entry, of all Services.
    static final KubeService ENTRY = new KubeService("", "cluster-ips");

    static final String KIND = "cluster-ips";

    private final Desk desk;
    private final CatalogWatch watch;
    private final PodEvents pods;
    private final Map<String, String> mark;

    /// What was found when a Service was last looked at: bounded by those that are there.
    private final Map<KubeService, Shown> seen = new ConcurrentHashMap<>();

    ClusterIpsWork(Desk desk, CatalogWatch watch, PodEvents pods, Map<String, String> mark) {
        this.desk = desk;
        this.watch = watch;
        this.pods = pods;
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
        var before = said(there);
        var words = new ArrayList<String>();
        var known = byOwner(before);
        var rows = undoubted(rows(known), words);
        var fitting = ClusterIpRoom.fitting(sound(rows, words), known.keySet(), words);
        try {
            write(fitting, there);
        } catch (ApiException e) {
            if (e.reason() != ApiException.Cause.REFUSED) {
                throw e;
            }
            words.addFirst(e.sentence());
            withdraw(rows, before, there);
        }
        return words.isEmpty()
                ? new Outcome.Settled()
                : new Outcome.Refused(String.join("; ", words));
    }

    /// Without those for which the server would refuse all others too.
    private List<ClusterIpRow> sound(List<ClusterIpRow> rows, Collection<String> words) {
        var sound = new ArrayList<ClusterIpRow>();
        var left = new ArrayList<String>();
        for (var row : rows) {
            var problem = row.problem();
            if (problem.isEmpty()) {
                sound.add(row);
                continue;
            }
            left.add(row.owner());
            watch.service(row.kubeService())
                    .map(service -> PodProblem.leftOut(service, problem.get()))
                    .ifPresent(pods::tell);
        }
        if (!left.isEmpty()) {
            words.add("addresses of Services: left out " + left);
        }
        return sound;
    }

    private static List<ClusterIpRow> said(Optional<StoredEntry> there) {
        var said = new ArrayList<ClusterIpRow>();
        there.ifPresent(entry ->
                entry.body().path("Services").forEach(one -> said.add(ClusterIpRow.of(one))));
        return said;
    }

    private static Map<String, ClusterIpRow> byOwner(List<ClusterIpRow> rows) {
        var all = new HashMap<String, ClusterIpRow>();
        rows.forEach(row -> all.put(row.owner(), row));
        return all;
    }

    private List<ClusterIpRow> rows(Map<String, ClusterIpRow> before) {
        var rows = new ArrayList<ClusterIpRow>();
        for (var service : desk.cluster().services()) {
            switch (Instances.of(service, watch, mark).shown()) {
                case Shown.Nothing() -> {}
                case Shown.AsBefore(var addresses, var ports) ->
                        Optional.ofNullable(before.get(service.toString()))
                                .map(row -> row.moved(addresses, ports))
                                .filter(row -> !row.isEmpty())
                                .ifPresent(rows::add);
                case Shown.By(var name, var addresses, var ports) ->
                        rows.add(new ClusterIpRow(service.toString(), name, addresses, ports));
            }
        }
        rows.sort(Comparator.comparing(ClusterIpRow::owner));
        return rows;
    }

    /// Without those that claim one address for two services: two watches may tell in another order
    /// than it happened, and whichever was believed could be the one that has lost it.
    private static List<ClusterIpRow> undoubted(List<ClusterIpRow> rows, Collection<String> words) {
        var claims = new TreeMap<String, List<ClusterIpRow>>();
        rows.forEach(row ->
                row.places()
                        .forEach(place ->
                                claims.computeIfAbsent(place, _ -> new ArrayList<>()).add(row)));
        var doubted = new HashSet<ClusterIpRow>();
        claims.forEach((place, claimants) -> {
            if (claimants.stream().map(ClusterIpRow::service).distinct().count() > 1) {
                doubted.addAll(claimants);
                words.add(
                        "address "
                                + place
                                + ": expected one Service to have it; found "
                                + claimants.stream().map(ClusterIpRow::owner).toList());
            }
        });
        return rows.stream().filter(row -> !doubted.contains(row)).toList();
    }

    private void write(List<ClusterIpRow> rows, Optional<StoredEntry> there)
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

    /// The entry that stands goes on without what is not so any more: an address that was freed may
    /// be another's by now. What was taken of it once is taken again; if it is not, by a server of
    /// another version, none of it is left.
    private void withdraw(
            List<ClusterIpRow> rows, List<ClusterIpRow> before, Optional<StoredEntry> there)
            throws ApiException, InterruptedException {
        var now = byOwner(rows);
        var left =
                before.stream()
                        .flatMap(row ->
                                Optional.ofNullable(now.get(row.owner())).map(row::shared).stream())
                        .filter(row -> !row.isEmpty())
                        .toList();
        if (left.equals(before)) {
            return;
        }
        try {
            write(left, there);
        } catch (ApiException e) {
            if (e.reason() != ApiException.Cause.REFUSED) {
                throw e;
            }
            write(List.of(), there);
        }
    }

    private ObjectNode entry(List<ClusterIpRow> rows) {
        var entry = JsonNodeFactory.instance.objectNode();
        entry.put("Kind", KIND).put("Name", name(desk.name())).put("Cluster", desk.name());
        rows.forEach(row -> entry.withArray("Services").add(row.json()));
        new Owner(desk.name(), KIND).mark(entry.putObject("Meta"));
        return entry;
    }
}
