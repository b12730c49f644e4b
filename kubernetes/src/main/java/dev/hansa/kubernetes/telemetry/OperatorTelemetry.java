package dev.hansa.kubernetes.telemetry;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.OperatorEvent;
import dev.hansa.kubernetes.Subject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Decides what becomes of an event: log line, level, metric.
public final class OperatorTelemetry implements Consumer<OperatorEvent> {
    private static final Logger LOG = LoggerFactory.getLogger("hansa.operator");
    private static final int MAX_WORDS = 500;

    /// Subjects whose last words are held: as many as wait at most; of the oldest they are said
    /// again.
    private static final int MAX_SAID = 10_000;

    private final Map<String, String> said =
            Collections.synchronizedMap(
                    new LinkedHashMap<String, String>() {
                        private static final long serialVersionUID = 1;

                        @Override
                        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
                            return size() > MAX_SAID;
                        }
                    });

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    public PrometheusMeterRegistry registry() {
        return registry;
    }

    /// @param lacking kinds that the cluster has no definition for
    public void gauges(
            IntSupplier queued, IntSupplier leading, IntSupplier synced, IntSupplier lacking) {
        Gauge.builder(MetricNames.KINDS_LACKING, lacking::getAsInt).register(registry);
        Gauge.builder(MetricNames.QUEUE, queued::getAsInt).register(registry);
        Gauge.builder(MetricNames.LEADING, leading::getAsInt).register(registry);
        Gauge.builder(MetricNames.WATCHES, synced::getAsInt).register(registry);
    }

    /// @param queued Services that wait for a look, or for a later one
    public void catalog(IntSupplier queued) {
        Gauge.builder(MetricNames.CATALOG_QUEUE, queued::getAsInt).register(registry);
    }

    @Override
    public void accept(OperatorEvent event) {
        switch (event) {
            case OperatorEvent.Started(var cluster, var namespaces) ->
                    LOG.info(
                            "operator of cluster '{}' started, namespaces: {}",
                            cluster,
                            namespaces);
            case OperatorEvent.InTheClear(var address) ->
                    LOG.warn(
                            "{}: tokens go there in the clear, for whoever is in between to read; https:// hides them",
                            address);
            case OperatorEvent.NamesakeFound(var cluster, var other, var object) ->
                    LOG.warn(
                            "cluster '{}': expected no other of its name at this server; found '{}', which has written for {} (left alone; give one of them another name by HANSA_CLUSTER)",
                            cluster,
                            ForeignText.shown(other),
                            ForeignText.shown(object));
            case OperatorEvent.LeaderGained(var identity) ->
                    LOG.info("'{}' holds the lease and writes", identity);
            case OperatorEvent.LeaderLost(var identity, var reason) ->
                    LOG.info("'{}' does not write any more: {}", identity, reason);
            case OperatorEvent.LeaseFailed(var identity, var reason) ->
                    LOG.warn(
                            "'{}' cannot ask for the lease: {} (403: the ServiceAccount may not)",
                            identity,
                            reason);
            case OperatorEvent.Written(var subject, var what) -> {
                writes("write");
                LOG.info("{}: {} written", subject, what);
            }
            case OperatorEvent.Removed(var subject, var what) -> {
                writes("remove");
                LOG.info("{}: {} removed", subject, what);
            }
            case OperatorEvent.Settled(var subject) -> {
                work(subject, "settled");
                said.remove(subject.toString());
            }
            case OperatorEvent.Refused(var subject, var words, var again) -> {
                work(subject, "refused");
                LOG.atLevel(level(subject.toString(), words, Level.WARN))
                        .log("{} refused: {}; again in {}", subject, cut(words), again);
            }
            case OperatorEvent.Failed(var subject, var words, var again) -> {
                work(subject, "failed");
                LOG.atLevel(level(subject.toString(), words, Level.INFO))
                        .log("{} not done: {}; again in {}", subject, cut(words), again);
            }
            case OperatorEvent.Abandoned(var subject, var words) -> {
                registry.counter(MetricNames.ABANDONED).increment();
                LOG.warn(
                        "{} let go, what it has written is still there and is removed when that can be: {}",
                        subject,
                        cut(words));
            }
            case OperatorEvent.OrphanRemoved(var owner, var what) -> {
                registry.counter(MetricNames.ORPHANS).increment();
                LOG.info("{} removed: {} is not there any more", what, cut(owner));
            }
            case OperatorEvent.QueueFull(var subject) -> {
                registry.counter(MetricNames.QUEUE_FULL).increment();
                LOG.warn("{} waits for the next look at everything: the queue is full", subject);
            }
            case OperatorEvent.WatchFailed(var kind, var words) -> {
                registry.counter(MetricNames.WATCH_FAILURES).increment();
                LOG.warn("{} begins anew: {}", kind, cut(words));
            }
            case OperatorEvent.KindsLacking(var kinds) when kinds.isEmpty() ->
                    LOG.info("the cluster has all kinds that are watched");
            case OperatorEvent.KindsLacking(var kinds) ->
                    LOG.warn(
                            "custom resources: expected a definition for each kind; found none for {} (the others are watched; these are, at the next look at everything after their definition is there)",
                            String.join(", ", kinds));
            case OperatorEvent.ResyncFailed(var words) -> {
                registry.counter(MetricNames.RESYNC_FAILURES).increment();
                LOG.warn("the look at everything ended early: {}", cut(words));
            }
            case OperatorEvent.CatalogWritten(var service, var registered, var removed) -> {
                catalog("register", registered);
                catalog("deregister", removed);
                LOG.info(
                        "{}: {} instances registered, {} deregistered",
                        service,
                        registered,
                        removed);
            }
            case OperatorEvent.ClusterIpsWritten(var services) ->
                    LOG.info("addresses of {} Services stand for services of the mesh", services);
            case OperatorEvent.CatalogSettled() -> catalogWork("settled");
            case OperatorEvent.CatalogRefused(var service, var words, var again) -> {
                catalogWork("refused");
                LOG.atLevel(level("service " + service, words, Level.WARN))
                        .log("service {} refused: {}; again in {}", service, cut(words), again);
            }
            case OperatorEvent.CatalogFailed(var service, var words, var again) -> {
                catalogWork("failed");
                LOG.atLevel(level("service " + service, words, Level.INFO))
                        .log("service {} not done: {}; again in {}", service, cut(words), again);
            }
            case OperatorEvent.PodProblemFound(var problem) -> {
                registry.counter(MetricNames.POD_PROBLEMS, "reason", problem.reason()).increment();
                LOG.warn("{}/{}: {}", problem.namespace(), problem.name(), cut(problem.words()));
            }
            case OperatorEvent.EventNotWritten(var pod, var code) ->
                    LOG.warn(
                            "{}: no Event could be written on it: HTTP {} (403: the ServiceAccount may not)",
                            pod,
                            code);
        }
    }

    private void work(Subject subject, String outcome) {
        registry.counter(
                        MetricNames.WORK,
                        "kind",
                        subject.toString().equals("orphans") ? "orphans" : subject.kind().plural(),
                        "outcome",
                        outcome)
                .increment();
    }

    /// What is said of a subject again and again is one line, until something else is.
    private Level level(String subject, String words, Level first) {
        return words.equals(said.put(subject, words)) ? Level.DEBUG : first;
    }

    private void catalogWork(String outcome) {
        registry.counter(MetricNames.CATALOG_WORK, "outcome", outcome).increment();
    }

    private void catalog(String act, int count) {
        registry.counter(MetricNames.CATALOG_WRITES, "act", act).increment(count);
    }

    private void writes(String act) {
        registry.counter(MetricNames.WRITES, "act", act).increment();
    }

    private static String cut(String words) {
        return ForeignText.shown(words, MAX_WORDS);
    }
}
