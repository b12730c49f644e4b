package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class AdminRouterTest {
    @Test
    void healthReadinessAndMetricsAreServed() throws Exception {
        var metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        metrics.counter("hansa.peering.nacks").increment();
        var problem = new AtomicReference<Optional<String>>(Optional.of("no leader is heard"));
        var vertx = Vertx.vertx();
        try (var client = HttpClient.newHttpClient()) {
            var port =
                    vertx.createHttpServer()
                            .requestHandler(
                                    new AdminRouter(
                                                    () ->
                                                            JsonNodeFactory.instance
                                                                    .objectNode()
                                                                    .put("status", "up"),
                                                    problem::get,
                                                    metrics)
                                            .router(vertx))
                            .listen(0, "127.0.0.1")
                            .toCompletionStage()
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS)
                            .actualPort();

            assertThat(get(client, port, "/health")).isEqualTo("{\"status\":\"up\"}");
            assertThat(answer(client, port, "/ready").statusCode()).isEqualTo(503);
            assertThat(get(client, port, "/ready")).isEqualTo("no leader is heard\n");
            problem.set(Optional.empty());
            assertThat(answer(client, port, "/ready").statusCode()).isEqualTo(200);
            assertThat(get(client, port, "/metrics")).contains("hansa_peering_nacks_total 1.0");
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    private static String get(HttpClient client, int port, String path) throws Exception {
        return answer(client, port, path).body();
    }

    private static HttpResponse<String> answer(HttpClient client, int port, String path)
            throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
