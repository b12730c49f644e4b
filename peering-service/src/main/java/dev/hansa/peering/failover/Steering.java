package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Choice;
import dev.hansa.failover.Control;
import dev.hansa.failover.Control.Order;
import dev.hansa.failover.Route;
import dev.hansa.failover.Target;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.failover.ControlWish.Wanted;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Whether a control may be had, judged by what the routes would be with it. Pure.
final class Steering {
    private final RouteView view;
    private final Set<UpstreamName> asked;

    /// @param asked the upstreams of the connected sidecars
    Steering(RouteView view, Set<UpstreamName> asked) {
        this.view = view;
        this.asked = asked;
    }

    sealed interface Judgement {
        record Granted(Order order) implements Judgement {}

        record Refused(String sentence) implements Judgement {}
    }

    Judgement judge(Wanted wanted, boolean anyway) {
        return switch (wanted) {
            case Wanted.DrainPeer(var peer) ->
                    view.world().state().peering(peer).isEmpty()
                            ? refused(
                                    "peer '"
                                            + peer
                                            + "': expected one that this datacenter is peered with; found none of that name")
                            : unlessLost(new Order.DrainPeer(peer), anyway);
            case Wanted.DrainLocal(var service) ->
                    runsHere(service)
                            ? unlessLost(new Order.DrainLocal(service), anyway)
                            : notHere(service);
            case Wanted.Force(var service, var target) -> force(service, target);
            case Wanted.Hold(var service) -> hold(service);
            case Wanted.Drill drill -> drill(drill, anyway);
        };
    }

    private static Judgement refused(String sentence) {
        return new Judgement.Refused(sentence);
    }

    private Route route(ServiceName service) {
        return view.route(new UpstreamName(service, Optional.empty()));
    }

    private boolean runsHere(ServiceName service) {
        return !view.world().catalog().proxiesOf(service).isEmpty();
    }

    private Judgement notHere(ServiceName service) {
        return refused(
                "service '"
                        + service
                        + "': expected one with a sidecar in "
                        + view.world().datacenter()
                        + "; found none");
    }

    private Judgement force(ServiceName service, String target) {
        var labels = route(service).targets().stream().map(Target::label).toList();
        return labels.contains(target)
                ? new Judgement.Granted(new Order.Force(service, target))
                : noTarget(service, "'" + target + "'", labels);
    }

    private static Judgement noTarget(ServiceName service, String found, List<String> labels) {
        return refused(
                "target of '"
                        + service
                        + "': expected one of "
                        + String.join(", ", labels)
                        + "; found "
                        + found);
    }

    private Judgement hold(ServiceName service) {
        var route = route(service);
        return Choice.of(route)
                .live()
                .<Judgement>map(
                        live -> new Judgement.Granted(new Order.Hold(service, live.label())))
                .orElseGet(() ->
                        refused(
                                "hold of '"
                                        + service
                                        + "': expected a target that takes its calls; found none: "
                                        + Choice.evidence(route)));
    }

    private Judgement drill(Wanted.Drill drill, boolean anyway) {
        var service = drill.service();
        if (!runsHere(service)) {
            return notHere(service);
        }
        var route = route(service);
        var live = Choice.of(route).live();
        if (!anyway && live.filter(Steering::isHere).isEmpty()) {
            return refused(
                    "drill of '"
                            + service
                            + "': expected its calls to be served here; found them at "
                            + live.map(target -> "'" + target.label() + "'").orElse("no target"));
        }
        if (drill.to().isEmpty()) {
            return unlessLost(new Order.Drill(service, Optional.empty()), anyway);
        }
        var there =
                route.targets().stream()
                        .filter(target ->
                                target instanceof Target.PeerTarget at
                                        && at.peer().equals(drill.to().get()))
                        .map(Target::label)
                        .findFirst();
        return there.isEmpty()
                ? noTarget(
                        service,
                        "none at peer '" + drill.to().get() + "'",
                        route.targets().stream().map(Target::label).toList())
                : unlessLost(new Order.Drill(service, there), anyway);
    }

    private static boolean isHere(Target target) {
        return target instanceof Target.LocalTarget;
    }

    /// Only what takes targets out can leave a service without any.
    private Judgement unlessLost(Order order, boolean anyway) {
        if (anyway) {
            return new Judgement.Granted(order);
        }
        var trial = new Control(Long.MAX_VALUE, order, "", "", Instant.MIN, Instant.MAX);
        var with = view.with(view.world().controls().with(trial));
        return touched(order)
                .filter(upstream -> Choice.of(with.route(upstream)).live().isEmpty())
                .findFirst()
                .map(upstream -> refused(sentence(trial, upstream)))
                .orElseGet(() -> new Judgement.Granted(order));
    }

    /// What has calls now, and what is named.
    private Stream<UpstreamName> touched(Order order) {
        var all = new TreeSet<UpstreamName>(Comparator.comparing(UpstreamName::toString));
        all.addAll(asked);
        Readiness.services(view, asked)
                .forEach(service -> all.add(new UpstreamName(service, Optional.empty())));
        all.removeIf(upstream -> Choice.of(view.route(upstream)).live().isEmpty());
        named(order).ifPresent(service -> all.add(new UpstreamName(service, Optional.empty())));
        return all.stream();
    }

    private static Optional<ServiceName> named(Order order) {
        return switch (order) {
            case Order.DrainPeer _ -> Optional.empty();
            case Order.DrainLocal(var service) -> Optional.of(service);
            case Order.Force(var service, _) -> Optional.of(service);
            case Order.Hold(var service, _) -> Optional.of(service);
            case Order.Drill(var service, _) -> Optional.of(service);
        };
    }

    private String sentence(Control trial, UpstreamName upstream) {
        var others =
                view.route(upstream).targets().stream()
                        .filter(target -> !target.health().healthy())
                        .map(target -> target.label() + ": " + target.health().evidence())
                        .collect(Collectors.joining("; "));
        return trial.what()
                + ": expected a healthy target to be left for '"
                + upstream
                + "'; found none"
                + (others.isEmpty() ? ", it has no other" : ": " + others)
                + " (--force does it all the same)";
    }
}
