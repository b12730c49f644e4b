package dev.hansa.cli.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hansa.exportedservices.CheckStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// What an agent answers on its own machine: `/health`, and `PUT /v1/agent/check/pass|warn|fail/ID`
/// and `update/ID` as Consul's agents take them, by which the owner of a TTL check says how it is.
/// Pages of a browser may not: a request with an origin is refused.
final class AgentDoor implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int WAITING = 64;
    private static final int MAX_BODY = 16 * 1024;

    /// Seconds for a request to come in and for an answer to go out; read by the JDK's server when
    /// its class is loaded.
    private static final Map<String, String> LIMITS =
            Map.of(
                    "sun.net.httpserver.maxReqTime", "10",
                    "sun.net.httpserver.maxRspTime", "10",
                    "jdk.httpserver.maxConnections", "256");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHECK = "/v1/agent/check/";

    private final HttpServer server;
    private final ThreadPoolExecutor threads;
    private final LocalChecks checks;
    private final Supplier<Map<String, Object>> health;

    private record Answer(int status, String type, String body) {
        static Answer text(int status, String body) {
            return new Answer(status, "text/plain", body);
        }
    }

    private AgentDoor(
            HttpServer server,
            ThreadPoolExecutor threads,
            LocalChecks checks,
            Supplier<Map<String, Object>> health) {
        this.server = server;
        this.threads = threads;
        this.checks = checks;
        this.health = health;
    }

    /// @throws IOException naming the address when it cannot be bound
    static AgentDoor open(
            InetSocketAddress address, LocalChecks checks, Supplier<Map<String, Object>> health)
            throws IOException {
        LIMITS.forEach(System::setProperty);
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
        var door = new AgentDoor(server, threads, checks, health);
        server.setExecutor(threads);
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        send(exchange, door.answer(exchange));
                    }
                });
        server.start();
        return door;
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getRawPath();
        var method = exchange.getRequestMethod();
        if (path.equals("/health") && method.equals("GET")) {
            var state = health.get();
            return new Answer(
                    "passing".equals(state.get("status")) ? 200 : 503,
                    "application/json",
                    JSON.writerWithDefaultPrettyPrinter().writeValueAsString(state) + "\n");
        }
        if (!path.startsWith(CHECK)) {
            return Answer.text(404, "expected /health or " + CHECK + "pass/ID\n");
        }
        if (!method.equals("PUT")) {
            return Answer.text(405, "expected PUT; found another method\n");
        }
        if (exchange.getRequestHeaders().containsKey("Origin")) {
            return Answer.text(403, "expected a program of this machine; found a page's request\n");
        }
        var words = path.substring(CHECK.length()).split("/", 2);
        if (words.length < 2) {
            return Answer.text(404, "expected " + CHECK + "pass/ID\n");
        }
        return said(exchange, words[0], URLDecoder.decode(words[1], StandardCharsets.UTF_8));
    }

    private Answer said(HttpExchange exchange, String word, String id) throws IOException {
        var note = parameter(exchange, "note");
        return switch (word) {
            case "pass" -> said(id, CheckStatus.PASSING, note);
            case "warn" -> said(id, CheckStatus.WARNING, note);
            case "fail" -> said(id, CheckStatus.CRITICAL, note);
            case "update" -> update(exchange, id);
            default -> Answer.text(404, "expected pass, warn, fail or update\n");
        };
    }

    private Answer update(HttpExchange exchange, String id) throws IOException {
        var bytes = exchange.getRequestBody().readNBytes(MAX_BODY);
        try {
            var body = JSON.readTree(bytes);
            var status = body.path("Status").asText();
            if (!List.of("passing", "warning", "critical").contains(status)) {
                return Answer.text(
                        400, "Status: expected passing, warning or critical; found another\n");
            }
            return said(id, CheckStatus.of(status), body.path("Output").asText());
        } catch (JsonProcessingException _) {
            return Answer.text(
                    400, "body: expected JSON of at most 16 KiB; found something else\n");
        }
    }

    private Answer said(String id, CheckStatus status, String output) {
        return checks.said(id, status, output)
                ? Answer.text(200, "")
                : Answer.text(404, "expected the id of a TTL check of this machine's files\n");
    }

    private static String parameter(HttpExchange exchange, String name) {
        var query = exchange.getRequestURI().getRawQuery();
        for (var pair : query == null ? new String[0] : query.split("&")) {
            if (pair.startsWith(name + "=")) {
                return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", answer.type());
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
