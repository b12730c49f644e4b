package dev.hansa.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;

/// A real HTTP server that answers as it was told and keeps what it was asked.
public final class TestingServer implements AutoCloseable {
    private static final InetSocketAddress ANYWHERE =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final HttpServer server;
    private final List<String> tokens = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Map<String, Answer> second = new ConcurrentHashMap<>();
    private final Set<String> silences = ConcurrentHashMap.newKeySet();
    private final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());

    public record Asked(String line, String contentType, String body) {}

    private record Answer(int status, String body) {}

    public TestingServer() throws IOException {
        this(HttpServer.create(ANYWHERE, 0));
    }

    /// One that speaks TLS, as `context` has it.
    public static TestingServer tls(SSLContext context) throws IOException {
        var server = HttpsServer.create(ANYWHERE, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        return new TestingServer(server);
    }

    /// The same, and it wants a certificate of whoever asks.
    static TestingServer mutualTls(SSLContext context) throws IOException {
        var server = HttpsServer.create(ANYWHERE, 0);
        server.setHttpsConfigurator(
                new HttpsConfigurator(context) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        var tls = context.getDefaultSSLParameters();
                        tls.setNeedClientAuth(true);
                        parameters.setSSLParameters(tls);
                    }
                });
        return new TestingServer(server);
    }

    private TestingServer(HttpServer server) {
        this.server = server;
        server.createContext("/", this::answer);
        server.start();
    }

    public TestingServer on(String line, int status, String body) {
        answers.put(line, new Answer(status, body));
        return this;
    }

    /// From the second time on.
    TestingServer then(String line, int status, String body) {
        second.put(line, new Answer(status, body));
        return this;
    }

    /// Takes the request, and never answers.
    TestingServer silentOn(String line) {
        silences.add(line);
        return this;
    }

    public String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /// What each request showed, empty for nothing.
    public List<String> tokens() {
        return List.copyOf(tokens);
    }

    public List<Asked> asked() {
        return List.copyOf(asked);
    }

    Asked onlyAsked() {
        if (asked.size() != 1) {
            throw new AssertionError("expected one request; found " + asked);
        }
        return asked.getFirst();
    }

    private void answer(HttpExchange exchange) throws IOException {
        var line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        if (silences.contains(line)) {
            return;
        }
        try (exchange) {
            var type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            tokens.add(
                    Objects.requireNonNullElse(
                            exchange.getRequestHeaders().getFirst("X-Consul-Token"), ""));
            asked.add(new Asked(line, type, body));
            var answer = answers.getOrDefault(line, new Answer(500, "not expected: " + line));
            var next = second.remove(line);
            if (next != null) {
                answers.put(line, next);
            }
            var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
