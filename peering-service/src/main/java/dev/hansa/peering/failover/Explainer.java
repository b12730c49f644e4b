package dev.hansa.peering.failover;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Choice;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.Route;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.Target;
import dev.hansa.failover.Target.LocalTarget;
import dev.hansa.failover.Target.PeerTarget;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.discovery.RoutePublisher.Seen;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.failover.Explanation.Hop;
import dev.hansa.peering.failover.Explanation.Place;
import dev.hansa.peering.failover.Explanation.Source;
import dev.hansa.peering.failover.Explanation.Standing;
import dev.hansa.peering.failover.Explanation.Step;
import dev.hansa.peering.failover.Explanation.Verdict;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Says what becomes of a call, from the routes that sidecars are given: there is no second opinion
/// on health here. Pure.
public final class Explainer {
    /// The kind of the entry that says where calls to a service go.
    static final String RESOLVER = "service-resolver";

    /// A refusal that lists more names than this is no longer read.
    private static final int MAX_NAMES = 10;

    private final RouteView view;
    private final Function<ServiceName, Optional<Set<UpstreamName>>> asked;
    private final Function<UpstreamName, List<Seen>> seen;
    private final Instant now;

    /// @param asked the upstreams of a service's connected sidecars; empty when none is connected
    /// @param seen what connected sidecars have seen of an upstream
    public Explainer(
            RouteView view,
            Function<ServiceName, Optional<Set<UpstreamName>>> asked,
            Function<UpstreamName, List<Seen>> seen,
            Instant now) {
        this.view = view;
        this.asked = asked;
        this.seen = seen;
        this.now = now;
    }

    public sealed interface Answer {
        record Explained(Explanation explanation) implements Answer {}

        /// Nothing here has that name.
        record Unknown(String sentence) implements Answer {}
    }

    public Answer explain(UpstreamName upstream, Optional<ServiceName> caller) {
        var unknown = unknown(upstream);
        if (unknown.isPresent()) {
            return new Answer.Unknown(unknown.get());
        }
        var world = view.world();
        var route = view.route(upstream);
        var choice = Choice.of(route);
        var ways = ways();
        var steps =
                route.targets().stream().map(target -> step(target, choice, caller, ways)).toList();
        return new Answer.Explained(
                new Explanation(
                        upstream,
                        caller,
                        world.datacenter(),
                        world.trustDomain(),
                        upstream.peer().isPresent()
                                ? Optional.empty()
                                : world.state().config(RESOLVER, upstream.service().value()),
                        route.connectTimeout(),
                        steps,
                        seen.apply(upstream).stream()
                                .filter(one ->
                                        caller.isEmpty() || caller.get().equals(one.caller()))
                                .toList(),
                        world.controls().of(route),
                        brokenLink(route, choice, caller, steps, ways)));
    }

    /// Why there is nothing to explain; empty when there is.
    Optional<String> unknown(UpstreamName upstream) {
        var world = view.world();
        var peer = upstream.peer();
        if (peer.isPresent() && world.state().peering(peer.get()).isEmpty()) {
            return Optional.of(
                    "peer '"
                            + ForeignText.shown(peer.get().value())
                            + "': expected one that this datacenter is peered with; found none of that name"
                            + near(
                                    peer.get().value(),
                                    world.state().peerings().keySet().stream()
                                            .map(PeerName::value)));
        }
        var name = upstream.service().value();
        if (names().anyMatch(name::equals)) {
            return Optional.empty();
        }
        return Optional.of(
                "service '"
                        + ForeignText.shown(name)
                        + "': expected one that runs in "
                        + world.datacenter()
                        + ", is imported from a peer or has a service-resolver; found none of that name"
                        + near(name, names()));
    }

    /// All services that somebody here could mean.
    private Stream<String> names() {
        var world = view.world();
        return Stream.of(
                        world.catalog().local().keySet().stream()
                                .map(name ->
                                        name.endsWith(ServiceName.SIDECAR_SUFFIX)
                                                ? name.substring(
                                                        0,
                                                        name.length()
                                                                - ServiceName.SIDECAR_SUFFIX
                                                                        .length())
                                                : name),
                        world.catalog().imported().values().stream()
                                .flatMap(imported -> imported.serviceNames().stream()),
                        world.state().config(RESOLVER).map(entry -> entry.name()))
                .flatMap(found -> found);
    }

    private static String near(String name, Stream<String> known) {
        var sorted = known.collect(Collectors.toCollection(TreeSet::new));
        var nearest =
                Settings.Nearest.to(name, sorted)
                        .map(word -> "; did you mean '" + word + "'?")
                        .orElse("");
        return nearest
                + (sorted.isEmpty()
                        ? "; none is known here"
                        : sorted.stream()
                                .limit(MAX_NAMES)
                                .collect(
                                        Collectors.joining(
                                                ", ",
                                                "; known here: ",
                                                sorted.size() > MAX_NAMES ? ", …" : "")));
    }

    private List<SniRoute> ways() {
        return view.gateway().sniRoutes();
    }

    private static Optional<SniRoute> way(Target target, List<SniRoute> ways) {
        return ways.stream().filter(way -> way.sni().equals(target.sni())).findFirst();
    }

    private Step step(
            Target target, Choice choice, Optional<ServiceName> caller, List<SniRoute> ways) {
        return switch (target) {
            case LocalTarget here ->
                    new Step(
                            here,
                            standing(here, choice),
                            new Source(
                                    "the sidecars of " + view.world().datacenter(),
                                    true,
                                    Optional.empty()),
                            caller.map(name -> decide(name, here.service())),
                            here.endpoints().stream()
                                    .map(endpoint -> sidecar(here, endpoint))
                                    .toList());
            case PeerTarget there ->
                    new Step(
                            there,
                            standing(there, choice),
                            source(there.peer()),
                            caller.map(_ -> new Verdict.DecidedAt(there.peer())),
                            hops(there, ways));
        };
    }

    private static Standing standing(Target target, Choice choice) {
        if (choice.live().filter(target::equals).isPresent()) {
            return Standing.LIVE;
        }
        if (choice.next().filter(target::equals).isPresent()) {
            return Standing.NEXT;
        }
        return target.health().works() ? Standing.SPARE : Standing.DOWN;
    }

    private Source source(PeerName peer) {
        var imported = view.world().catalog().from(peer);
        return new Source(
                "peer '" + peer + "'",
                imported.connected(),
                imported.heardAt().equals(Instant.EPOCH)
                        ? Optional.empty()
                        : Optional.of(age(imported.heardAt())));
    }

    private Duration age(Instant heard) {
        var age = Duration.between(heard, now);
        return age.isNegative() ? Duration.ZERO : age;
    }

    private Verdict decide(ServiceName caller, ServiceName destination) {
        var decision =
                view.world()
                        .intentions()
                        .apply(destination.value())
                        .decide(Optional.empty(), caller.value(), destination.value());
        return new Verdict.Decided(
                view.world().datacenter(),
                decision.allowed(),
                decision.by().map(Intention::label).orElse("default"));
    }

    private Hop sidecar(LocalTarget target, TargetEndpoint endpoint) {
        return new Hop(
                Place.SIDECAR,
                view.world().datacenter().name(),
                endpoint.address().toString(),
                endpoint.health(),
                target.sni(),
                target.spiffeIds());
    }

    private List<Hop> hops(PeerTarget target, List<SniRoute> ways) {
        var hops = new ArrayList<Hop>();
        gateways(hops, view.world().datacenter().name(), target.endpoints(), target.sni());
        var where = "peer '" + target.peer() + "'";
        way(target, ways).ifPresent(way -> gateways(hops, where, way.endpoints(), target.sni()));
        hops.add(
                new Hop(
                        Place.SIDECAR,
                        where,
                        "",
                        instancesOf(target),
                        target.sni(),
                        target.spiffeIds()));
        return hops;
    }

    private static void gateways(
            List<Hop> hops, String where, List<TargetEndpoint> endpoints, String sni) {
        endpoints.forEach(endpoint ->
                hops.add(
                        new Hop(
                                Place.MESH_GATEWAY,
                                where,
                                endpoint.address().toString(),
                                endpoint.health(),
                                sni,
                                List.of())));
    }

    /// What the peer says of them; their addresses it keeps to itself.
    private HealthView instancesOf(PeerTarget target) {
        var instances = view.world().catalog().from(target.peer()).named(target.service().value());
        var healthy = instances.stream().filter(instance -> instance.isHealthy()).count();
        return HealthView.of(
                healthy > 0, healthy + " of " + instances.size() + " instances healthy");
    }

    private Optional<String> brokenLink(
            Route route,
            Choice choice,
            Optional<ServiceName> caller,
            List<Step> steps,
            List<SniRoute> ways) {
        return caller.flatMap(name -> withoutUpstream(name, route.upstream()))
                .or(() ->
                        choice.live().isEmpty()
                                ? Optional.of(
                                        "'"
                                                + route.upstream()
                                                + "' has no healthy target: "
                                                + Choice.evidence(route)
                                                + hint(route.upstream()))
                                : Optional.empty())
                .or(() -> choice.live().flatMap(live -> unreachable(live, ways)))
                .or(() -> forbidden(steps));
    }

    /// Its sidecar cannot open what it does not know of.
    private Optional<String> withoutUpstream(ServiceName caller, UpstreamName upstream) {
        var datacenter = view.world().datacenter();
        var upstreams = asked.apply(caller);
        if (upstreams.isEmpty()) {
            return Optional.of("no sidecar of '" + caller + "' is connected in " + datacenter);
        }
        if (upstreams.get().contains(upstream)) {
            return Optional.empty();
        }
        return Optional.of(
                "the sidecar of '"
                        + caller
                        + "' has no upstream '"
                        + upstream
                        + "'; it has "
                        + upstreams.get().stream()
                                .map(UpstreamName::toString)
                                .sorted()
                                .limit(MAX_NAMES)
                                .collect(
                                        Collectors.collectingAndThen(
                                                Collectors.joining(", "),
                                                names -> names.isEmpty() ? "none" : names)));
    }

    /// A service that only a peer has is often meant to be called there.
    private String hint(UpstreamName upstream) {
        if (upstream.peer().isPresent()) {
            return "";
        }
        return view.world().catalog().imported().entrySet().stream()
                .filter(peer -> !peer.getValue().named(upstream.service().value()).isEmpty())
                .map(peer -> peer.getKey().value())
                .min(Comparator.naturalOrder())
                .map(peer ->
                        "; peer '"
                                + peer
                                + "' exports it to us: a service-resolver or the upstream '"
                                + upstream.service()
                                + "' of that peer leads there")
                .orElse("");
    }

    private Optional<String> unreachable(Target live, List<SniRoute> ways) {
        if (!(live instanceof PeerTarget)) {
            return Optional.empty();
        }
        var way = way(live, ways);
        if (way.isEmpty()) {
            return Optional.of(
                    "the mesh gateways of "
                            + view.world().datacenter()
                            + " have no route for '"
                            + live.sni()
                            + "'");
        }
        return way.get().isHealthy() ? Optional.empty() : Optional.of(way.get().evidence());
    }

    private static Optional<String> forbidden(List<Step> steps) {
        return steps.stream()
                .filter(step -> step.standing() == Standing.LIVE)
                .flatMap(step -> step.intention().stream())
                .flatMap(verdict ->
                        switch (verdict) {
                            case Verdict.Decided(var by, var allowed, var rule) ->
                                    allowed
                                            ? Stream.<String>empty()
                                            : Stream.of(
                                                    rule.equals("default")
                                                            ? "no intention allows it, and "
                                                                    + by
                                                                    + " denies by default"
                                                            : "intention '"
                                                                    + rule
                                                                    + "' of "
                                                                    + by
                                                                    + " denies it");
                            case Verdict.DecidedAt _ -> Stream.<String>empty();
                        })
                .findFirst();
    }
}
