package dev.hansa.kubernetes.telemetry;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.OperatorEvent;
import dev.hansa.kubernetes.Subject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides what becomes of an event: log line, level, metric.
public final class OperatorTelemetry implements Consumer<OperatorEvent> {
    private static final Logger LOG = LoggerFactory.getLogger("hansa.operator");
    private static final int MAX_WORDS = 500;

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    public PrometheusMeterRegistry registry() {
        return registry;
    }

    public void gauges(IntSupplier queued, IntSupplier leading, IntSupplier synced) {
        Gauge.builder(MetricNames.QUEUE, queued::getAsInt).register(registry);
        Gauge.builder(MetricNames.LEADING, leading::getAsInt).register(registry);
        Gauge.builder(MetricNames.WATCHES, synced::getAsInt).register(registry);
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
            case OperatorEvent.Settled(var subject) -> work(subject, "settled");
            case OperatorEvent.Refused(var subject, var words, var again) -> {
                work(subject, "refused");
                LOG.warn("{} refused: {}; again in {}", subject, cut(words), again);
            }
            case OperatorEvent.Failed(var subject, var words, var again) -> {
                work(subject, "failed");
                LOG.info("{} not done: {}; again in {}", subject, cut(words), again);
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

    private void writes(String act) {
        registry.counter(MetricNames.WRITES, "act", act).increment();
    }

    private static String cut(String words) {
        return ForeignText.shown(words, MAX_WORDS);
    }
}
