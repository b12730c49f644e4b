package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.peering.store.StoreCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockingReadsTest {
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
    @TempDir Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
        clients.close();
    }

    private static String index(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Consul-Index").orElseThrow();
    }

    @Test
    void readerIsAnsweredWhenTheEntryChanges() throws Exception {
        var seen = index(world.get("/v1/config/mesh"));
        var waiting = reading("/v1/config/mesh?index=" + seen + "&wait=60s");

        world.put("/v1/config", "{\"Kind\":\"mesh\"}");

        var answer = waiting.get(30, TimeUnit.SECONDS);
        assertThat(answer.body()).contains("\"Name\":\"mesh\"");
        assertThat(Long.parseLong(index(answer))).isGreaterThan(Long.parseLong(seen));
    }

    @Test
    void readerOfHealthIsAnsweredWhenAServiceComes() throws Exception {
        var seen = index(world.get("/v1/health/service/web"));
        var waiting = reading("/v1/health/service/web?index=" + seen + "&wait=60s");

        world.put("/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":1}");

        assertThat(waiting.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(world.get("/v1/health/service/web").body()).contains("\"Service\":\"web\"");
    }

    @Test
    void readerOfPeeringsIsAnsweredWhenAStreamOpens() throws Exception {
        world.post("/v1/peering/token", "{\"PeerName\":\"lke\"}");
        var seen = index(world.get("/v1/peering/lke"));
        var waiting = reading("/v1/peering/lke?index=" + seen + "&wait=60s");

        world.changes().set(1L);

        assertThat(waiting.get(30, TimeUnit.SECONDS).body()).contains("\"State\":\"ACTIVE\"");
    }

    @Test
    void unchangedReaderIsAnsweredWhenItsTimeIsOver() throws Exception {
        var seen = index(world.get("/v1/config/mesh"));
        var begun = System.nanoTime();

        var answer = world.get("/v1/config/mesh?index=" + seen + "&wait=200ms");

        assertThat(index(answer)).isEqualTo(seen);
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @Test
    void indexFromBeforeARestartIsLowerThanAnyAfter() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":1}");
        var before = Long.parseLong(index(world.get("/v1/catalog/services")));
        world.close();

        world = new ApiWorld(folder);

        assertThat(Long.parseLong(index(world.get("/v1/catalog/services")))).isGreaterThan(before);
    }

    /// A follower's copy has changed as often as it was told anything. Who takes its index to the
    /// leader, whose catalog has changed less often, must not wait for what has happened already.
    @Test
    void followerClaimsNoChangeThatTheLeaderMayNotHaveCounted() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":1}");
        var stored = index(world.get("/v1/config/mesh?stale"));
        assertThat(index(world.get("/v1/catalog/services?stale"))).isNotEqualTo(stored);

        world.follow();

        assertThat(index(world.get("/v1/catalog/services?stale"))).isEqualTo(stored);
        assertThat(index(world.get("/v1/health/service/web?stale"))).isEqualTo(stored);
    }

    /// Whoever has said that what is old will do is not refused for having seen something.
    @Test
    void staleReaderWithAnIndexIsAnsweredByTheCopyWhereNoLeaderCanBeAsked() throws Exception {
        world.put("/v1/config", "{\"Kind\":\"mesh\"}");
        var seen = index(world.get("/v1/config/mesh"));
        world.lose();

        var stale = world.get("/v1/config/mesh?stale&wait=60s&index=" + seen);

        assertThat(stale.statusCode()).as(stale.body()).isEqualTo(200);
        assertThat(stale.body()).contains("\"Kind\":\"mesh\"");
        assertThat(stale.headers().firstValue("X-Consul-Effective-Consistency")).contains("stale");
        for (var path : List.of("/v1/config/mesh?index=", "/v1/peerings?stale&index=")) {
            var refused = world.get(path + seen);
            assertThat(refused.statusCode()).as(path).isEqualTo(500);
            assertThat(refused.body()).as(path).startsWith("No cluster leader");
        }
    }

    /// The leader's index of what is live counts what no copy can.
    @Test
    void staleReaderIsNotAnsweredBelowTheIndexThatHeSends() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":1}");
        var seen = index(world.get("/v1/catalog/services"));
        var stored = index(world.get("/v1/config/mesh"));
        assertThat(Long.parseLong(stored)).isLessThan(Long.parseLong(seen));
        world.lose();

        var refused = world.get("/v1/catalog/services?stale&wait=100ms&index=" + seen);

        assertThat(refused.statusCode()).isEqualTo(500);
        assertThat(refused.body())
                .isEqualTo(
                        "No cluster leader: expected what is at index "
                                + seen
                                + " or later; found this server at "
                                + stored);
        assertThat(world.get("/v1/catalog/services?stale").statusCode()).isEqualTo(200);
    }

    /// Between the leader's death and an election he would ask as often as he can.
    @Test
    void staleReaderWhoHasSeenAllIsHeldForASecondWhereNoLeaderCanBeAsked() throws Exception {
        world.put("/v1/config", "{\"Kind\":\"mesh\"}");
        var seen = index(world.get("/v1/config/mesh"));
        world.lose();

        var begun = System.nanoTime();
        var same = world.get("/v1/config/mesh?stale&wait=60s&index=" + seen);
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(index(same)).isEqualTo(seen);

        var waiting = reading("/v1/config/service-defaults/web?stale&wait=60s&index=" + seen);
        world.store.apply(
                new StoreCommand.PutConfig(
                        "service-defaults",
                        "web",
                        "{\"Kind\":\"service-defaults\",\"Name\":\"web\"}",
                        OptionalLong.empty()));
        assertThat(Long.parseLong(index(waiting.get(30, TimeUnit.SECONDS))))
                .isGreaterThan(Long.parseLong(seen));
    }

    @Test
    void closingAnswersAllWhoWait() throws Exception {
        var seen = index(world.get("/v1/config/mesh"));
        var waiting = reading("/v1/config/mesh?index=" + seen + "&wait=60s");

        world.stopWaiting();

        await().atMost(Duration.ofSeconds(30)).until(waiting::isDone);
        assertThat(waiting.get().statusCode()).isEqualTo(200);
    }

    /// A thousand that a change has woken would else be back together each time.
    @Test
    void callersThatBeganTogetherDoNotComeBackTogether() throws Exception {
        var waits = new TreeSet<Duration>();
        try (var stay = new Places(new ReaderLimits(12, 8)).ours()) {
            var asked =
                    new ApiRequest(Map.of(), Map.of("wait", "16s"), "", stay, Caller.everything());
            for (var caller = 0; caller < 200; caller++) {
                waits.add(BlockingReads.wait(asked));
            }
        }

        // of a second, in nanoseconds: that two hundred are alike in half of them is no chance
        assertThat(waits).hasSizeGreaterThan(100);
        assertThat(waits.first()).isBetween(Duration.ofSeconds(16), Duration.ofMillis(16_500));
        assertThat(waits.last()).isBetween(Duration.ofMillis(16_500), Duration.ofSeconds(17));
    }

    /// As Consul's: a caller of another language's default of none waits as long as one who says
    /// nothing.
    @Test
    void waitOfNothingOrLessIsTheDefault() throws Exception {
        try (var stay = new Places(new ReaderLimits(12, 8)).ours()) {
            for (var wait : List.of("0s", "0", "-5s")) {
                var asked =
                        new ApiRequest(
                                Map.of(), Map.of("wait", wait), "", stay, Caller.everything());
                assertThat(BlockingReads.wait(asked))
                        .isBetween(Duration.ofMinutes(5), Duration.ofSeconds(319));
            }
        }
    }

    private Future<HttpResponse<String>> reading(String path) {
        Callable<HttpResponse<String>> read = () -> world.get(path);
        return clients.submit(read);
    }

    /// The world's limit is 8 for one address.
    @Test
    void callerOfTooManyIsRefusedUntilOneOfThemHangsUp() throws Exception {
        var seen = index(world.get("/v1/config/mesh"));
        var path = "/v1/config/mesh?wait=60s&index=" + seen;
        try (var closer = new Closer()) {
            var first = closer.add(waiter(path));
            for (var i = 1; i < 8; i++) {
                closer.add(waiter(path));
            }
            // whoever is one too many is told at once, so all eight are there when that happens
            await().untilAsserted(() -> {
                var refused = world.get("/v1/config/mesh?wait=10ms&index=" + seen);
                assertThat(refused.statusCode()).isEqualTo(429);
                assertThat(refused.body())
                        .contains("expected at most 8 waiting callers from one address");
            });

            first.close();

            await().untilAsserted(() ->
                    assertThat(world.get("/v1/config/mesh?wait=10ms&index=" + seen).statusCode())
                            .isEqualTo(200));
        }
    }

    private Socket waiter(String path) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), world.port());
        socket.getOutputStream()
                .write(
                        ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
