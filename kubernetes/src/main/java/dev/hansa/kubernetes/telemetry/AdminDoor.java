package dev.hansa.kubernetes.telemetry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// `/health`, `/live` and `/metrics` of an operator or injector: a kubelet and a Prometheus ask.
/// Reads only.
public final class AdminDoor implements AutoCloseable {
    /// Two ask, now and then; whoever comes beyond that is closed.
    private static final int THREADS = 2;

    private static final int WAITING = 16;

    /// Seconds for a request to come in and for an answer to go out; read by the JDK's server when
    /// its class is loaded.
    private static final Map<String, String> LIMITS =
            Map.of(
                    "sun.net.httpserver.maxReqTime", "10",
                    "sun.net.httpserver.maxRspTime", "10",
                    "jdk.httpserver.maxConnections", "64");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ThreadPoolExecutor threads;

    private AdminDoor(HttpServer server, ThreadPoolExecutor threads) {
        this.server = server;
        this.threads = threads;
    }

    /// For each server of the JDK in this process, before the first one is made.
    public static void limit() {
        LIMITS.forEach(System::setProperty);
    }

    /// @throws IOException naming the address when it cannot be bound
    public static AdminDoor open(
            InetSocketAddress address,
            PrometheusMeterRegistry metrics,
            Supplier<Map<String, Object>> health,
            BooleanSupplier isAlive)
            throws IOException {
        limit();
        HttpServer server;
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(address.getHostString(), address.getPort()),
                            WAITING);
        } catch (IOException e) {
            throw new IOException(
                    "admin.address: expected to be free; found '"
                            + address
                            + ": "
                            + e.getMessage()
                            + "'",
                    e);
        }
        var threads =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        1,
                        TimeUnit.MINUTES,
                        new ArrayBlockingQueue<>(WAITING),
                        Thread.ofPlatform().daemon().name("admin-", 0).factory());
        server.setExecutor(threads);
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        answer(exchange, metrics, health, isAlive);
                    }
                });
        server.start();
        return new AdminDoor(server, threads);
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
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
