package dev.hansa.kubernetes;

import dev.hansa.bootstrap.Closer;
import dev.hansa.kubernetes.api.HansaApi;
import dev.hansa.kubernetes.lease.Leadership;
import dev.hansa.kubernetes.telemetry.AdminDoor;
import dev.hansa.kubernetes.telemetry.OperatorTelemetry;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// One replica of the operator: watches, works while it leads, and answers its probes.
public final class Operator implements AutoCloseable {
    /// A lease loop that has not turned for as long is stuck, and this process of no use.
    private static final int DEAD_AFTER_LEASES = 4;

    private final Closer closer;
    private final AdminDoor door;
    private final WorkQueue<Subject> queue;

    private Operator(Closer closer, AdminDoor door, WorkQueue<Subject> queue) {
        this.closer = closer;
        this.door = door;
        this.queue = queue;
    }

    /// As the pod or the kubeconfig says, and so that each request ends before the lease does.
    public static KubernetesClient client() {
        var config =
                new ConfigBuilder(Config.autoConfigure(null))
                        .withRequestTimeout(Math.toIntExact(Cluster.LONGEST.toMillis()))
                        .withConnectionTimeout(3_000)
                        .withRequestRetryBackoffLimit(0)
                        .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withKubernetesSerialization(KubernetesJson.serialization())
                .build();
    }

    /// @param client closed with this
    /// @throws Exception when what it needs is not there: the CA file, the admin port
    public static Operator start(OperatorConfig config, KubernetesClient client, Clock clock)
            throws Exception {
        var closer = new Closer();
        try {
            closer.add(client);
            return assemble(config, client, clock, closer);
        } catch (Exception e) {
            try (closer) {
                throw e;
            }
        }
    }

    private static Operator assemble(
            OperatorConfig config, KubernetesClient client, Clock clock, Closer closer)
            throws Exception {
        var api = closer.add(new HansaApi(config.access()));
        var queue = new WorkQueue<Subject>(WorkQueue.MAX_SUBJECTS);
        var telemetry = new OperatorTelemetry();
        Consumer<OperatorEvent> events = telemetry;
        var crews = new CopyOnWriteArrayList<Workers<?>>();
        var everything = new AtomicReference<Runnable>(() -> {});
        var leadership =
                new Leadership(
                        config.lease(),
                        client,
                        clock,
                        System::nanoTime,
                        listener(config, events, () -> everything.get().run()),
                        () -> crews.stream().allMatch(Workers::haveEnded));
        var groups = new ArrayList<>(List.of(ApiGroup.HANSA));
        if (config.consulGroup()) {
            groups.add(ApiGroup.CONSUL);
        }
        var cluster = closer.add(new Cluster(client, config.namespaces(), groups, leadership));
        var desk =
                new Desk(
                        cluster,
                        api,
                        leadership,
                        config.cluster() + "/" + Cluster.uid(client),
                        config.abandonAfter(),
                        clock,
                        events);
        var catalog =
                config.catalog()
                        ? Optional.of(
                                closer.add(new CatalogPart(config, client, desk, api, leadership)))
                        : Optional.<CatalogPart>empty();
        // who does not lead begins with everything when he does: until then nothing waits here
        Offer offer =
                (subject, afresh) -> {
                    if (leadership.isLeading()
                            && !(afresh ? queue.addAfresh(subject) : queue.add(subject))) {
                        events.accept(new OperatorEvent.QueueFull(subject.toString()));
                    }
                };
        everything.set(() -> {
            // first, for in a queue that is full the last ones would never have a turn
            offer.of(Subject.ORPHANS, false);
            cluster.known().forEach(object -> offer.of(subject(object), false));
            catalog.ifPresent(CatalogPart::everything);
        });
        telemetry.gauges(
                queue::size,
                () -> leadership.isLeading() ? 1 : 0,
                () -> cluster.synced() + catalog.map(CatalogPart::synced).orElse(0),
                () -> cluster.lacking().size());
        catalog.ifPresent(part -> telemetry.catalog(part::queued));
        cluster.watch(
                (before, now) -> changed(before, now, offer),
                (service, isLabelled) -> {
                    if (isLabelled) {
                        offer.of(Subject.EXPORTS, false);
                    }
                    catalog.ifPresent(part -> part.changed(service));
                },
                words -> events.accept(new OperatorEvent.WatchFailed("watch", words)));
        catalog.ifPresent(CatalogPart::watch);
        var lacking = new AtomicReference<>(Set.<String>of());
        Runnable tell =
                () -> {
                    var now = cluster.lacking();
                    if (!now.equals(lacking.getAndSet(now))) {
                        events.accept(new OperatorEvent.KindsLacking(now));
                    }
                };
        tell.run();
        closer.add(leadership);
        crews.add(
                closer.add(
                        new Workers<>(
                                "operator",
                                queue,
                                leadership::isLeading,
                                works(desk),
                                reports(events))));
        catalog.ifPresent(part -> crews.add(closer.add(part.workers())));
        var resync =
                closer.add(
                        new Resync(
                                config.resync(),
                                System::nanoTime,
                                () -> {
                                    cluster.look();
                                    tell.run();
                                    everything.get().run();
                                },
                                words -> events.accept(new OperatorEvent.ResyncFailed(words))));
        // an API server that is just starting answers for no kind at first
        var unanswered =
                closer.add(
                        new Resync(
                                ASK_AGAIN,
                                System::nanoTime,
                                () -> {
                                    if (cluster.hasUnanswered()) {
                                        cluster.look();
                                        tell.run();
                                    }
                                },
                                words -> events.accept(new OperatorEvent.ResyncFailed(words))));
        leadership.start();
        crews.forEach(Workers::start);
        resync.start();
        unanswered.start();
        var door =
                closer.add(
                        AdminDoor.open(
                                config.adminAddress(),
                                telemetry.registry(),
                                () -> health(cluster, catalog, leadership),
                                () ->
                                        isAlive(config, leadership)
                                                && resync.isAlive()
                                                && crews.stream().allMatch(Workers::areAlive)));
        if (config.access().isInTheClear()) {
            events.accept(new OperatorEvent.InTheClear(config.access().base().toString()));
        }
        events.accept(
                new OperatorEvent.Started(
                        config.cluster(),
                        config.namespaces().isEmpty()
                                ? "all"
                                : String.join(",", config.namespaces())));
        return new Operator(closer, door, queue);
    }

    /// After a look that was not answered for some kind: a request of some bytes for each.
    private static final Duration ASK_AGAIN = Duration.ofSeconds(3);

    private static Leadership.Listener listener(
            OperatorConfig config, Consumer<OperatorEvent> events, Runnable gained) {
        return new Leadership.Listener() {
            @Override
            public void gained() {
                events.accept(new OperatorEvent.LeaderGained(config.lease().identity()));
                gained.run();
            }

            @Override
            public void lost(String reason) {
                events.accept(new OperatorEvent.LeaderLost(config.lease().identity(), reason));
            }

            @Override
            public void failed(String reason) {
                events.accept(new OperatorEvent.LeaseFailed(config.lease().identity(), reason));
            }
        };
    }

    private static Workers.Reports<Subject> reports(Consumer<OperatorEvent> events) {
        return new Workers.Reports<>() {
            @Override
            public void settled(Subject subject) {
                events.accept(new OperatorEvent.Settled(subject));
            }

            @Override
            public void refused(Subject subject, String words, Duration again) {
                events.accept(new OperatorEvent.Refused(subject, words, again));
            }

            @Override
            public void failed(Subject subject, String words, Duration again) {
                events.accept(new OperatorEvent.Failed(subject, words, again));
            }
        };
    }

    private static Workers.Work<Subject> works(Desk desk) {
        var entries = new EntryWork(desk);
        var exports = new ExportsWork(desk);
        var acceptors = new AcceptorWork(desk);
        var dialers = new DialerWork(desk);
        var orphans = new Orphans(desk);
        return subject ->
                subject.equals(Subject.ORPHANS)
                        ? orphans.work()
                        : switch (subject.kind()) {
                            case EXPORTED_SERVICES -> exports.work();
                            case PEERING_ACCEPTOR -> acceptors.work(subject);
                            case PEERING_DIALER -> dialers.work(subject);
                            case MESH,
                                    SERVICE_RESOLVER,
                                    SERVICE_INTENTIONS,
                                    SERVICE_DEFAULTS,
                                    PROXY_DEFAULTS,
                                    SERVICE_ROUTER,
                                    SERVICE_SPLITTER,
                                    SAMENESS_GROUP ->
                                    entries.work(subject);
                        };
    }

    private static Subject subject(Custom object) {
        return object.subject().kind() == ResourceKind.EXPORTED_SERVICES
                ? Subject.EXPORTS
                : object.subject();
    }

    /// Puts a subject into the queue.
    @FunctionalInterface
    private interface Offer {
        /// @param afresh whatever it was waiting for
        void of(Subject subject, boolean afresh);
    }

    /// A status that is written is no reason to look; what a user writes is one to look at once.
    private static void changed(Optional<Custom> before, Custom now, Offer offer) {
        var isNews =
                before.isEmpty()
                        || before.get().generation() != now.generation()
                        || before.get().isDeleted() != now.isDeleted()
                        || !before.get().spec().equals(now.spec())
                        || !Objects.equals(
                                before.get().resource().getMetadata().getAnnotations(),
                                now.resource().getMetadata().getAnnotations());
        if (isNews) {
            offer.of(subject(now), true);
        }
    }

    private static Map<String, Object> health(
            Cluster cluster, Optional<CatalogPart> catalog, Leadership leadership) {
        var watches = cluster.watches() + catalog.map(CatalogPart::watches).orElse(0);
        var synced = cluster.synced() + catalog.map(CatalogPart::synced).orElse(0);
        var health = new LinkedHashMap<String, Object>();
        var works = synced == watches && !cluster.lacksOwnKinds();
        health.put("status", works ? "passing" : "critical");
        health.put("leading", leadership.isLeading());
        health.put("watches", watches);
        health.put("watchesSynced", synced);
        health.put("lacking", cluster.lacking());
        health.put("lost", cluster.lost());
        return health;
    }

    private static boolean isAlive(OperatorConfig config, Leadership leadership) {
        Duration limit = config.lease().duration().multipliedBy(DEAD_AFTER_LEASES);
        return leadership.sinceLastRound().compareTo(limit) < 0;
    }

    /// Of the admin port, for tests that asked for any.
    int adminPort() {
        return door.port();
    }

    int queued() {
        return queue.size();
    }

    @Override
    public void close() throws Exception {
        closer.close();
    }
}
