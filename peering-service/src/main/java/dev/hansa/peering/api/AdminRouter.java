package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.util.Optional;
import java.util.function.Supplier;

/// What those who run the server look at: its health, whether it can be counted on, and its
/// metrics.
public final class AdminRouter {
    private static final int UNAVAILABLE = 503;

    private final Supplier<JsonNode> health;
    private final Supplier<Optional<String>> unready;
    private final PrometheusMeterRegistry metrics;

    /// @param health must not block
    /// @param unready why whoever replaces servers one by one has to wait for this one; must not
    ///   block
    public AdminRouter(
            Supplier<JsonNode> health,
            Supplier<Optional<String>> unready,
            PrometheusMeterRegistry metrics) {
        this.health = health;
        this.unready = unready;
        this.metrics = metrics;
    }

    public Router router(Vertx vertx) {
        var router = Router.router(vertx);
        router.get("/health")
                .handler(call ->
                        call.response()
                                .putHeader("Content-Type", "application/json")
                                .end(health.get().toString()));
        router.get("/ready")
                .handler(call -> {
                    var problem = unready.get();
                    call.response()
                            .setStatusCode(problem.isEmpty() ? 200 : UNAVAILABLE)
                            .putHeader("Content-Type", "text/plain; charset=utf-8")
                            .end(problem.orElse("ready") + "\n");
                });
        router.get("/metrics")
                .handler(call ->
                        call.response()
                                .putHeader(
                                        "Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                                .end(metrics.scrape()));
        return router;
    }
}
