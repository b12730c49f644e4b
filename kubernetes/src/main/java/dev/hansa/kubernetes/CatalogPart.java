package dev.hansa.kubernetes;

import dev.hansa.kubernetes.api.CatalogApi;
import dev.hansa.kubernetes.api.HansaApi;
import dev.hansa.kubernetes.catalog.KubeService;
import dev.hansa.kubernetes.lease.Leadership;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.function.Consumer;

/// The part of an operator that keeps pods in the catalog: a queue, watches and workers of its own,
/// so that a rollout keeps no custom resource waiting.
final class CatalogPart implements AutoCloseable {
    private final WorkQueue<KubeService> queue = new WorkQueue<>(WorkQueue.MAX_SUBJECTS);
    private final Cluster cluster;
    private final Leadership leadership;
    private final Consumer<OperatorEvent> events;
    private final CatalogWatch watch;
    private final Workers<KubeService> workers;

    CatalogPart(
            OperatorConfig config,
            KubernetesClient client,
            Desk desk,
            HansaApi api,
            Leadership leadership) {
        this.cluster = desk.cluster();
        this.leadership = leadership;
        this.events = desk.events();
        this.watch =
                new CatalogWatch(
                        client,
                        config.namespaces(),
                        cluster,
                        this::changed,
                        words -> events.accept(new OperatorEvent.WatchFailed("watch", words)));
        var pods = new PodEvents(cluster, config.lease().identity(), desk.clock(), events);
        var work = new CatalogWork(desk, new CatalogApi(api), watch, pods, this::changed);
        this.workers =
                new Workers<>("catalog", queue, leadership::isLeading, work::work, reports(events));
    }

    private static Workers.Reports<KubeService> reports(Consumer<OperatorEvent> events) {
        return new Workers.Reports<>() {
            @Override
            public void settled(KubeService service) {
                events.accept(new OperatorEvent.CatalogSettled());
            }

            @Override
            public void refused(KubeService service, String words, Duration again) {
                events.accept(new OperatorEvent.CatalogRefused(service.toString(), words, again));
            }

            @Override
            public void failed(KubeService service, String words, Duration again) {
                events.accept(new OperatorEvent.CatalogFailed(service.toString(), words, again));
            }
        };
    }

    /// A Service is to be looked at. Who does not lead begins with all when he does.
    void changed(KubeService service) {
        if (leadership.isLeading() && !queue.add(service)) {
            events.accept(new OperatorEvent.QueueFull("service " + service));
        }
    }

    void everything() {
        changed(CatalogWork.SWEEP);
        cluster.services().forEach(this::changed);
        // an edit by hand is a drift
        changed(ClusterIpsWork.ENTRY);
    }

    void watch() {
        watch.start();
    }

    /// To be started, and closed before the lease is given back.
    Workers<KubeService> workers() {
        return workers;
    }

    int queued() {
        return queue.size();
    }

    int watches() {
        return watch.watches();
    }

    int synced() {
        return watch.synced();
    }

    @Override
    public void close() {
        watch.close();
    }
}
