package dev.hansa.gateway.telemetry;

import dev.hansa.gateway.telemetry.PlainDoor.Reply;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.net.InetSocketAddress;

/// `/metrics` of a sidecar and nothing else, for a Prometheus, which asks from outside of the pod.
/// Names of services and peers are in them, no address of a caller and no secret; connections and
/// health stay with the admin port on loopback.
public final class MetricsServer {
    private final PrometheusMeterRegistry metrics;

    public MetricsServer(PrometheusMeterRegistry metrics) {
        this.metrics = metrics;
    }

    /// The answer to a scrape, at either port.
    static Reply scraped(PrometheusMeterRegistry metrics) {
        return new Reply(
                HttpResponseStatus.OK,
                "text/plain; version=0.0.4; charset=utf-8",
                metrics.scrape());
    }

    /// @throws IOException naming the address when it cannot be bound
    public void listen(Doors doors, InetSocketAddress address, Admission admission)
            throws IOException {
        PlainDoor.open(
                doors,
                address,
                admission,
                path ->
                        path.equals("/metrics")
                                ? scraped(metrics)
                                : Reply.plain(HttpResponseStatus.NOT_FOUND, "expected /metrics\n"));
    }
}
