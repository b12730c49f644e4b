package dev.hansa.kubernetes.inject;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.hansa.kubernetes.telemetry.AdminDoor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// `/mutate` over TLS, which an API server asks. Whoever else reaches it learns what the injector
/// would write into a pod, which is no secret.
final class WebhookDoor implements AutoCloseable {
    /// An API server stores objects of 1.5 MiB; a review holds one of them.
    static final int MAX_BODY = 2 << 20;

    /// Each may hold a body that is slow to come, for the ten seconds that a request is given.
    private static final int THREADS = 16;

    /// Reviews that are read and judged at once: a body becomes ten times its size as a tree.
    private static final int JUDGED = 4;

    /// A rollout makes hundreds of pods in a second; each needs some milliseconds.
    private static final int WAITING = 256;

    private final HttpsServer server;
    private final ThreadPoolExecutor threads;
    private final Semaphore judged = new Semaphore(JUDGED);
    private final Reviews reviews;
    private final Consumer<InjectorEvent> events;

    private WebhookDoor(
            HttpsServer server,
            ThreadPoolExecutor threads,
            Reviews reviews,
            Consumer<InjectorEvent> events) {
        this.server = server;
        this.threads = threads;
        this.reviews = reviews;
        this.events = events;
    }

    /// @throws IOException naming the address when it cannot be bound
    static WebhookDoor open(
            InetSocketAddress address,
            ShownCertificate certificate,
            Reviews reviews,
            Consumer<InjectorEvent> events)
            throws IOException {
        AdminDoor.limit();
        HttpsServer server;
        try {
            server =
                    HttpsServer.create(
                            new InetSocketAddress(address.getHostString(), address.getPort()),
                            WAITING);
        } catch (IOException e) {
            throw new IOException(
                    "listen: expected to be free; found '" + address + ": " + e.getMessage() + "'",
                    e);
        }
        server.setHttpsConfigurator(
                new HttpsConfigurator(certificate.context()) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        var tls = getSSLContext().getDefaultSSLParameters();
                        tls.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                        parameters.setSSLParameters(tls);
                    }
                });
        var threads =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        1,
                        TimeUnit.MINUTES,
                        new ArrayBlockingQueue<>(WAITING),
                        Thread.ofPlatform().daemon().name("webhook-", 0).factory());
        server.setExecutor(threads);
        var door = new WebhookDoor(server, threads, reviews, events);
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        door.answer(exchange);
                    }
                });
        server.start();
        return door;
    }

    private void answer(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestURI().getPath().equals(WebhookConfiguration.PATH)) {
            send(exchange, 404, "text/plain", words("expected " + WebhookConfiguration.PATH));
            return;
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            send(exchange, 405, "text/plain", words("expected POST; found another method"));
            return;
        }
        var body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
        if (body.length > MAX_BODY) {
            failed("body: expected at most " + MAX_BODY + " bytes; found more");
            send(exchange, 413, "text/plain", words("expected at most " + MAX_BODY + " bytes"));
            return;
        }
        judged.acquireUninterruptibly();
        byte[] answer;
        try {
            answer = reviews.answer(body);
        } catch (Reviews.NoReviewException e) {
            failed(String.valueOf(e.getMessage()));
            send(exchange, 400, "text/plain", words(String.valueOf(e.getMessage())));
            return;
        } catch (RuntimeException | StackOverflowError e) {
            failed("a review: found '" + e.getClass().getSimpleName() + "'");
            send(exchange, 500, "text/plain", words("the injector could not judge this pod"));
            return;
        } finally {
            judged.release();
        }
        send(exchange, 200, "application/json", answer);
    }

    private void failed(String words) {
        events.accept(new InjectorEvent.ReviewFailed(words));
    }

    private static byte[] words(String words) {
        return (words + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    int port() {
        return server.getAddress().getPort();
    }

    /// Lets reviews that are under way end: a refused one would keep a pod from being made.
    @Override
    public void close() {
        server.stop(2);
        threads.shutdownNow();
    }
}
