package dev.hansa.gateway.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.gateway.telemetry.PlainDoor.Reply;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.Supplier;

/// `/health`, `/metrics` and `/connections` of a proxy, for its own operators. Reads only: there is
/// nothing here that a forged request could change.
public final class AdminServer {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final Supplier<Map<String, Object>> health;
    private final PrometheusMeterRegistry metrics;
    private final ConnectionLog connections;

    public AdminServer(
            Supplier<Map<String, Object>> health,
            PrometheusMeterRegistry metrics,
            ConnectionLog connections) {
        this.health = health;
        this.metrics = metrics;
        this.connections = connections;
    }

    /// @throws IOException naming the address when it cannot be bound
    public Channel listen(Doors doors, InetSocketAddress address, Admission admission)
            throws IOException {
        return PlainDoor.open(doors, address, admission, this::reply);
    }

    private Reply reply(String path) throws JsonProcessingException {
        return switch (path) {
            case "/health" -> {
                var state = health.get();
                yield new Reply(
                        "passing".equals(state.get("status"))
                                ? HttpResponseStatus.OK
                                : HttpResponseStatus.SERVICE_UNAVAILABLE,
                        "application/json",
                        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(state) + "\n");
            }
            case "/metrics" -> MetricsServer.scraped(metrics);
            case "/connections" -> new Reply(HttpResponseStatus.OK, "application/json", rows());
            default ->
                    Reply.plain(
                            HttpResponseStatus.NOT_FOUND,
                            "expected /health, /metrics or /connections\n");
        };
    }

    private String rows() throws JsonProcessingException {
        var rows = JsonNodeFactory.instance.arrayNode();
        for (var record : connections.newest()) {
            rows.addObject()
                    .put("began", record.began().toString())
                    .put("ms", record.millis())
                    .put("listener", record.listener())
                    .put("service", record.service())
                    .put("sni", record.name())
                    .put("purpose", record.purpose())
                    .put("peer", record.peer())
                    .put("downstream", record.downstream())
                    .put("upstream", record.upstream())
                    .put("downstreamIn", record.downstreamIn())
                    .put("downstreamOut", record.downstreamOut())
                    .put("upstreamIn", record.upstreamIn())
                    .put("upstreamOut", record.upstreamOut())
                    .put("end", record.end())
                    .put("refusal", record.refusal())
                    .put("sentence", record.sentence());
        }
        return JSON.writeValueAsString(rows) + "\n";
    }
}
