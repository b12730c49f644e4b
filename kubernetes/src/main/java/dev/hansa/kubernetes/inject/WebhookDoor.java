package dev.hansa.kubernetes.inject;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.hansa.bootstrap.HttpDoor;
import dev.hansa.kubernetes.telemetry.AdminDoor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
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

    private final HttpDoor door;
    private final Semaphore judged = new Semaphore(JUDGED);
    private final Reviews reviews;
    private final Consumer<InjectorEvent> events;

    private WebhookDoor(HttpsServer server, Reviews reviews, Consumer<InjectorEvent> events) {
        this.reviews = reviews;
        this.events = events;
        // reviews that are under way end: a refused one would keep a pod from being made
        this.door = HttpDoor.open(server, "webhook-", THREADS, WAITING, 2, this::answer);
    }

    /// @throws IOException naming the address when it cannot be bound
    static WebhookDoor open(
            InetSocketAddress address,
            ShownCertificate certificate,
            Reviews reviews,
            Consumer<InjectorEvent> events)
            throws IOException {
        AdminDoor.limit();
        var server = HttpDoor.bind("listen", address, WAITING, HttpsServer::create);
        server.setHttpsConfigurator(
                new HttpsConfigurator(certificate.context()) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        var tls = getSSLContext().getDefaultSSLParameters();
                        tls.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                        parameters.setSSLParameters(tls);
                    }
                });
        return new WebhookDoor(server, reviews, events);
    }

    private void answer(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestURI().getPath().equals(WebhookConfiguration.PATH)) {
            HttpDoor.send(
                    exchange, 404, "text/plain", words("expected " + WebhookConfiguration.PATH));
            return;
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            HttpDoor.send(
                    exchange, 405, "text/plain", words("expected POST; found another method"));
            return;
        }
        var body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
        if (body.length > MAX_BODY) {
            failed("body: expected at most " + MAX_BODY + " bytes; found more");
            HttpDoor.send(
                    exchange, 413, "text/plain", words("expected at most " + MAX_BODY + " bytes"));
            return;
        }
        judged.acquireUninterruptibly();
        byte[] answer;
        try {
            answer = reviews.answer(body);
        } catch (Reviews.NoReviewException e) {
            failed(String.valueOf(e.getMessage()));
            HttpDoor.send(exchange, 400, "text/plain", words(String.valueOf(e.getMessage())));
            return;
        } catch (RuntimeException | StackOverflowError e) {
            failed("a review: found '" + e.getClass().getSimpleName() + "'");
            HttpDoor.send(
                    exchange, 500, "text/plain", words("the injector could not judge this pod"));
            return;
        } finally {
            judged.release();
        }
        HttpDoor.send(exchange, 200, "application/json", answer);
    }

    private void failed(String words) {
        events.accept(new InjectorEvent.ReviewFailed(words));
    }

    private static byte[] words(String words) {
        return (words + "\n").getBytes(StandardCharsets.UTF_8);
    }

    int port() {
        return door.port();
    }

    @Override
    public void close() {
        door.close();
    }
}
