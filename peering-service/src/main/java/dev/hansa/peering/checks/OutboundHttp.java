package dev.hansa.peering.checks;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;

/// A request to a URL at an address that was judged before ([AllowedAddresses]), and as much of the
/// answer as is wanted.
public final class OutboundHttp {
    private OutboundHttp() {}

    /// Connects to `address`, under the name that stands in the URL: it is what the target's
    /// certificate must be for, and what the target is told. Follows no redirect.
    public static RequestOptions options(
            HttpMethod method, URI url, InetAddress address, Duration timeout) {
        var isTls = url.getScheme().equals("https");
        var port = url.getPort() >= 0 ? url.getPort() : isTls ? 443 : 80;
        var path = url.getRawPath() == null ? "" : url.getRawPath();
        var query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        return new RequestOptions()
                .setMethod(method)
                .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
                .setHost(url.getHost())
                .setPort(port)
                .setURI((path.isEmpty() ? "/" : path) + query)
                .setTimeout(timeout.toMillis());
    }

    /// @param most bytes; the rest is not read
    public static Future<Buffer> body(
            HttpClientRequest request, HttpClientResponse response, int most) {
        var whole = Promise.<Buffer>promise();
        var body = Buffer.buffer();
        response.handler(part -> {
            var room = most - body.length();
            body.appendBuffer(part, 0, Math.min(room, part.length()));
            if (part.length() >= room) {
                whole.tryComplete(body);
                // not paused: what waits then is never given back to Netty
                request.reset();
            }
        });
        response.exceptionHandler(whole::tryFail);
        response.endHandler(_ -> whole.tryComplete(body));
        return whole.future();
    }
}
