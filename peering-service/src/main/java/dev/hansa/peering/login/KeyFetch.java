package dev.hansa.peering.login;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.checks.AllowedAddresses;
import dev.hansa.peering.checks.OutboundHttp;
import dev.hansa.token.login.InvalidKeysException;
import dev.hansa.token.login.LoginKeys;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/// Fetches a JSON Web Key Set over https, from an address that was judged, and from nowhere that an
/// answer points to.
final class KeyFetch implements KeyRing.Fetch {
    /// For its name and its answer. An issuer needs a fraction of it; somebody waits to log in.
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    /// Of one name, the rest is not asked: with the head start all of them are within half of the
    /// limit.
    private static final int MOST_ADDRESSES = 8;

    /// Until the next address is asked too. An issuer on the same continent has answered by then.
    private static final Duration HEAD_START = Duration.ofMillis(300);

    private final Vertx vertx;
    private final AllowedAddresses addresses;

    /// @param addresses closed with this
    KeyFetch(Vertx vertx, AllowedAddresses addresses) {
        this.vertx = vertx;
        this.addresses = addresses;
    }

    @Override
    public LoginKeys fetch(KeyPlace place) throws KeysUnavailableException, InterruptedException {
        // one for each fetch: they are rare, and each may trust somebody else
        var client = vertx.createHttpClient(options(place));
        try {
            return LoginKeys.ofJwks(body(client, place).toString(StandardCharsets.UTF_8));
        } catch (IOException
                | InvalidKeysException
                | RejectedExecutionException
                | IllegalStateException e) {
            // the latter two: too many names are being looked up, or this server stops
            throw new KeysUnavailableException(
                    "'"
                            + place.shown()
                            + "': expected a JSON Web Key Set within "
                            + TIMEOUT.toSeconds()
                            + " s; found "
                            + ForeignText.shown(
                                    e instanceof InvalidKeysException keys
                                            ? "keys of which it is said: " + keys.sentence()
                                            : String.valueOf(e.getMessage()),
                                    300),
                    e);
        } finally {
            client.close();
        }
    }

    private static HttpClientOptions options(KeyPlace place) {
        var options =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_1_1)
                        .setKeepAlive(false)
                        .setSsl(true)
                        .setVerifyHost(true);
        return place.caPem().isEmpty()
                ? options
                : options.setTrustOptions(
                        new PemTrustOptions().addCertValue(Buffer.buffer(place.caPem())));
    }

    /// At each of the name's addresses, the next one when one has failed or takes its time: where
    /// some are dead, those behind them answer within the same limit.
    private Buffer body(HttpClient client, KeyPlace place)
            throws IOException, InterruptedException {
        var deadline = System.nanoTime() + TIMEOUT.toNanos();
        var all = addresses.allOf(AllowedAddresses.host(place.url()), TIMEOUT);
        var waiting = new ArrayDeque<>(all.subList(0, Math.min(MOST_ADDRESSES, all.size())));
        var ended = new ArrayBlockingQueue<AsyncResult<Buffer>>(waiting.size());
        var open = 0;
        while (true) {
            var left = deadline - System.nanoTime();
            if (left < TimeUnit.MILLISECONDS.toNanos(1)) {
                throw new IOException("none in time");
            }
            if (!waiting.isEmpty()) {
                ask(client, place.url(), waiting.remove(), Duration.ofNanos(left))
                        .onComplete(ended::add);
                open++;
            }
            var patience = waiting.isEmpty() ? left : Math.min(left, HEAD_START.toNanos());
            var end = ended.poll(patience, TimeUnit.NANOSECONDS);
            if (end != null && end.succeeded()) {
                return end.result();
            }
            if (end != null && --open == 0 && waiting.isEmpty()) {
                throw new IOException(String.valueOf(end.cause()), end.cause());
            }
        }
    }

    private static Future<Buffer> ask(
            HttpClient client, URI url, InetAddress address, Duration left) {
        return client.request(
                        OutboundHttp.options(HttpMethod.GET, url, address, left)
                                .putHeader("accept", "application/json, */*")
                                .putHeader("user-agent", "hansa login"))
                .compose(KeyFetch::answer);
    }

    private static Future<Buffer> answer(HttpClientRequest request) {
        return request.send()
                .compose(response ->
                        response.statusCode() == 200
                                // a byte more is enough to see that it is too long
                                ? OutboundHttp.body(request, response, LoginKeys.MAX_CHARACTERS + 1)
                                : Future.failedFuture(
                                        new IOException("status " + response.statusCode())));
    }

    @Override
    public void close() {
        addresses.close();
    }
}
