package dev.hansa.cli.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hansa.bootstrap.HttpDoor;
import dev.hansa.exportedservices.CheckStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// What an agent answers on its own machine: `/health`, and `PUT /v1/agent/check/pass|warn|fail/ID`
/// and `update/ID` as Consul's agents take them, by which the owner of a TTL check says how it is.
/// Pages of a browser may not: a request with an origin is refused.
final class AgentDoor implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int WAITING = 64;
    private static final int MAX_BODY = 16 * 1024;

    /// Scripts of this machine, and whoever watches it.
    private static final int CONNECTIONS = 256;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHECK = "/v1/agent/check/";

    private final HttpDoor door;
    private final LocalChecks checks;
    private final Supplier<Map<String, Object>> health;

    private record Answer(int status, String type, String body) {
        static Answer text(int status, String body) {
            return new Answer(status, "text/plain", body);
        }
    }

    private AgentDoor(HttpServer server, LocalChecks checks, Supplier<Map<String, Object>> health) {
        this.checks = checks;
        this.health = health;
        this.door =
                HttpDoor.open(
                        server,
                        "admin-",
                        THREADS,
                        WAITING,
                        0,
                        exchange -> {
                            var answer = answer(exchange);
                            HttpDoor.send(
                                    exchange,
                                    answer.status(),
                                    answer.type(),
                                    answer.body().getBytes(StandardCharsets.UTF_8));
                        });
    }

    /// @throws IOException naming the address when it cannot be bound
    static AgentDoor open(
            InetSocketAddress address, LocalChecks checks, Supplier<Map<String, Object>> health)
            throws IOException {
        HttpDoor.limit(CONNECTIONS);
        return new AgentDoor(
                HttpDoor.bind("admin.address", address, WAITING, HttpServer::create),
                checks,
                health);
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

    int port() {
        return door.port();
    }

    @Override
    public void close() {
        door.close();
    }
}
