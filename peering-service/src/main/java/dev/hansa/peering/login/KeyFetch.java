package dev.hansa.peering.login;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.checks.AllowedAddresses;
import dev.hansa.peering.checks.OutboundHttp;
import dev.hansa.token.login.InvalidKeysException;
import dev.hansa.token.login.LoginKeys;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Fetches a JSON Web Key Set over https, from an address that was judged, and from nowhere that an
/// answer points to.
final class KeyFetch implements KeyRing.Fetch {
    /// For its name and its answer. An issuer needs a fraction of it; somebody waits to log in.
    static final Duration TIMEOUT = Duration.ofSeconds(5);

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

    private Buffer body(HttpClient client, KeyPlace place)
            throws IOException, InterruptedException {
        var begun = System.nanoTime();
        var address = addresses.of(AllowedAddresses.host(place.url()), TIMEOUT);
        var left = TIMEOUT.minusNanos(System.nanoTime() - begun);
        if (left.toMillis() < 1) {
            throw new IOException("none in time");
        }
        var answer =
                client.request(
                                OutboundHttp.options(HttpMethod.GET, place.url(), address, left)
                                        .putHeader("accept", "application/json, */*")
                                        .putHeader("user-agent", "hansa login"))
                        .compose(KeyFetch::answer);
        try {
            return answer.toCompletionStage()
                    .toCompletableFuture()
                    .get(left.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw new IOException("none in time", e);
        }
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
