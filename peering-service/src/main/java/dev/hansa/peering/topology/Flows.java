package dev.hansa.peering.topology;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Callers;
import dev.hansa.failover.Callers.Count;
import dev.hansa.failover.Observation;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.discovery.RoutePublisher.Told;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.discovery.RouteWorld;
import dev.hansa.peering.topology.Topology.Edge;
import dev.hansa.peering.topology.Topology.Side;
import dev.hansa.peering.topology.Topology.Sidecars;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Sets the rules that sidecars are given beside what the connected sidecars tell of their
/// connections. Pure. Who calls a service of ours is told by that service's sidecars, whom it calls
/// by its own as well: a caller's word about others counts for nothing.
public final class Flows {
    /// Of one direction: what a person still looks through, with a search. With 5,000 services the
    /// rest are counted.
    public static final int MOST_EDGES = 200;

    private final RouteWorld world;
    private final List<Told> told;
    private final Map<TrustDomain, PeerName> peers = new HashMap<>();

    public Flows(RouteView view, List<Told> told) {
        this.world = view.world();
        this.told = List.copyOf(told);
        world.state()
                .peerings()
                .values()
                .forEach(peering ->
                        peering.trustDomain()
                                .filter(domain -> !domain.equals(world.trustDomain()))
                                .ifPresent(domain -> peers.put(domain, peering.name())));
    }

    /// @param visible whether whoever asks may see a service of this name
    /// @param rules whether he may see who may call a service of this name
    /// @param peers whether he may see that there are peers: without it their callers are left out
    public record Sight(
            Predicate<String> visible, Predicate<String> rules, BooleanSupplier peers) {}

    public Topology of(UpstreamName service, Sight sight) {
        return new Topology(
                service,
                world.datacenter(),
                world.intentions().apply(service.service().value()).defaultAllow(),
                sidecars(service),
                service.peer().isPresent()
                        ? callersOfAPeers(service, sight)
                        : callers(service.service(), sight),
                service.peer().isPresent() ? Side.NOBODY : callees(service.service(), sight),
                service.peer().isPresent()
                        ? Optional.of(List.of())
                        : callerPeers(service.service(), sight));
    }

    /// Those that the service is exported to, whether or not their peering stands, and those whose
    /// callers a sidecar tells of.
    private Optional<List<PeerName>> callerPeers(ServiceName service, Sight sight) {
        var all = new TreeSet<>(world.exports().consumers(service.value()));
        seenCallers(service).each().keySet().forEach(end -> end.peer().ifPresent(all::add));
        return all.isEmpty() || sight.peers().getAsBoolean()
                ? Optional.of(List.copyOf(all))
                : Optional.empty();
    }

    private Stream<Told> of(ServiceName service) {
        return told.stream().filter(one -> one.service().equals(service));
    }

    private Sidecars sidecars(UpstreamName service) {
        if (service.peer().isPresent()) {
            return new Sidecars(0, 0);
        }
        return sidecars(of(service.service()).toList());
    }

    /// An older one tells of whom it calls alone, and counts as one that has told nothing.
    private static Sidecars sidecars(List<Told> all) {
        return new Sidecars(
                all.size(),
                (int)
                        all.stream()
                                .filter(one ->
                                        one.sightings().flatMap(Sightings::callers).isPresent())
                                .count());
    }

    /// Every service that can take part: one with a sidecar.
    private Set<String> inMesh() {
        return Stream.concat(
                        world.catalog().local().entrySet().stream()
                                .filter(each ->
                                        each.getValue().stream()
                                                .anyMatch(one -> !one.isUnjoinedProxy()))
                                .map(Map.Entry::getKey)
                                .filter(name -> name.endsWith(ServiceName.SIDECAR_SUFFIX))
                                .map(name ->
                                        name.substring(
                                                0,
                                                name.length()
                                                        - ServiceName.SIDECAR_SUFFIX.length())),
                        told.stream().map(one -> one.service().value()))
                .collect(Collectors.toSet());
    }

    /// Whose sidecars have this upstream.
    private Set<String> askers(UpstreamName upstream) {
        return told.stream()
                .filter(one -> one.upstreams().contains(upstream))
                .map(one -> one.service().value())
                .collect(Collectors.toSet());
    }

    private Side callers(ServiceName service, Sight sight) {
        var seen = seenCallers(service);
        var asking = askers(new UpstreamName(service, Optional.empty()));
        var table = world.intentions().apply(service.value());
        var hidden = !sight.rules().test(service.value());
        var ends = new HashSet<End>(seen.each().keySet());
        inMesh().forEach(name -> ends.add(End.here(name)));
        for (var peering : world.state().peerings().values()) {
            var peer = Optional.of(peering.name());
            if (peering.state().isLive() && isExported(service, peering.name())) {
                ends.add(new End(Intention.ANY, peer));
            }
            table.intentions().stream()
                    .filter(rule -> !hidden && rule.sourcePeer().equals(peer))
                    .forEach(rule -> ends.add(new End(rule.source(), peer)));
        }
        withoutItself(ends, service, seen.each().keySet());
        var edges = new ArrayList<Edge>();
        for (var end : ends) {
            if (!isVisibleCaller(end, sight)) {
                continue;
            }
            edges.add(
                    new Edge(
                            end,
                            hidden ? new May.Hidden() : judge(table, end, service),
                            "",
                            end.peer().isEmpty() && asking.contains(end.service()),
                            seen.known()
                                    ? Optional.of(seen.each().getOrDefault(end, Count.NONE))
                                    : Optional.empty()));
        }
        return side(edges, seen.known() ? Optional.of(seen.beyond()) : Optional.empty());
    }

    /// A service that calls itself is shown when it does.
    private static void withoutItself(Set<End> ends, ServiceName service, Set<End> seen) {
        var self = End.here(service.value());
        if (!seen.contains(self)) {
            ends.remove(self);
        }
    }

    private static boolean isVisible(End end, Sight sight) {
        return end.service().equals(Intention.ANY) || sight.visible().test(end.service());
    }

    private static boolean isVisibleCaller(End end, Sight sight) {
        return (end.peer().isEmpty() || sight.peers().getAsBoolean()) && isVisible(end, sight);
    }

    private boolean isExported(ServiceName service, PeerName peer) {
        return world.exports().exports(service.value(), peer);
    }

    private May judge(IntentionTable table, End caller, ServiceName service) {
        if (caller.peer().isPresent()) {
            var peer = caller.peer().get();
            if (!isExported(service, peer)) {
                return new May.NotExported(peer);
            }
        }
        return May.of(table.decide(caller.peer(), caller.service(), service.value()));
    }

    /// Of a service that a peer has: those of ours that call it, or could.
    private Side callersOfAPeers(UpstreamName service, Sight sight) {
        var peer = service.peer().orElseThrow();
        var there = new End(service.service().value(), service.peer());
        var counts = new HashMap<String, Optional<Count>>();
        for (var one : told) {
            outbound(one)
                    .filter(count -> count.end().equals(there))
                    .forEach(count ->
                            counts.merge(one.service().value(), count.count(), Flows::plus));
        }
        var asking = askers(service);
        asking.forEach(name -> counts.putIfAbsent(name, Optional.empty()));
        var edges =
                counts.entrySet().stream()
                        .filter(one -> sight.visible().test(one.getKey()))
                        .map(one ->
                                new Edge(
                                        End.here(one.getKey()),
                                        new May.DecidedAt(peer),
                                        "",
                                        asking.contains(one.getKey()),
                                        one.getValue()))
                        .toList();
        return side(edges, Optional.empty());
    }

    /// A part of the whole would be taken for it.
    private static Optional<Count> plus(Optional<Count> one, Optional<Count> other) {
        return one.flatMap(known -> other.map(known::plus));
    }

    private Side callees(ServiceName service, Sight sight) {
        var counts = new HashMap<End, Optional<Count>>();
        var asked = new HashSet<End>();
        of(service)
                .forEach(one -> {
                    one.upstreams()
                            .forEach(upstream ->
                                    asked.add(
                                            new End(upstream.service().value(), upstream.peer())));
                    outbound(one)
                            .forEach(
                                    count -> counts.merge(count.end(), count.count(), Flows::plus));
                });
        var telling = of(service).flatMap(one -> one.sightings().stream()).toList();
        var known = !telling.isEmpty() && telling.stream().allMatch(Flows::countsOpen);
        var ends = new HashSet<End>(counts.keySet());
        ends.addAll(asked);
        inMesh().forEach(name -> ends.add(End.here(name)));
        world.catalog()
                .imported()
                .forEach((peer, imported) ->
                        imported.serviceNames()
                                .forEach(name -> ends.add(new End(name, Optional.of(peer)))));
        withoutItself(ends, service, counts.keySet());
        // most have no rules of their own: one answer is for all of those
        var general =
                world.intentions()
                        .apply(Intention.ANY)
                        .decide(Optional.empty(), service.value(), Intention.ANY);
        var edges = new ArrayList<Edge>();
        for (var end : ends) {
            if (!isVisible(end, sight)) {
                continue;
            }
            edges.add(
                    new Edge(
                            end,
                            end.peer().isPresent()
                                    ? new May.DecidedAt(end.peer().get())
                                    : sight.rules().test(end.service())
                                            ? May.of(decision(service, end.service(), general))
                                            : new May.Hidden(),
                            "",
                            asked.contains(end),
                            counts.getOrDefault(
                                    end, known ? Optional.of(Count.NONE) : Optional.empty())));
        }
        return side(edges, Optional.empty());
    }

    private IntentionTable.Decision decision(
            ServiceName caller, String called, IntentionTable.Decision general) {
        return ConfigEntries.hasIntentions(world.state(), called)
                ? world.intentions().apply(called).decide(Optional.empty(), caller.value(), called)
                : general;
    }

    private Side side(List<Edge> edges, Optional<Count> beyond) {
        int byRule = 0;
        int byDefault = 0;
        int denied = 0;
        int elsewhere = 0;
        for (var edge : edges) {
            switch (edge.may()) {
                case May.Allowed(var by) -> {
                    if (by.isPresent()) {
                        byRule++;
                    } else {
                        byDefault++;
                    }
                }
                case May.Denied _, May.NotExported _ -> denied++;
                case May.DecidedAt _ -> elsewhere++;
                case May.Hidden _ -> {}
            }
        }
        return new Side(
                edges.stream()
                        .sorted(MostTelling.FIRST)
                        .limit(MOST_EDGES)
                        .map(this::grouped)
                        .toList(),
                edges.size(),
                byRule,
                byDefault,
                denied,
                elsewhere,
                beyond);
    }

    private Edge grouped(Edge edge) {
        return edge.may()
                .rule()
                .map(rule ->
                        new Edge(
                                edge.end(),
                                edge.may(),
                                ConfigEntries.samenessGroup(world.state(), rule),
                                edge.asks(),
                                edge.flow()))
                .orElse(edge);
    }

    /// Of all sidecars of one service.
    private record SeenCallers(Map<End, Count> each, Count beyond, boolean known) {}

    private SeenCallers seenCallers(ServiceName service) {
        var each = new HashMap<End, Count>();
        var beyond = Count.NONE;
        var known = false;
        for (var callers :
                of(service)
                        .flatMap(one -> one.sightings().stream())
                        .flatMap(sightings -> sightings.callers().stream())
                        .toList()) {
            known = true;
            beyond = beyond.plus(callers.beyond());
            for (var caller : callers.each()) {
                var end = end(caller.id());
                if (end.isPresent()) {
                    each.merge(end.get(), caller.count(), Count::plus);
                } else {
                    beyond = beyond.plus(caller.count());
                }
            }
        }
        return new SeenCallers(each, beyond, known);
    }

    /// Empty for a caller of a trust domain that is no peer's any more.
    private Optional<End> end(SpiffeId id) {
        var name = id.asService().map(SpiffeId.Service::name);
        return id.trustDomain().equals(world.trustDomain())
                ? name.map(End::here)
                : Optional.ofNullable(peers.get(id.trustDomain()))
                        .flatMap(peer -> name.map(found -> new End(found, Optional.of(peer))));
    }

    private record OutboundCount(End end, Optional<Count> count) {}

    /// What one sidecar tells of those whom it calls, by whom its connections have gone to.
    private static Stream<OutboundCount> outbound(Told sidecar) {
        return sidecar.sightings().stream()
                .flatMap(sightings -> sightings.upstreams().stream())
                .flatMap(upstream -> upstream.targets().stream())
                .flatMap(target ->
                        End.ofLabel(target.label()).stream()
                                .map(end -> new OutboundCount(end, count(target))));
    }

    private static Optional<Count> count(Observation.OfTarget target) {
        return target.open().isPresent()
                ? Optional.of(new Count(target.open().getAsLong(), target.carried()))
                : Optional.empty();
    }

    /// An older sidecar does not.
    private static boolean countsOpen(Sightings sightings) {
        return sightings.upstreams().stream()
                .flatMap(upstream -> upstream.targets().stream())
                .allMatch(target -> target.open().isPresent());
    }

    /// What becomes of the connections to `service` that stand now, were this its entry.
    ///
    /// @param entry `service-intentions` of that service
    /// @param sight of whoever asks: of callers that he may not see he learns only that there are
    ///   some, whatever the rules are, so that rules cannot be tried to find out who calls
    public Preview preview(ServiceName service, ParsedEntry.Valid entry, Sight sight) {
        var after =
                ConfigEntries.intentionTable(
                        world.state(),
                        world.intentions().apply(service.value()).defaultAllow(),
                        entry);
        var seen = seenCallers(service);
        var cut = new ArrayList<Preview.Cut>();
        var all = Count.NONE;
        var filtered = false;
        for (var caller : seen.each().entrySet()) {
            var end = caller.getKey();
            var open = caller.getValue().open();
            if (open == 0) {
                continue;
            }
            if (!isVisibleCaller(end, sight)) {
                filtered = true;
                continue;
            }
            var decision = after.decide(end.peer(), end.service(), service.value());
            if (!decision.allowed()) {
                all = all.plus(caller.getValue());
                cut.add(
                        new Preview.Cut(
                                end, open, decision.by().map(Intention::label).orElse("default")));
            }
        }
        var sidecars = sidecars(of(service).toList());
        return new Preview(
                sidecars,
                cut.stream()
                        .sorted(
                                Comparator.comparingLong((Preview.Cut one) -> -one.open())
                                        .thenComparing(Preview.Cut::caller, End.BY_NAME))
                        .limit(MOST_EDGES)
                        .toList(),
                sidecars.haveAllTold() ? OptionalLong.of(all.open()) : OptionalLong.empty(),
                filtered,
                seen.known() ? Optional.of(seen.beyond()) : Optional.empty());
    }

    /// Of each peering. What a sidecar says of a peer that is none is left out.
    public Map<PeerName, PeerTraffic> peers() {
        var out = new HashMap<PeerName, Optional<Count>>();
        var in = new HashMap<PeerName, Count>();
        var hasCallers = false;
        for (var one : told) {
            outbound(one)
                    .forEach(count ->
                            count.end()
                                    .peer()
                                    .ifPresent(
                                            peer -> out.merge(peer, count.count(), Flows::plus)));
            var callers = one.sightings().flatMap(Sightings::callers);
            hasCallers |= callers.isPresent();
            for (var caller : callers.map(Callers::each).orElse(List.of())) {
                end(caller.id())
                        .flatMap(End::peer)
                        .ifPresent(peer -> in.merge(peer, caller.count(), Count::plus));
            }
        }
        var isOut = told.stream().anyMatch(one -> one.sightings().isPresent());
        var all = new TreeMap<PeerName, PeerTraffic>(Comparator.comparing(PeerName::value));
        for (var peer : world.state().peerings().keySet()) {
            all.put(
                    peer,
                    new PeerTraffic(
                            out.getOrDefault(
                                    peer, isOut ? Optional.of(Count.NONE) : Optional.empty()),
                            hasCallers
                                    ? Optional.of(in.getOrDefault(peer, Count.NONE))
                                    : Optional.empty(),
                            PeerGateways.of(world.catalog().from(peer))));
        }
        return all;
    }

    /// Of all connected sidecars.
    public Sidecars sidecars() {
        return sidecars(told);
    }

    /// The connected sidecars of a service, by node and instance.
    public List<Told> proxies(ServiceName service) {
        return of(service)
                .sorted(
                        Comparator.comparing((Told one) -> one.place().node())
                                .thenComparing(one -> one.place().instance()))
                .toList();
    }
}
