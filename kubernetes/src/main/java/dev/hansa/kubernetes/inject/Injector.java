package dev.hansa.kubernetes.inject;

import dev.hansa.bootstrap.Closer;
import dev.hansa.kubernetes.lease.Leadership;
import dev.hansa.kubernetes.telemetry.AdminDoor;
import dev.hansa.kubernetes.telemetry.InjectorTelemetry;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// One replica of the injector: answers the API server, keeps the webhook's certificates while it
/// leads, and answers its probes. It asks no server of hansa: pods do, when they start.
final class Injector implements AutoCloseable {
    /// A loop that has not turned for as long is stuck, and this process of no use.
    private static final Duration DEAD = Duration.ofMinutes(5);

    private final Closer closer;
    private final WebhookDoor door;
    private final AdminDoor admin;

    private Injector(Closer closer, WebhookDoor door, AdminDoor admin) {
        this.closer = closer;
        this.door = door;
        this.admin = admin;
    }

    /// @param client closed with this
    /// @throws Exception when a port cannot be bound, naming it
    static Injector start(
            InjectorConfig config,
            KubernetesClient client,
            WebhookMaterial.Lives lives,
            Clock clock)
            throws Exception {
        var closer = new Closer();
        try {
            closer.add(client);
            return assemble(config, client, lives, clock, closer);
        } catch (Exception e) {
            try (closer) {
                throw e;
            }
        }
    }

    private static Injector assemble(
            InjectorConfig config,
            KubernetesClient client,
            WebhookMaterial.Lives lives,
            Clock clock,
            Closer closer)
            throws Exception {
        var telemetry = new InjectorTelemetry();
        Consumer<InjectorEvent> events = telemetry;
        var shown = new ShownCertificate();
        var leadership =
                closer.add(
                        new Leadership(
                                config.lease(),
                                client,
                                clock,
                                System::nanoTime,
                                listener(config, events),
                                () -> true));
        var upkeep =
                new Upkeep(
                        client,
                        leadership,
                        config.names(),
                        config.rules(),
                        lives,
                        shown,
                        clock,
                        events);
        telemetry.gauges(
                () -> leadership.isLeading() ? 1 : 0,
                () -> shown.isThere() ? upkeep.end().getEpochSecond() : 0);
        var reviews = reviews(config, events);
        var stuck = closer.add(new StuckPods(client, leadership::isLeading, clock, events));
        var door = closer.add(WebhookDoor.open(config.listen(), shown, reviews, events));
        leadership.start();
        stuck.watch();
        var lastRound = new AtomicLong(System.nanoTime());
        var timer =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("upkeep").factory());
        closer.add(() -> {
            // a write that is cut off may have been done or not
            timer.shutdown();
            timer.awaitTermination(Upkeep.LONGEST.toSeconds(), TimeUnit.SECONDS);
            timer.shutdownNow();
        });
        // until there is a certificate nobody is answered: the first looks follow each other
        timer.scheduleWithFixedDelay(
                () -> {
                    var since = Duration.ofNanos(System.nanoTime() - lastRound.get());
                    if (!upkeep.isReady() || since.compareTo(config.refresh()) >= 0) {
                        upkeep.round();
                        lastRound.set(System.nanoTime());
                    }
                },
                0,
                Math.min(1_000, config.refresh().toMillis()),
                TimeUnit.MILLISECONDS);
        var admin =
                closer.add(
                        AdminDoor.open(
                                config.adminAddress(),
                                telemetry.registry(),
                                () -> health(upkeep, leadership, shown),
                                () ->
                                        Duration.ofNanos(System.nanoTime() - lastRound.get())
                                                        .compareTo(DEAD)
                                                < 0));
        events.accept(
                new InjectorEvent.Started(config.listen().toString(), config.rules().toString()));
        return new Injector(closer, door, admin);
    }

    static Reviews reviews(InjectorConfig config, Consumer<InjectorEvent> events) {
        var pods = new CurrentSettings(config.pods(), config.caFile(), events);
        return new Reviews(() -> new Injection(config.rules(), pods.get()), events);
    }

    private static Map<String, Object> health(
            Upkeep upkeep, Leadership leadership, ShownCertificate shown) {
        var health = new LinkedHashMap<String, Object>();
        health.put("status", upkeep.isReady() ? "passing" : "critical");
        health.put("leading", leadership.isLeading());
        if (shown.isThere()) {
            health.put("certificateExpires", upkeep.end().toString());
        }
        return health;
    }

    private static Leadership.Listener listener(
            InjectorConfig config, Consumer<InjectorEvent> events) {
        var identity = config.lease().identity();
        return new Leadership.Listener() {
            @Override
            public void gained() {
                events.accept(new InjectorEvent.LeaderGained(identity));
            }

            @Override
            public void lost(String reason) {
                events.accept(new InjectorEvent.LeaderLost(identity, reason));
            }

            @Override
            public void failed(String reason) {
                events.accept(new InjectorEvent.LeaseFailed(identity, reason));
            }
        };
    }

    int port() {
        return door.port();
    }

    int adminPort() {
        return admin.port();
    }

    @Override
    public void close() throws Exception {
        closer.close();
    }
}
