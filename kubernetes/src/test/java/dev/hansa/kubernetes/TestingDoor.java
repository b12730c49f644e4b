package dev.hansa.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// Stands before a real server, and answers in its place what a server says that has no leader.
final class TestingDoor implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client = HttpClient.newHttpClient();
    private final TestingDatacenter datacenter;
    private final AtomicInteger catalogWrites = new AtomicInteger();
    private volatile boolean isWithoutLeader;
    private volatile boolean isAway;

    /// A part of entries that are refused; empty: none is.
    private volatile String refused = "";

    TestingDoor(TestingDatacenter datacenter) throws IOException {
        this.datacenter = datacenter;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    void loseLeader() {
        isWithoutLeader = true;
    }

    /// Nothing is answered any more but that nothing can be.
    void goAway() {
        isAway = true;
    }

    void comeBack() {
        isAway = false;
    }

    /// From now on no entry is taken that has these words, by whatever rule.
    void refuse(String words) {
        refused = words;
    }

    /// Registrations and their ends that were let through.
    int catalogWrites() {
        return catalogWrites.get();
    }

    void findLeader() {
        isWithoutLeader = false;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().toString();
            if (isAway) {
                send(exchange, 503, "away");
                return;
            }
            if (path.contains("/v1/catalog/") && exchange.getRequestMethod().equals("PUT")) {
                catalogWrites.incrementAndGet();
            }
            if (isWithoutLeader && path.contains("/validate")) {
                send(exchange, 500, "No cluster leader");
                return;
            }
            var body = exchange.getRequestBody().readAllBytes();
            if (path.contains("/config")
                    && !refused.isEmpty()
                    && new String(body, StandardCharsets.UTF_8).contains(refused)) {
                send(exchange, 400, "'" + refused + "' is refused");
                return;
            }
            var request =
                    HttpRequest.newBuilder(URI.create("http://" + datacenter.address() + path))
                            .method(
                                    exchange.getRequestMethod(),
                                    HttpRequest.BodyPublishers.ofByteArray(body));
            var token = exchange.getRequestHeaders().getFirst("X-Consul-Token");
            if (token != null) {
                request.header("X-Consul-Token", token);
            }
            var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            send(exchange, answer.statusCode(), answer.body());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        client.shutdownNow();
    }
}
