package dev.hansa.peering.checks;

import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/// Asks over HTTP at the address that is given, under the name that stands in the URL: it is what
/// the target's certificate must be for, and what the target is told. Follows no redirect: where a
/// target sends us is not what was registered.
final class HttpProbe implements AutoCloseable {
    /// Of a body; the rest is not read.
    private static final int MAX_BODY = 4000;

    /// Nothing of it is kept; cookies and policies of what runs behind a large framework fit.
    private static final int MAX_HEADERS = 64 * 1024;

    private static final int TOO_MANY_REQUESTS = 429;

    private final ProbeClients clients;

    HttpProbe(Vertx vertx) {
        this(vertx, new HttpClientOptions());
    }

    /// @param trusting whose certificates are believed, as options say it
    HttpProbe(Vertx vertx, HttpClientOptions trusting) {
        clients = new ProbeClients(options -> client(vertx, options), trusting);
    }

    private static HttpClient client(Vertx vertx, HttpClientOptions options) {
        return vertx.createHttpClient(
                options.setProtocolVersion(HttpVersion.HTTP_1_1)
                        // whether it can be connected to is part of the question
                        .setKeepAlive(false)
                        .setMaxHeaderSize(MAX_HEADERS),
                // no check waits for another of the same target
                new PoolOptions().setHttp1MaxSize(CheckRounds.MOST_AT_ONCE));
    }

    Verdict ask(Way way, URI url, InetAddress address, Duration timeout)
            throws IOException, InterruptedException {
        var client = clients.of(url.getScheme().equals("https"), way);
        var begun = new AtomicReference<HttpClientRequest>();
        try {
            return ProbeClients.await(
                    client.request(options(way, url, address, timeout))
                            .compose(request -> {
                                begun.set(request);
                                return answer(way, request);
                            }),
                    timeout);
        } finally {
            // what has been answered is not cut by it; what has not would go on
            var request = begun.get();
            if (request != null) {
                request.reset();
            }
        }
    }

    private static RequestOptions options(Way way, URI url, InetAddress address, Duration timeout) {
        var options =
                OutboundHttp.options(HttpMethod.valueOf(way.ask().method()), url, address, timeout)
                        .putHeader("user-agent", "hansa health check");
        way.ask().headers().forEach((name, value) -> options.putHeader(name, value.value()));
        return options;
    }

    private static Future<Verdict> answer(Way way, HttpClientRequest request) {
        return way.ask()
                .content()
                .map(content -> request.send(content.value()))
                .orElseGet(request::send)
                .compose(response ->
                        OutboundHttp.body(request, response, MAX_BODY)
                                .map(body -> verdict(way, response, body)));
    }

    private static Verdict verdict(Way way, HttpClientResponse response, Buffer body) {
        var text = body.toString(StandardCharsets.UTF_8);
        return new Verdict(
                status(response.statusCode()),
                way.ask().method()
                        + " "
                        + way.target()
                        + " answered "
                        + response.statusCode()
                        + (text.isEmpty() ? "" : ": " + text));
    }

    private static CheckStatus status(int code) {
        if (code >= 200 && code < 300) {
            return CheckStatus.PASSING;
        }
        return code == TOO_MANY_REQUESTS ? CheckStatus.WARNING : CheckStatus.CRITICAL;
    }

    @Override
    public void close() {
        clients.close();
    }
}
