package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.LiveCatalog;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Which connected proxy vouches for what. When its stream ends its instances turn critical at once
/// and are forgotten later, so that a refusal can still say what is missing and a proxy that comes
/// back is not a new one.
public final class ProxyRegistrations implements AutoCloseable {
    /// Long enough for an operator to see what died, and for a slow restart; short enough that
    /// names do not pile up.
    static final Duration FORGET_AFTER = Duration.ofMinutes(1);

    /// After a start of this server, or of its leading: proxies try each server within 5 s at the
    /// latest (their back-off), and there may be an election in between, on machines that are busy
    /// because much has just died. To believe for too long costs a caller one attempt at an
    /// instance that is gone; to doubt too early takes away those that live.
    public static final Duration RECONNECT_WITHIN = Duration.ofSeconds(30);

    private final LiveCatalog catalog;
    private final ScheduledExecutorService timer;
    private final Consumer<PeeringEvent> events;
    private final Map<String, Object> holders = new HashMap<>();
    private final Map<String, ScheduledFuture<?>> farewells = new HashMap<>();
    private boolean closed;

    public ProxyRegistrations(
            LiveCatalog catalog, ScheduledExecutorService timer, Consumer<PeeringEvent> events) {
        this.catalog = catalog;
        this.timer = timer;
        this.events = events;
    }

    /// Instances that an earlier life of this server knew: believed as they were until their
    /// proxies had time to come back.
    public synchronized void remembered(Map<String, List<ServiceInstance>> byOwner) {
        byOwner.forEach((owner, instances) -> {
            if (!holders.containsKey(owner)) {
                catalog.publish(owner, instances);
                later(owner, RECONNECT_WITHIN, () -> missed(owner));
            }
        });
    }

    /// The task may have begun when the proxy came back at the last moment.
    private synchronized void missed(String owner) {
        if (!holders.containsKey(owner)) {
            lost(owner, "its proxy has not come back since this server began to lead");
        }
    }

    /// `holder` now vouches for `owner`; an earlier holder's end no longer counts.
    synchronized void publish(String owner, Object holder, List<ServiceInstance> instances) {
        if (closed) {
            return;
        }
        cancel(owner);
        holders.put(owner, holder);
        report(catalog.ownedBy(owner), instances);
        catalog.publish(owner, instances);
    }

    synchronized void ended(String owner, Object holder, String reason) {
        if (!closed && holders.remove(owner, holder)) {
            lost(owner, reason);
        }
    }

    private synchronized void lost(String owner, String reason) {
        if (closed) {
            return;
        }
        var before = catalog.ownedBy(owner);
        var after = ProxyInstances.disconnected(before, reason);
        report(before, after);
        catalog.publish(owner, after);
        later(owner, FORGET_AFTER, () -> forget(owner));
    }

    private synchronized void forget(String owner) {
        if (!closed && !holders.containsKey(owner)) {
            farewells.remove(owner);
            catalog.publish(owner, List.of());
        }
    }

    private void later(String owner, Duration delay, Runnable task) {
        cancel(owner);
        farewells.put(owner, timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS));
    }

    private void cancel(String owner) {
        var farewell = farewells.remove(owner);
        if (farewell != null) {
            farewell.cancel(false);
        }
    }

    private void report(List<ServiceInstance> before, List<ServiceInstance> after) {
        var known = new HashMap<String, ServiceInstance>();
        before.forEach(instance -> known.put(instance.id(), instance));
        for (var instance : after) {
            var old = known.get(instance.id());
            if (old == null || old.status() != instance.status()) {
                var output =
                        instance.checks().stream()
                                .filter(check -> check.status() == instance.status())
                                .map(check -> check.output())
                                .findFirst()
                                .orElse("");
                events.accept(
                        new PeeringEvent.HealthChanged(
                                instance.node().name(),
                                instance.name(),
                                instance.id(),
                                instance.status().word(),
                                output));
            }
        }
    }

    /// Another server leads: what the proxies vouched for stays as it is, for that server to say.
    @Override
    public synchronized void close() {
        closed = true;
        farewells.values().forEach(farewell -> farewell.cancel(false));
        farewells.clear();
    }
}
