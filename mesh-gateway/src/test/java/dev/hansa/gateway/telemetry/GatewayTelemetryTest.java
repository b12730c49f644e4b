package dev.hansa.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.gateway.GatewayEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatewayTelemetryTest {
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final ConnectionLog connections = new ConnectionLog();
    private final GatewayTelemetry telemetry =
            new GatewayTelemetry(metrics, connections, Clock.systemUTC());

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
        telemetry.accept(new GatewayEvent.ConnectionOpened(listener));
        telemetry.accept(
                new GatewayEvent.ConnectionEnded(
                        new ConnectionRecord(
                                Instant.EPOCH,
                                3,
                                listener,
                                "",
                                "",
                                "",
                                "",
                                "192.0.2.1:40000",
                                "",
                                bytes,
                                0,
                                0,
                                0,
                                "",
                                "closed_early",
                                "no name could be read: closed_early")));
    }
}
