package dev.hansa.kubernetes.telemetry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hansa.bootstrap.HttpDoor;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// `/health`, `/live` and `/metrics` of an operator or injector: a kubelet and a Prometheus ask.
/// Reads only.
public final class AdminDoor implements AutoCloseable {
    /// Two ask, now and then; whoever comes beyond that is closed.
    private static final int THREADS = 2;

    private static final int WAITING = 16;

    private static final int CONNECTIONS = 64;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpDoor door;

    private AdminDoor(HttpDoor door) {
        this.door = door;
    }

    /// For each server of the JDK in this process, before the first one is made.
    public static void limit() {
        HttpDoor.limit(CONNECTIONS);
    }

    /// @throws IOException naming the address when it cannot be bound
    public static AdminDoor open(
            InetSocketAddress address,
            PrometheusMeterRegistry metrics,
            Supplier<Map<String, Object>> health,
            BooleanSupplier isAlive)
            throws IOException {
        limit();
        return new AdminDoor(
                HttpDoor.open(
                        HttpDoor.bind("admin.address", address, WAITING, HttpServer::create),
                        "admin-",
                        THREADS,
                        WAITING,
                        0,
                        exchange -> answer(exchange, metrics, health, isAlive)));
    }

    private static void answer(
            HttpExchange exchange,
            PrometheusMeterRegistry metrics,
            Supplier<Map<String, Object>> health,
            BooleanSupplier isAlive)
            throws IOException {
        if (!exchange.getRequestMethod().equals("GET")) {
            send(exchange, 405, "text/plain", "expected GET; found another method\n");
            return;
        }
        switch (exchange.getRequestURI().getPath()) {
            case "/health" -> {
                var state = health.get();
                send(
                        exchange,
                        "passing".equals(state.get("status")) ? 200 : 503,
                        "application/json",
                        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(state) + "\n");
            }
            case "/live" -> {
                var alive = isAlive.getAsBoolean();
                send(exchange, alive ? 200 : 503, "text/plain", alive ? "alive\n" : "stuck\n");
            }
            case "/metrics" ->
                    send(
                            exchange,
                            200,
                            "text/plain; version=0.0.4; charset=utf-8",
                            metrics.scrape());
            default -> send(exchange, 404, "text/plain", "expected /health, /live or /metrics\n");
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String body)
            throws IOException {
        HttpDoor.send(exchange, status, type, body.getBytes(StandardCharsets.UTF_8));
    }

    public int port() {
        return door.port();
    }

    @Override
    public void close() {
        door.close();
    }
}
