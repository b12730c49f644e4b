package dev.hansa.peering;

import dev.hansa.peering.Http2Wire.Frame;
import dev.hansa.peering.config.HttpTlsFiles;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/// Listeners that answer over real sockets and keep account of what is not taken.
abstract class AnsweredClients {
    private static final Duration LONG = Duration.ofMinutes(1);
    static final Duration SOON = Duration.ofSeconds(20);
    static final int MIB = 1 << 20;

    /// More than the kernel takes on for one whose own buffer is small.
    static final int LARGE = 16 * MIB;

    private static final Buffer ANSWER = Buffer.buffer(new byte[MIB]);
    static final Buffer SMALL_ANSWER = Buffer.buffer(new byte[64 * 1024]);
    static final Buffer TINY_ANSWER = Buffer.buffer(new byte[1000]);
    private static final Buffer LARGE_ANSWER = Buffer.buffer(new byte[LARGE]);

    @TempDir Path directory;
    final CaMaterial ca =
            CaMaterial.create(
                    new TrustDomain("eks.consul"),
                    new Datacenter("eks"),
                    Clock.systemUTC().instant());
    private final ConnectionDoor door = new ConnectionDoor();
    private final Vertx vertx = door.vertx(new VertxOptions());
    private final ServerListeners listeners = new ServerListeners(vertx);
    final List<String> ended = new CopyOnWriteArrayList<>();

    /// Answers what was asked for at `/waits`.
    final List<Runnable> waiting = new CopyOnWriteArrayList<>();

    int port;
    int tlsPort;

    /// @param unread bytes of all connections
    void start(long unread) throws Exception {
        start(unread, LONG);
    }

    /// @param idle between two looks
    void start(long unread, Duration idle) throws Exception {
        var slow =
                new SlowClients(
                        new SlowClients.Limits(LONG, LONG, idle, 100, 1L << 30, unread),
                        ended::add);
        var any = InetSocketAddress.createUnresolved("127.0.0.1", 0);
        var pems = TestTls.pems(ca, "localhost");
        var files =
                new HttpTlsFiles(
                        Files.writeString(directory.resolve("api.pem"), pems.chain()),
                        Files.writeString(directory.resolve("api.key"), pems.key()));
        port = listeners.plain(any, slow.watching(this::answer)).getPort();
        tlsPort =
                listeners
                        .secured(any, new HttpTls(files, _ -> {}), slow.watching(this::answer))
                        .actualPort();
        for (var each : List.of(port, tlsPort)) {
            door.guard(
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), each),
                    100,
                    ConnectionRate.NONE,
                    () -> false,
                    slow,
                    ended::add);
        }
    }

    private void answer(HttpServerRequest request) {
        switch (String.valueOf(request.path())) {
            case "/replaced" -> {
                request.response().headersEndHandler(_ -> {});
                request.response().end(ANSWER);
            }
            case "/tiny" -> request.response().end(TINY_ANSWER);
            case "/small" -> request.response().end(SMALL_ANSWER);
            case "/large" -> request.response().end(LARGE_ANSWER);
            case "/waits" -> {
                var context = vertx.getOrCreateContext();
                waiting.add(() -> context.runOnContext(_ -> request.response().end(SMALL_ANSWER)));
            }
            case "/file" -> request.response().sendFile(directory.resolve("file").toString());
            default -> request.response().end(ANSWER);
        }
    }

    @AfterEach
    void stop() throws Exception {
        listeners.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    static void get(Http2Wire wire, int stream, String path) throws IOException {
        wire.write(
                Frame.HEADERS,
                Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                stream,
                Http2Wire.get(path));
    }

    /// A stream has no room before [#giveRoom].
    static void giveNoRoom(Http2Wire wire) throws IOException {
        wire.write(Frame.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0});
    }

    /// 32 MiB for this stream, and as much more for all together.
    static void giveRoom(Http2Wire wire, int stream) throws IOException {
        wire.write(Frame.WINDOW_UPDATE, 0, 0, new byte[] {2, 0, 0, 0});
        wire.write(Frame.WINDOW_UPDATE, 0, stream, new byte[] {2, 0, 0, 0});
    }

    /// @return the bytes of the one answer that there is room for
    static long take(Http2Wire wire) throws IOException {
        var bytes = 0L;
        while (true) {
            var frame = wire.awaitFrame(Frame.DATA);
            bytes += frame.payload().length();
            if (frame.endsStream()) {
                return bytes;
            }
        }
    }
}
