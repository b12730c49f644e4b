package dev.hansa.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.hansa.gateway.GatewayEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class GatewayTelemetryTest {
    private static final List<Logger> LOGGERS =
            Stream.of("hansa.access", "hansa.proxy")
                    .map(name -> (Logger) LoggerFactory.getLogger(name))
                    .toList();

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final ConnectionLog connections = new ConnectionLog();
    private final AtomicLong nanos = new AtomicLong();
    private final GatewayTelemetry telemetry =
            new GatewayTelemetry(metrics, connections, Clock.systemUTC(), nanos::get);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        for (var logger : LOGGERS) {
            logger.setLevel(Level.INFO);
            logger.setAdditive(false);
            logger.addAppender(lines);
        }
    }

    @AfterEach
    void listenNoMore() {
        for (var logger : LOGGERS) {
            logger.detachAppender(lines);
            logger.setAdditive(true);
            logger.setLevel(null);
        }
    }

    @Test
    void garbageOfStrangersIsTenLinesASecondAndSaysHowManyWereLeftOut() {
        for (var i = 0; i < 1000; i++) {
            ended("gateway", 16, "not_tls", "no name could be read: not_tls");
        }
        assertThat(lines.list).hasSize(GatewayTelemetry.LINES);
        assertThat(count(MetricNames.REFUSED)).isEqualTo(1000);

        ended("gateway", 16, "hello_timeout", "no name could be read: hello_timeout");
        assertThat(lines.list).hasSize(GatewayTelemetry.LINES + 1);
        nanos.addAndGet(1_000_000_000);
        ended("gateway", 16, "not_tls", "no name could be read: not_tls");

        assertThat(lines.list.getLast().getFormattedMessage())
                .endsWith("; 990 more like it were left out before");
    }

    @Test
    void connectionThatWasCarriedIsALineAlways() {
        for (var i = 0; i < 100; i++) {
            ended("gateway", 16, "", "");
        }
        assertThat(lines.list).hasSize(100);
    }

    @Test
    void attemptsThatFailAreTenLinesASecondOfEachUpstream() {
        for (var i = 0; i < 100; i++) {
            telemetry.accept(attempt("stock"));
        }
        telemetry.accept(attempt("billing"));

        assertThat(lines.list).hasSize(GatewayTelemetry.LINES + 1);
        assertThat(count(MetricNames.UPSTREAM_ATTEMPTS_FAILED)).isEqualTo(101);
    }

    private static GatewayEvent attempt(String upstream) {
        return new GatewayEvent.AttemptFailed("web", upstream, upstream, "it is not there");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "inbound"})
    void connectionClosedBeforeItsFirstByteIsAProbeAndNoRefusal(String listener) {
        ended(listener, 0);

        assertThat(count(MetricNames.PROBES)).isEqualTo(1);
        assertThat(count(MetricNames.REFUSED)).isZero();
        assertThat(metrics.get(MetricNames.OPEN).gauge().value()).isZero();
        assertThat(connections.newest()).isEmpty();
    }

    @Test
    void connectionClosedAfterItIsARefusal() {
        ended("gateway", 1);

        assertThat(count(MetricNames.PROBES)).isZero();
        assertThat(count(MetricNames.REFUSED)).isEqualTo(1);
        assertThat(connections.newest()).hasSize(1);
    }

    /// The own application waits there for the other end to speak first.
    @Test
    void applicationThatLeavesItsUpstreamProbesNothing() {
        ended("upstream", 0);

        assertThat(count(MetricNames.PROBES)).isZero();
        assertThat(count(MetricNames.REFUSED)).isEqualTo(1);
    }

    private double count(String name) {
        return metrics.find(name).counters().stream().mapToDouble(one -> one.count()).sum();
    }

    private void ended(String listener, long bytes) {
        ended(listener, bytes, "closed_early", "no name could be read: closed_early");
    }

    private void ended(String listener, long bytes, String refusal, String sentence) {
        telemetry.accept(new GatewayEvent.ConnectionOpened(listener));
        telemetry.accept(
                new GatewayEvent.ConnectionEnded(
                        ConnectionLogTest.record(3, listener, bytes, refusal, sentence)));
    }
}
