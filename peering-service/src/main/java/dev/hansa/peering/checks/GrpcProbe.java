package dev.hansa.peering.checks;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import io.vertx.core.Future;
import io.vertx.core.Promise;
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
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// Asks `grpc.health.v1.Health/Check`. The two messages are a few bytes, written and read here.
final class GrpcProbe implements AutoCloseable {
    private static final String METHOD = "/grpc.health.v1.Health/Check";

    /// An answer is seven bytes.
    private static final int MAX_BODY = 1024;

    /// Flag and length before a message.
    private static final int PREFIX = 5;

    /// Field 1, a text: the service.
    private static final int SERVICE_TAG = 0x0a;

    /// Field 1, a number: the status.
    private static final int STATUS_TAG = 0x08;

    private static final int SERVING = 1;

    private final ProbeClients clients;

    GrpcProbe(Vertx vertx) {
        clients = new ProbeClients(options -> client(vertx, options), new HttpClientOptions());
    }

    private static HttpClient client(Vertx vertx, HttpClientOptions options) {
        return vertx.createHttpClient(
                options.setProtocolVersion(HttpVersion.HTTP_2)
                        .setUseAlpn(options.isSsl())
                        .setHttp2ClearTextUpgrade(false)
                        // seconds; whether it can be connected to is part of the question
                        .setHttp2KeepAliveTimeout(1),
                new PoolOptions().setHttp2MaxSize(64));
    }

    /// @param target with a scheme of its own: `grpc` or `grpcs`
    Verdict ask(Way way, URI target, InetAddress address, Duration timeout)
            throws IOException, InterruptedException {
        var client = clients.of(target.getScheme().equals("grpcs"), way);
        var options =
                new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setServer(
                                SocketAddress.inetSocketAddress(
                                        target.getPort(), address.getHostAddress()))
                        .setHost(target.getHost())
                        .setPort(target.getPort())
                        .setURI(METHOD)
                        .setTimeout(timeout.toMillis())
                        .putHeader("content-type", "application/grpc")
                        .putHeader("te", "trailers");
        var path = target.getPath();
        var service = path.startsWith("/") ? path.substring(1) : path;
        return ProbeClients.await(
                client.request(options).compose(request -> answer(request, service)), timeout);
    }

    private static Future<Verdict> answer(HttpClientRequest request, String service) {
        return request.send(question(service))
                .compose(response -> body(request, response).map(body -> verdict(response, body)));
    }

    private static Buffer question(String service) {
        var name = service.getBytes(StandardCharsets.UTF_8);
        var message = Buffer.buffer();
        if (name.length > 0) {
            message.appendByte((byte) SERVICE_TAG).appendByte((byte) name.length).appendBytes(name);
        }
        return Buffer.buffer()
                .appendByte((byte) 0)
                .appendInt(message.length())
                .appendBuffer(message);
    }

    private static Future<Buffer> body(HttpClientRequest request, HttpClientResponse response) {
        var whole = Promise.<Buffer>promise();
        var body = Buffer.buffer();
        response.handler(part -> {
            if (body.length() + part.length() > MAX_BODY) {
                request.reset();
                whole.tryFail("a longer answer than any to this question");
            } else {
                body.appendBuffer(part);
            }
        });
        response.exceptionHandler(whole::tryFail);
        response.endHandler(_ -> whole.tryComplete(body));
        return whole.future();
    }

    private static Verdict verdict(HttpClientResponse response, Buffer body) {
        var status = response.getTrailer("grpc-status");
        if (status == null) {
            status = response.getHeader("grpc-status");
        }
        if (response.statusCode() != 200 || !"0".equals(status)) {
            return Verdict.critical(
                    "gRPC health check: expected an answer; found status "
                            + response.statusCode()
                            + " of HTTP, "
                            + ForeignText.shown(String.valueOf(status))
                            + " of gRPC");
        }
        return isServing(body)
                ? new Verdict(CheckStatus.PASSING, "gRPC health check: SERVING")
                : Verdict.critical("gRPC health check: expected SERVING; found another status");
    }

    private static boolean isServing(Buffer body) {
        return body.length() == PREFIX + 2
                && body.getByte(0) == 0
                && body.getInt(1) == 2
                && body.getByte(PREFIX) == STATUS_TAG
                && body.getByte(PREFIX + 1) == SERVING;
    }

    @Override
    public void close() {
        clients.close();
    }
}
