package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.store.TestStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pages that are told of changes, each on a socket of its own.
// shows: GET /v1/hansa/changes
// shows: GET /v1/hansa/events
class ChangeStreamTest {
    private static final Duration EFFECT = Duration.ofSeconds(30);
    private static final String MESH =
            "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":true}}";

    @TempDir Path folder;
    private ApiWorld world;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder.resolve("one"));
        open.add(world);
    }

    @AfterEach
    void stop() throws Exception {
        for (var one : open.reversed()) {
            one.close();
        }
    }

    /// A browser, as far as it listens.
    private static final class Page implements AutoCloseable {
        private final Socket socket;
        final List<String> lines = new CopyOnWriteArrayList<>();
        private volatile boolean hasEnded;

        Page(int port, String... headers) throws IOException {
            this(InetAddress.getLoopbackAddress(), port, headers);
        }

        /// @param from where the browser runs
        Page(InetAddress from, int port, String... headers) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port, from, 0);
            var request =
                    "GET /v1/hansa/events HTTP/1.1\r\nHost: 127.0.0.1:"
                            + port
                            + "\r\n"
                            + String.join("", headers)
                            + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            Thread.ofVirtual().start(this::listen);
        }

        private void listen() {
            try (var reader =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.UTF_8))) {
                for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                    lines.add(line);
                    if (line.equals("0")) {
                        // the last chunk
                        hasEnded = true;
                    }
                }
            } catch (IOException _) {
                // closed by the test
            }
            hasEnded = true;
        }

        String text() {
            return String.join("\n", lines);
        }

        void awaitText(String wanted) {
            await().atMost(EFFECT).until(() -> text().contains(wanted));
        }

        void awaitEnd() {
            await().atMost(EFFECT).until(() -> hasEnded);
        }

        /// Forgets what was told so far.
        void awaitQuiet() {
            awaitText("event: changed");
            lines.clear();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private Page page(ApiWorld server) throws IOException {
        return page(server, 1);
    }

    /// @param host 127.0.0.HOST
    private Page page(ApiWorld server, int host) throws IOException {
        var page = new Page(InetAddress.ofLiteral("127.0.0." + host), server.port());
        open.add(page);
        return page;
    }

    @Test
    void pageIsToldWhoseChangesItHearsAndTheTime() throws Exception {
        var page = page(world);

        page.awaitText("event: hello");
        assertThat(page.text())
                .contains("HTTP/1.1 200", "text/event-stream", "no-store", "nosniff")
                .containsPattern("data: \\{\"Datacenter\":\"eks\",\"At\":\"20[0-9TZ:.-]+\"}");
    }

    @Test
    void pageIsToldWhichPartHasChanged() throws Exception {
        var page = page(world);
        page.awaitQuiet();

        world.put("/v1/config", MESH);
        page.awaitText("{\"Changed\":[\"config\"],");

        page.lines.clear();
        world.streamChanged();
        page.awaitText("{\"Changed\":[\"peerings\"],");

        page.lines.clear();
        world.catalog.publish("owner", List.of(instance()));
        page.awaitText("{\"Changed\":[\"services\"],");
    }

    private static ServiceInstance instance() {
        return TestStore.registered("node", "echo-1", "echo", List.of());
    }

    @Test
    void aServerThatDoesNotLeadTellsTheLeadersChanges() throws Exception {
        var follower = new ApiWorld(folder.resolve("two"));
        open.add(follower);
        follower.follow(world);
        var page = page(follower);
        page.awaitQuiet();

        world.streamChanged();

        page.awaitText("{\"Changed\":[\"peerings\"],");
    }

    @Test
    void pageIsToldThatNobodyLeadsAndAllWhenSomebodyDoes() throws Exception {
        var leader = new ApiWorld(folder.resolve("two"));
        open.add(leader);
        world.follow();
        var page = page(world);
        page.awaitText("event: lost");

        world.follow(leader);

        page.awaitText("{\"Changed\":[\"config\",\"failovers\",\"peerings\",\"services\"],");
    }

    @Test
    void listenersAreBounded() throws Exception {
        for (var i = 0; i < ChangeStream.MAX_OF_A_CLIENT; i++) {
            page(world).awaitText("event: hello");
        }
        assertThat(refusal())
                .isEqualTo(
                        "events: expected at most 32 listeners of one address; found as many already listening");
        // others have their places
        for (var i = ChangeStream.MAX_OF_A_CLIENT; i < ChangeStream.MAX_LISTENERS; i++) {
            page(world, 1 + i / ChangeStream.MAX_OF_A_CLIENT).awaitText("event: hello");
        }
        assertThat(refusal())
                .isEqualTo(
                        "events: expected at most 128 listeners; found as many already listening");

        // whoever leaves makes room
        open.removeLast().close();
        await().atMost(EFFECT)
                .until(() -> {
                    var another = page(world, 9);
                    await().until(() -> another.text().contains("HTTP/1.1 "));
                    return another.text().contains("HTTP/1.1 200");
                });
    }

    private String refusal() throws Exception {
        var refused = world.get("/v1/hansa/events");
        assertThat(refused.statusCode()).isEqualTo(429);
        return refused.body();
    }

    @Test
    void pagesOfOtherOriginsAreRefused() throws Exception {
        try (var foreign = new Page(world.port(), "Origin: http://evil.example\r\n")) {
            foreign.awaitText("HTTP/1.1 403");
        }
    }

    @Test
    void theStreamEndsWithTheServersRole() throws Exception {
        var page = page(world);
        page.awaitText("event: hello");

        world.stopWaiting();

        page.awaitEnd();
    }
}
