package dev.hansa.failover;

import java.util.Optional;
import java.util.stream.Collectors;

/// Which of a route's targets takes calls now, and which would if that one were gone.
public record Choice(Optional<Target> live, Optional<Target> next) {
    public static Choice of(Route route) {
        var healthy = route.targets().stream().filter(target -> target.health().healthy()).toList();
        return new Choice(healthy.stream().findFirst(), healthy.stream().skip(1).findFirst());
    }

    /// Why none of a route's targets takes calls, or none but the live one: each with its evidence.
    public static String evidence(Route route) {
        return route.targets().stream()
                .filter(target -> !target.health().healthy())
                .map(target -> target.label() + ": " + target.health().evidence())
                .collect(Collectors.joining("; "));
    }
}
