package dev.hansa.kubernetes.telemetry;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.inject.InjectorEvent;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides what becomes of an injector's event: log line, level, metric.
public final class InjectorTelemetry implements Consumer<InjectorEvent> {
    private static final Logger LOG = LoggerFactory.getLogger("hansa.injector");
    private static final int MAX_WORDS = 500;

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    public PrometheusMeterRegistry registry() {
        return registry;
    }

    /// @param end of the certificate, in seconds since 1970; 0 while there is none
    public void gauges(IntSupplier leading, LongSupplier end) {
        Gauge.builder(MetricNames.INJECTOR_LEADING, leading::getAsInt).register(registry);
        Gauge.builder(MetricNames.INJECTOR_CERTIFICATE_END, end::getAsLong).register(registry);
    }

    @Override
    public void accept(InjectorEvent event) {
        switch (event) {
            case InjectorEvent.Started(var address, var rules) ->
                    LOG.info("injector listens on {}: {}", address, rules);
            case InjectorEvent.Injected(var pod, var service) -> {
                review("injected");
                LOG.info("pod '{}' gets the sidecar of service '{}'", pod, service);
            }
            case InjectorEvent.LeftAlone(var pod, var why) -> {
                review("left-alone");
                LOG.debug("pod '{}' left alone: {}", pod, why);
            }
            case InjectorEvent.Refused(var pod, var reason, var sentence) -> {
                review("refused");
                LOG.warn("pod '{}' refused: {}: {}", pod, reason.word(), cut(sentence));
            }
            case InjectorEvent.ReviewFailed(var words) -> {
                review("failed");
                LOG.warn("a request was not answered: {}", cut(words));
            }
            case InjectorEvent.LeaderGained(var identity) ->
                    LOG.info("'{}' holds the lease and writes", identity);
            case InjectorEvent.LeaderLost(var identity, var reason) ->
                    LOG.info("'{}' does not write any more: {}", identity, reason);
            case InjectorEvent.LeaseFailed(var identity, var reason) ->
                    LOG.warn(
                            "'{}' cannot ask for the lease: {} (403: the ServiceAccount may not)",
                            identity,
                            reason);
            case InjectorEvent.CertificateTaken(var end) ->
                    LOG.info("the webhook's certificate is good until {}", end);
            case InjectorEvent.Written(var what) -> LOG.info("{} written", what);
            case InjectorEvent.UpkeepFailed(var words) -> {
                registry.counter(MetricNames.INJECTOR_UPKEEP_FAILURES).increment();
                LOG.warn("not done, and tried again: {}", cut(words));
            }
            case InjectorEvent.PodReported(var pod, var reason) -> {
                registry.counter(MetricNames.INJECTOR_PODS_REPORTED, "reason", reason).increment();
                LOG.warn("pod '{}' does not come into the mesh: {}", pod, reason);
            }
        }
    }

    private void review(String outcome) {
        registry.counter(MetricNames.INJECTOR_REVIEWS, "outcome", outcome).increment();
    }

    private static String cut(String words) {
        return ForeignText.shown(words, MAX_WORDS);
    }
}
