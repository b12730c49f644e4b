package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.Control.Order;
import dev.hansa.failover.Observation;
import dev.hansa.failover.Route;
import dev.hansa.failover.Traffic;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Watches drills: when the last sidecar had taken the routes over, and the routes back. A drill
/// itself is a control like any other; it ends without anybody here.
public final class Drills implements AutoCloseable {
    /// A drill is rare, and its report is read at once.
    private static final int REMEMBERED = 32;

    /// A sidecar that has not said by then what it routes by is stuck, and the report says so.
    private static final Duration TAKEN = Duration.ofMinutes(1);

    /// Sidecars say what they have seen once a second: what a drill's end has changed is told by
    /// then.
    private static final Duration TOLD = Duration.ofMillis(1500);

    /// What is still called after.
    private static final Duration AFTER = Duration.ofSeconds(5);

    /// Only to notice a defect.
    private static final Duration IDLE = Duration.ofHours(1);

    private final Store store;
    private final RoutePublisher publisher;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;
    private final Set<Thread> watching = ConcurrentHashMap.newKeySet();
    private final Map<Long, DrillReport> reports =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Long, DrillReport> eldest) {
                    return size() > REMEMBERED;
                }
            };

    /// Also watches those that began under another leader.
    public Drills(
            Store store, RoutePublisher publisher, Clock clock, Consumer<PeeringEvent> events) {
        this.store = store;
        this.publisher = publisher;
        this.clock = clock;
        this.events = events;
        store.now().controls().values().stream()
                .flatMap(record -> record.control().stream())
                .forEach(control -> watch(control, OptionalLong.empty()));
    }

    /// @param began `System.nanoTime` before it was ordered; empty: another server led then
    void watch(Control control, OptionalLong began) {
        if (control.order() instanceof Order.Drill(var service, _)) {
            var seen = seen(service);
            synchronized (reports) {
                reports.put(
                        control.id(), DrillReport.begun(control, Traffic.between(Map.of(), seen)));
            }
            var thread =
                    Thread.ofVirtual()
                            .name("drill-" + control.id())
                            .unstarted(() -> run(control, service, seen, began));
            watching.add(thread);
            thread.start();
        }
    }

    Optional<DrillReport> report(long id) {
        synchronized (reports) {
            return Optional.ofNullable(reports.get(id));
        }
    }

    private void note(long id, UnaryOperator<DrillReport> change) {
        synchronized (reports) {
            reports.computeIfPresent(id, (_, report) -> change.apply(report));
        }
    }

    /// By sidecar.
    private Map<String, Observation> seen(ServiceName service) {
        return publisher.seen(new UpstreamName(service, Optional.empty())).stream()
                .collect(
                        Collectors.toMap(
                                RoutePublisher.Seen::sidecar,
                                RoutePublisher.Seen::observation,
                                // an old stream and the new one of the same sidecar
                                (_, newer) -> newer));
    }

    private void run(
            Control control,
            ServiceName service,
            Map<String, Observation> first,
            OptionalLong began) {
        var id = control.id();
        var upstream = new UpstreamName(service, Optional.empty());
        try {
            // one that is cleared before all have taken it is never over
            var taken =
                    publisher.awaitRoutes(
                            upstream, route -> isOut(route, control) || isOver(id), TAKEN);
            if (taken.isPresent() && !isOver(id)) {
                note(id, report -> report.over(taken.getAsInt(), since(began)));
            }
            while (!isOver(id)) {
                store.state().await(now -> !now.controls().containsKey(id), IDLE);
            }
            var ended = System.nanoTime();
            note(id, report -> report.ended(Instant.now(clock)));
            if (publisher
                    .awaitRoutes(upstream, route -> !isOut(route, control), TAKEN)
                    .isPresent()) {
                note(id, report -> report.back(Duration.ofNanos(System.nanoTime() - ended)));
            }
            Thread.sleep(TOLD);
            var then = seen(service);
            Thread.sleep(AFTER);
            var last = seen(service);
            note(
                    id,
                    report ->
                            report.finished(
                                    Traffic.between(first, then), Traffic.between(then, last)));
            report(id).ifPresent(report -> events.accept(new PeeringEvent.DrillEnded(report)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watching.remove(Thread.currentThread());
        }
    }

    private static Optional<Duration> since(OptionalLong began) {
        return began.isPresent()
                ? Optional.of(Duration.ofNanos(System.nanoTime() - began.getAsLong()))
                : Optional.empty();
    }

    private boolean isOver(long id) {
        return !store.now().controls().containsKey(id);
    }

    private static boolean isOut(Route route, Control control) {
        return route.targets().stream()
                .anyMatch(target -> target.health().evidence().contains(control.evidence()));
    }

    @Override
    public void close() throws InterruptedException {
        for (var thread : watching) {
            thread.interrupt();
            thread.join();
        }
    }
}
