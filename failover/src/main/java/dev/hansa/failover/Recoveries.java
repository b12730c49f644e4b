package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which targets are down and which came back lately, for services whose callers are to wait before
/// they go back. Each is made from the one before and the time; nothing else is remembered, so a
/// server that begins to lead holds nothing down.
///
/// @param byService targets that are not simply well, by label
public record Recoveries(Map<ServiceName, Map<String, State>> byService) {
    public static final Recoveries NONE = new Recoveries(Map.of());

    public Recoveries {
        byService = Map.copyOf(byService);
    }

    /// How a target that is not simply well is.
    public sealed interface State {
        record Down() implements State {}

        /// @param since when it was first seen healthy again
        /// @param until when callers go back
        record Back(Instant since, Instant until) implements State {}
    }

    /// After the targets of a service were judged.
    ///
    /// @param holdDown how long to wait; 0 forgets the service
    public Recoveries next(
            ServiceName service, List<Target> targets, Duration holdDown, Instant now) {
        var before = byService.getOrDefault(service, Map.of());
        var states = new HashMap<String, State>();
        for (var target : holdDown.isZero() ? List.<Target>of() : targets) {
            var state = next(before.get(target.label()), target, holdDown, now);
            state.ifPresent(is -> states.put(target.label(), is));
        }
        var all = new HashMap<>(byService);
        if (states.isEmpty()) {
            all.remove(service);
        } else {
            all.put(service, Map.copyOf(states));
        }
        return new Recoveries(all);
    }

    private static Optional<State> next(
            @Nullable State before, Target target, Duration holdDown, Instant now) {
        if (!target.health().healthy()) {
            return Optional.of(new State.Down());
        }
        return switch (before) {
            case null -> Optional.empty();
            case State.Down _ -> Optional.of(new State.Back(now, now.plus(holdDown)));
            case State.Back(var since, _) -> {
                // a clock that was set back must not make the wait longer
                var from = since.isAfter(now) ? now : since;
                var until = from.plus(holdDown);
                yield until.isAfter(now)
                        ? Optional.of(new State.Back(from, until))
                        : Optional.empty();
            }
        };
    }

    /// Only these services.
    public Recoveries of(Set<ServiceName> services) {
        var kept = new HashMap<>(byService);
        kept.keySet().retainAll(services);
        return new Recoveries(kept);
    }

    /// Why callers do not go back to a target yet.
    Optional<String> held(ServiceName service, String label) {
        return byService.getOrDefault(service, Map.of()).get(label)
                        instanceof State.Back(var since, var until)
                ? Optional.of("healthy again since " + since + ", and held down until " + until)
                : Optional.empty();
    }

    /// When the next one is let go.
    public Optional<Instant> due() {
        return byService.values().stream()
                .flatMap(states -> states.values().stream())
                .flatMap(state ->
                        state instanceof State.Back(_, var until)
                                ? Optional.of(until).stream()
                                : Optional.<Instant>empty().stream())
                .min(Comparator.naturalOrder());
    }
}
