package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.telemetry.LogTap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Those who watch a server's log, each on a socket of his own.
// shows: GET /v1/agent/monitor
class MonitorStreamTest {
    private static final Duration EFFECT = Duration.ofSeconds(30);

    private final List<Consumer<LogTap.Line>> taps = new CopyOnWriteArrayList<>();
    private final AtomicBoolean isBroken = new AtomicBoolean();
    private final MonitorStream monitor =
            new MonitorStream(
                    "s1",
                    tap -> {
                        if (isBroken.get()) {
                            throw new IllegalStateException("expected by a test: no log");
                        }
                        taps.add(tap);
                        return () -> taps.remove(tap);
                    },
                    Duration.ofMillis(50));
    private final AtomicBoolean mayWatch = new AtomicBoolean(true);
    private final List<AutoCloseable> open = new ArrayList<>();
    private final CompletableFuture<Void> held = new CompletableFuture<>();
    private final CompletableFuture<Void> served = new CompletableFuture<>();
    private final Vertx vertx = Vertx.vertx();
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        var router = Router.router(vertx);
        router.get("/v1/agent/monitor").handler(this::serve);
        server =
                vertx.createHttpServer()
                        .requestHandler(router)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS);
    }

    private void serve(RoutingContext call) {
        if (call.queryParams().contains("late")) {
            // as a request that is held until there is a role, while its caller goes
            call.request().pause();
            call.response()
                    .closeHandler(_ -> {
                        monitor.open(call, mayWatch::get);
                        served.complete(null);
                    });
            held.complete(null);
        } else {
            monitor.open(call, mayWatch::get);
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (var one : open.reversed()) {
            one.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /// Somebody at a terminal; reads when he is told to.
    private static final class Reader implements AutoCloseable {
        private final Socket socket = new Socket();
        final List<String> lines = new CopyOnWriteArrayList<>();
        private volatile boolean hasEnded;

        Reader(int port, String query) throws IOException {
            this(port, query, "127.0.0.1");
        }

        Reader(int port, String query, String local) throws IOException {
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral(local), 0));
            // so that little is under way to one who does not read
            socket.setReceiveBufferSize(4096);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            var request =
                    "GET /v1/agent/monitor"
                            + query
                            + " HTTP/1.1\r\nHost: 127.0.0.1:"
                            + port
                            + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        }

        Reader read() {
            Thread.ofVirtual()
                    .start(() -> {
                        try (var reader =
                                new BufferedReader(
                                        new InputStreamReader(
                                                socket.getInputStream(), StandardCharsets.UTF_8))) {
                            for (var line = reader.readLine();
                                    line != null;
                                    line = reader.readLine()) {
                                lines.add(line);
                            }
                        } catch (IOException _) {
                            // closed by the test
                        }
                        hasEnded = true;
                    });
            return this;
        }

        String text() {
            return String.join("\n", lines);
        }

        void awaitText(String wanted) {
            await().atMost(EFFECT).until(() -> text().contains(wanted));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private Reader reader(String query) throws IOException {
        return reader(query, "127.0.0.1");
    }

    private Reader reader(String query, String local) throws IOException {
        var reader = new Reader(server.actualPort(), query, local);
        open.add(reader);
        return reader;
    }

    private void log(Level level, String text) {
        var line = new LogTap.Line(Instant.parse("2026-11-29T08:00:00Z"), level, text);
        taps.forEach(tap -> tap.accept(line));
    }

    @Test
    void linesOfTheLevelAndAboveAreTold() throws Exception {
        var info = reader("").read();
        var warn = reader("?loglevel=Warn&logjson").read();
        info.awaitText("[INFO]  monitor: what server 's1' logs from now on, level INFO and above");
        warn.awaitText("200 OK");
        await().atMost(EFFECT).until(() -> taps.size() == 2);

        log(Level.DEBUG, "too fine");
        log(Level.INFO, "a peering");
        log(Level.ERROR, "a \"fault\"");

        info.awaitText("2026-11-29T08:00:00Z [INFO]  a peering");
        info.awaitText("2026-11-29T08:00:00Z [ERROR] a \"fault\"");
        warn.awaitText(
                "{\"@level\":\"error\",\"@message\":\"a \\\"fault\\\"\",\"@timestamp\":\"2026-11-29T08:00:00Z\"}");
        assertThat(info.text()).contains("200 OK", "text/plain").doesNotContain("too fine");
        assertThat(warn.text()).doesNotContain("a peering", "from now on");
    }

    @Test
    void levelThatThereIsNotIsRefused() throws Exception {
        var reader = reader("?loglevel=loud").read();

        reader.awaitText("Unknown log level: loud");
        assertThat(reader.text()).contains("HTTP/1.1 400");
        assertThat(taps).isEmpty();
    }

    @Test
    void levelMayBeInConsulsWordsOfAnyCase() throws Exception {
        var reader = reader("?loglevel=Err").read();
        await().atMost(EFFECT).until(() -> !taps.isEmpty());

        log(Level.WARN, "a warning");
        log(Level.ERROR, "a fault");

        reader.awaitText("[ERROR] a fault");
        assertThat(reader.text()).doesNotContain("a warning");
    }

    @Test
    void quietLogHasAnEmptyLineFromTimeToTime() throws Exception {
        // two chunks of a byte each
        reader("").read().awaitText("\n1\n\n\n1\n\n");
    }

    /// The sum of what is told and of what is said to be left out is what was logged.
    @Test
    void slowReaderLosesLinesAndIsToldHowMany() throws Exception {
        var slow = reader("");
        await().atMost(EFFECT).until(() -> !taps.isEmpty());
        var padding = "x".repeat(4000);
        // more than the buffers of both sockets and the queue hold together
        var all = 20_000;

        for (var i = 0; i < all; i++) {
            log(Level.INFO, "line " + i + " " + padding);
        }
        slow.read();
        slow.awaitText("lines left out here: they came faster than read");
        log(Level.INFO, "the last");
        slow.awaitText("the last");

        var told = slow.lines.stream().filter(line -> line.contains(" line ")).count();
        var lost =
                Pattern.compile("monitor: (\\d+) lines left out here")
                        .matcher(slow.text())
                        .results()
                        .mapToLong(found -> Long.parseLong(found.group(1)))
                        .sum();
        assertThat(lost).isPositive();
        assertThat(told + lost).isEqualTo(all);
        // those that were told are whole and in order
        var numbers =
                slow.lines.stream()
                        .filter(line -> line.contains(" line "))
                        .map(line -> Integer.parseInt(line.split(" line ", 2)[1].split(" ", 2)[0]))
                        .toList();
        assertThat(numbers).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void watchersAreBoundedForEachAddressAndWhoLeavesMakesRoom() throws Exception {
        for (var i = 0; i < MonitorStream.MAX_OF_A_CLIENT; i++) {
            reader("").read().awaitText("from now on");
        }

        var refused = reader("").read();
        refused.awaitText("expected at most 4 of one address who watch");
        assertThat(refused.text()).contains("HTTP/1.1 429");

        open.getFirst().close();
        await().atMost(EFFECT).until(() -> taps.size() == MonitorStream.MAX_OF_A_CLIENT - 1);
        reader("").read().awaitText("from now on");
    }

    @Test
    void watchersAreBoundedAltogether() throws Exception {
        for (var i = 0; i < MonitorStream.MAX_WATCHERS; i++) {
            var local = "127.0.0." + (2 + i / MonitorStream.MAX_OF_A_CLIENT);
            reader("", local).read().awaitText("from now on");
        }

        var refused = reader("", "127.0.0.100").read();
        refused.awaitText("expected at most 16 who watch");
        assertThat(refused.text()).contains("HTTP/1.1 429");
    }

    @Test
    void callerWhoHasGoneBeforeHisTurnLeavesNothing() throws Exception {
        var gone = reader("?late");
        held.get(30, TimeUnit.SECONDS);
        gone.close();
        served.get(30, TimeUnit.SECONDS);

        assertThat(taps).isEmpty();
        for (var i = 0; i < MonitorStream.MAX_OF_A_CLIENT; i++) {
            reader("").read().awaitText("from now on");
        }
    }

    @Test
    void callerWhomTheLogFailsTakesNoPlace() throws Exception {
        isBroken.set(true);
        for (var i = 0; i <= MonitorStream.MAX_OF_A_CLIENT; i++) {
            reader("").read().awaitText("HTTP/1.1 500");
        }

        isBroken.set(false);
        reader("").read().awaitText("from now on");
    }

    @Test
    void callerWhoMayNotAnyMoreIsLetGo() throws Exception {
        var reader = reader("").read();
        reader.awaitText("from now on");

        mayWatch.set(false);

        await().atMost(EFFECT).until(() -> reader.hasEnded && taps.isEmpty());
    }

    @Test
    void streamEndsWithTheServer() throws Exception {
        var reader = reader("").read();
        reader.awaitText("from now on");

        monitor.close();

        await().atMost(EFFECT).until(() -> reader.hasEnded && taps.isEmpty());
        reader("").read().awaitText("server is stopping");
    }

    @Test
    void whatLogbackTakesIsToldAndNothingAfterwards(@TempDir Path folder) throws Exception {
        var logger = LoggerFactory.getLogger("hansa.test");
        var heard = new CopyOnWriteArrayList<LogTap.Line>();
        try (var _ = LogTap.open(heard::add)) {
            logger.error("expected by a test: {}", "one", new IOException("no disk"));
        }
        logger.error("expected by a test: two");
        var library = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger("io.grpc.test");
        library.setLevel(ch.qos.logback.classic.Level.DEBUG);
        try (var _ = LogTap.open(heard::add)) {
            library.debug("expected by a test: a frame with a secret in it");
        } finally {
            library.setLevel(null);
        }

        assertThat(heard).hasSize(1);
        assertThat(heard.getFirst().level()).isEqualTo(Level.ERROR);
        assertThat(heard.getFirst().text())
                .startsWith("expected by a test: one\njava.io.IOException: no disk");
        try (var world = new ApiWorld(folder.resolve("one"));
                var reader = new Reader(world.port(), "?loglevel=error").read()) {
            reader.awaitText("200 OK");
            await().atMost(EFFECT)
                    .until(() -> {
                        logger.error("expected by a test: three");
                        return reader.text().contains("[ERROR] expected by a test: three");
                    });

            // the role ends, and the log goes on
            world.stopWaiting();
            await().atMost(EFFECT)
                    .until(() -> {
                        logger.error("expected by a test: four");
                        return reader.text().contains("[ERROR] expected by a test: four");
                    });
            assertThat(reader.hasEnded).isFalse();
        }
    }
}
