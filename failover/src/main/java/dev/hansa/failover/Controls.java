package dev.hansa.failover;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The operator's controls in force, and what they make of a route. Pure: it is applied where
/// routes are made, so that proxies and all that is said about routes agree.
///
/// @param inForce the newest first
public record Controls(List<Control> inForce) {
    public static final Controls NONE = new Controls(List.of());

    public Controls {
        inForce =
                inForce.stream().sorted(Comparator.comparingLong(Control::id).reversed()).toList();
    }

    /// Those of `all` that are in force now.
    public static Controls at(Instant now, Collection<Control> all) {
        return new Controls(all.stream().filter(control -> control.isInForce(now)).toList());
    }

    /// The same with one more.
    public Controls with(Control control) {
        var all = new ArrayList<>(inForce);
        all.add(control);
        return new Controls(all);
    }

    /// The route with targets that are taken out not healthy, and those that are preferred first,
    /// whatever the resolver prefers. A preferred target that is not healthy is passed by, as any
    /// other is; a spare is one that is.
    public Route apply(Route route) {
        if (inForce.isEmpty()) {
            return route;
        }
        var first =
                preference(route.upstream())
                        .flatMap(control -> control.prefers(route.upstream()))
                        .orElse("");
        var targets =
                route.targets().stream()
                        .map(this::judged)
                        .map(target -> target.label().equals(first) ? wanted(target) : target)
                        .sorted(Comparator.comparing(target -> !target.label().equals(first)))
                        .toList();
        if (targets.stream().noneMatch(target -> target.health().healthy())) {
            targets = targets.stream().map(Controls::wanted).toList();
        }
        var leads =
                targets.stream()
                        .anyMatch(target ->
                                target.label().equals(first) && target.health().healthy());
        return leads ? route.withTargets(targets).inOrder() : route.withTargets(targets);
    }

    private static Target wanted(Target target) {
        return target.health().spare() ? target.withHealth(HealthView.GOOD) : target;
    }

    /// The control that says which target comes first: of several the newest.
    public Optional<Control> preference(UpstreamName upstream) {
        return inForce.stream()
                .filter(control -> control.prefers(upstream).isPresent())
                .findFirst();
    }

    /// Those that change a route.
    public List<Control> of(Route route) {
        var preference = preference(route.upstream());
        return inForce.stream()
                .filter(control ->
                        preference.equals(Optional.of(control))
                                || route.targets().stream().anyMatch(control::takesOut))
                .toList();
    }

    private Target judged(Target target) {
        return inForce.stream()
                .filter(control -> control.takesOut(target))
                .findFirst()
                .map(control ->
                        target.withHealth(
                                HealthView.bad(
                                        control.evidence()
                                                + (target.health().healthy()
                                                        ? ""
                                                        : "; and " + target.health().evidence()))))
                .orElse(target);
    }
}
