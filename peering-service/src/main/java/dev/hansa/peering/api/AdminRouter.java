package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.util.function.Supplier;

/// What those who run the server look at: its health and its metrics.
public final class AdminRouter {
    private final Supplier<JsonNode> health;
    private final PrometheusMeterRegistry metrics;

    /// @param health must not block
    public AdminRouter(Supplier<JsonNode> health, PrometheusMeterRegistry metrics) {
        this.health = health;
        this.metrics = metrics;
    }

    public Router router(Vertx vertx) {
        var router = Router.router(vertx);
        router.get("/health")
                .handler(call ->
                        call.response()
                                .putHeader("Content-Type", "application/json")
                                .end(health.get().toString()));
        router.get("/metrics")
                .handler(call ->
                        call.response()
                                .putHeader(
                                        "Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                                .end(metrics.scrape()));
        return router;
    }
}
