package dev.hansa.peering;

import dev.hansa.peering.cluster.ServerCertificate;
import dev.hansa.peering.cluster.ServerKeyManager;
import dev.hansa.trustbundle.TrustBundle;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/// The sockets of a peering service: how each is secured, and how its certificate is replaced while
/// it runs.
final class ServerListeners implements AutoCloseable {
    /// A proxy that hears nothing asks by a ping after 10 s, whatever shorter time its library is
    /// told. One that is not heard for twice that is on a machine that is gone or cut off, of which
    /// no end comes: its instances turn critical.
    private static final int PROXY_SILENCE_SECONDS = 20;

    private static final Duration BIND_LIMIT = Duration.ofSeconds(10);

    /// A peer or proxy opens one stream and a few calls on one connection.
    private static final long MAX_STREAMS = 256;

    /// A peer's server opens one stream on a connection, and may try a second one beside a first
    /// that is about to end. What a stranger may say on each is memory.
    private static final long MAX_PEER_STREAMS = 16;

    /// Round trips to the other end of the world take less than one second; a stranger who says
    /// nothing holds a place for as long.
    private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(5);

    /// A filter may have 4096 characters, each of which is up to three in a URL.
    private static final int MAX_LINE = 16 * 1024;

    /// A token, and what proxies before us add.
    private static final int MAX_HEADERS = 16 * 1024;

    /// Of a client of HTTP/2, which opens a request and takes it back for nothing while we have
    /// begun to answer it (CVE-2023-44487). A page that is left takes back some dozens at once; so
    /// three such within the window, and fewer than what Netty allows by itself, 200.
    private static final int MAX_RESETS = 150;

    private static final int RESETS_SECONDS = 30;

    /// Of headers, each smaller than a frame has to be; one header comes in two. Fewer than what
    /// Netty allows by itself, 16.
    private static final int MAX_SMALL_CONTINUATIONS = 12;

    private final Vertx vertx;
    private final List<HttpServer> servers = new ArrayList<>();
    private final List<Secured> secured = new CopyOnWriteArrayList<>();

    private record Secured(HttpServer server, ClientAuth clientAuth, Set<String> protocols) {}

    ServerListeners(Vertx vertx) {
        this.vertx = vertx;
    }

    /// Plain HTTP/1.1 for operators.
    ///
    /// @return what is listened on
    /// @throws IOException naming the address when it cannot be bound
    InetSocketAddress plain(InetSocketAddress address, Handler<HttpServerRequest> handler)
            throws IOException, InterruptedException {
        var server = operators(operators(), handler);
        return bind(address, server);
    }

    private static HttpServerOptions operators() {
        return new HttpServerOptions()
                .setIdleTimeout(700)
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                // without TLS nobody needs it, and a first request that offers it is a body unread
                .setHttp2ClearTextEnabled(false);
    }

    private HttpServer operators(HttpServerOptions options, Handler<HttpServerRequest> handler) {
        return vertx.createHttpServer(options)
                .requestHandler(handler)
                .invalidRequestHandler(new UnreadableRequest(MAX_LINE, MAX_HEADERS));
    }

    /// HTTP/1.1 and 2 for operators, with a certificate of theirs.
    ///
    /// @return the server, whose certificate [HttpTls#refresh] replaces
    /// @throws IOException naming the address when it cannot be bound, or the file
    HttpServer secured(InetSocketAddress address, HttpTls tls, Handler<HttpServerRequest> handler)
            throws IOException, InterruptedException {
        var options = operators();
        tls.apply(options);
        options.getInitialSettings()
                .setMaxConcurrentStreams(MAX_STREAMS)
                // the path is one of them
                .setMaxHeaderListSize(MAX_LINE + MAX_HEADERS);
        options.setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS)
                .setHttp2RstFloodWindowDuration(RESETS_SECONDS)
                .setHttp2MaxSmallContinuationFrames(MAX_SMALL_CONTINUATIONS)
                .setSslHandshakeTimeout(HANDSHAKE_LIMIT.toSeconds());
        var server = operators(options, handler);
        bind(address, server);
        return server;
    }

    /// gRPC for peers: a certificate of ours, none of theirs.
    ///
    /// @param answering sets its handlers
    /// @return what is listened on
    /// @throws IOException naming the address when it cannot be bound
    InetSocketAddress peers(
            InetSocketAddress address, CertificateKeeper keeper, Consumer<HttpServer> answering)
            throws IOException, InterruptedException {
        var protocols = Set.of("TLSv1.2", "TLSv1.3");
        var options = options(keeper, ClientAuth.NONE, protocols);
        options.getInitialSettings().setMaxConcurrentStreams(MAX_PEER_STREAMS);
        options.setSslHandshakeTimeout(HANDSHAKE_LIMIT.toSeconds());
        var server = vertx.createHttpServer(options);
        answering.accept(server);
        var bound = bind(address, server);
        secured.add(new Secured(server, ClientAuth.NONE, protocols));
        return bound;
    }

    /// gRPC for own proxies: a certificate of ours is asked for; a join comes without.
    ///
    /// @param answering sets its handlers
    /// @return what is listened on
    /// @throws IOException naming the address when it cannot be bound
    InetSocketAddress proxies(
            InetSocketAddress address, CertificateKeeper keeper, Consumer<HttpServer> answering)
            throws IOException, InterruptedException {
        var protocols = Set.of("TLSv1.3");
        var server =
                vertx.createHttpServer(
                        options(keeper, ClientAuth.REQUEST, protocols)
                                .setReadIdleTimeout(PROXY_SILENCE_SECONDS));
        answering.accept(server);
        var bound = bind(address, server);
        secured.add(new Secured(server, ClientAuth.REQUEST, protocols));
        return bound;
    }

    private static HttpServerOptions options(
            CertificateKeeper keeper, ClientAuth clientAuth, Set<String> protocols) {
        var options =
                new HttpServerOptions()
                        .setSsl(true)
                        .setUseAlpn(true)
                        .setSni(false)
                        .setClientAuth(clientAuth)
                        .setEnabledSecureTransportProtocols(protocols)
                        .setKeyCertOptions(key(keeper.own()));
        if (clientAuth != ClientAuth.NONE) {
            options.setTrustOptions(trust(keeper.authority().bundle()));
        }
        options.getInitialSettings().setMaxConcurrentStreams(MAX_STREAMS);
        return options;
    }

    private static PemTrustOptions trust(TrustBundle bundle) {
        var trust = new PemTrustOptions();
        bundle.pems().forEach(pem -> trust.addCertValue(Buffer.buffer(pem)));
        return trust;
    }

    private static KeyCertOptions key(ServerCertificate own) {
        return KeyCertOptions.wrap(new ServerKeyManager(() -> own));
    }

    /// New connections get the keeper's newest certificate and are checked against its present
    /// bundle; open ones go on.
    void replace(CertificateKeeper keeper) {
        for (var each : secured) {
            var options =
                    new ServerSSLOptions()
                            .setClientAuth(each.clientAuth())
                            .setEnabledSecureTransportProtocols(each.protocols())
                            .setKeyCertOptions(key(keeper.own()));
            options.setUseAlpn(true);
            if (each.clientAuth() != ClientAuth.NONE) {
                options.setTrustOptions(trust(keeper.authority().bundle()));
            }
            each.server().updateSSLOptions(options);
        }
    }

    private InetSocketAddress bind(InetSocketAddress address, HttpServer server)
            throws IOException, InterruptedException {
        Future<HttpServer> bound = server.listen(address.getPort(), address.getHostString());
        try {
            bound.toCompletionStage()
                    .toCompletableFuture()
                    .get(BIND_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(
                    "cannot listen on "
                            + address.getHostString()
                            + ":"
                            + address.getPort()
                            + ": "
                            + Objects.requireNonNullElse(e.getCause(), e).getMessage(),
                    e);
        } catch (TimeoutException e) {
            throw new IOException(
                    "cannot listen on " + address + ": no answer after " + BIND_LIMIT, e);
        }
        servers.add(server);
        return new InetSocketAddress(address.getHostString(), server.actualPort());
    }

    @Override
    public void close() {
        servers.forEach(HttpServer::close);
    }
}
