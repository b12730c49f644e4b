package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Closer;
import dev.hansa.peering.acl.AccessSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Blocking reads of those who may see nothing: they wait as readers do, elsewhere than readers.
@Timeout(120)
class StrangersWaitTest {
    private static final AccessSettings DENYING = new AccessSettings(true, false);
    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";
    private static final String SERVICES = "/v1/catalog/services?index=";

    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
    @TempDir Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder.resolve("world"), DENYING);
        bootstrap(world);
        world.sendAs(SECRET, "PUT", "/v1/agent/service/register", "{\"Name\":\"web\"}");
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
        clients.close();
    }

    private static void bootstrap(ApiWorld world) throws Exception {
        assertThat(
                        world.put("/v1/acl/bootstrap", "{\"BootstrapSecret\":\"" + SECRET + "\"}")
                                .statusCode())
                .isEqualTo(200);
    }

    private static String index(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Consul-Index").orElseThrow();
    }

    private String seen() throws Exception {
        return index(world.get("/v1/catalog/services"));
    }

    private Future<HttpResponse<String>> reading(String token, String path) {
        Callable<HttpResponse<String>> read = () -> world.sendAs(token, "GET", path, "");
        return clients.submit(read);
    }

    private static Socket waiter(ApiWorld at, String path) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), at.port());
        socket.getOutputStream()
                .write(
                        ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private String[] made(String body) throws Exception {
        var made =
                new ObjectMapper()
                        .readTree(world.sendAs(SECRET, "PUT", "/v1/acl/token", body).body());
        return new String[] {made.path("SecretID").asText(), made.path("AccessorID").asText()};
    }

    @Test
    void strangerWaitsUntilHisTimeIsOverOrSomethingChanges() throws Exception {
        for (var token : List.of("", made("{}")[0])) {
            var seen = seen();
            var begun = System.nanoTime();
            var same = world.sendAs(token, "GET", SERVICES + seen + "&wait=200ms", "");
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(200));
            assertThat(index(same)).isEqualTo(seen);
            assertThat(same.statusCode() + " " + same.body()).isEqualTo("200 {}");

            var waiting = reading(token, SERVICES + seen + "&wait=60s");
            assertThat(
                            world.sendAs(
                                            SECRET,
                                            "PUT",
                                            "/v1/config",
                                            "{\"Kind\":\"service-defaults\",\"Name\":\"s"
                                                    + token.length()
                                                    + "\"}")
                                    .body())
                    .isEqualTo("true");

            var woken = waiting.get(30, TimeUnit.SECONDS);
            assertThat(Long.parseLong(index(woken))).isGreaterThan(Long.parseLong(seen));
            assertThat(woken.body()).isEqualTo("{}");
        }
    }

    @Test
    void whoIsGivenSomethingWhileHeWaitsIsAnsweredWithIt() throws Exception {
        var token = made("{}");
        var waiting = reading(token[0], SERVICES + seen() + "&wait=60s");

        var given =
                world.sendAs(
                        SECRET,
                        "PUT",
                        "/v1/acl/token/" + token[1],
                        "{\"AccessorID\":\""
                                + token[1]
                                + "\",\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]}");
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);

        assertThat(waiting.get(30, TimeUnit.SECONDS).body()).contains("web");
    }

    @Test
    void strangersAreFewAndTakeNoReadersPlace() throws Exception {
        var path = SERVICES + seen();
        try (var closer = new Closer()) {
            var first = closer.add(waiter(world, path + "&wait=60s"));
            for (var i = 1; i < Places.STRANGERS.ofOneClient(); i++) {
                closer.add(waiter(world, path + "&wait=60s"));
            }
            // whoever is one too many is told at once, so all are there when that happens
            await().untilAsserted(() -> {
                var refused = world.get(path + "&wait=10ms");
                assertThat(refused.statusCode()).isEqualTo(429);
                assertThat(refused.body())
                        .isEqualTo(
                                "blocking query: expected at most 16 waiting callers from one address whose tokens allow nothing; found as many already waiting");
            });
            assertThat(world.sendAs(SECRET, "GET", path + "&wait=10ms", "").statusCode())
                    .isEqualTo(200);

            first.close();

            await().untilAsserted(() ->
                    assertThat(world.get(path + "&wait=10ms").statusCode()).isEqualTo(200));
        }
    }

    /// The world's limit for readers is 8 of one address and 12 of all, at either server.
    @Test
    void strangersTakeNoReadersPlaceAtAServerThatPassesThemOnNorAtTheLeader() throws Exception {
        try (var follower = new ApiWorld(folder.resolve("follower"), DENYING);
                var closer = new Closer()) {
            // as its copy of the log would have it
            bootstrap(follower);
            follower.follow(world);
            var path = SERVICES + seen();
            for (var i = 0; i < Places.STRANGERS.ofOneClient(); i++) {
                closer.add(waiter(follower, path + "&wait=60s"));
            }
            await().untilAsserted(() ->
                    assertThat(follower.get(path + "&wait=10ms").body())
                            .contains("whose tokens allow nothing"));

            assertThat(follower.sendAs(SECRET, "GET", path + "&wait=10ms", "").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void strangersPlaceIsHisForAMinuteAtMost() {
        try (var stay = new Places(new ReaderLimits(12, 8)).ours()) {
            var asked = new ApiRequest(Map.of(), Map.of(), "", stay, Caller.NOBODY);
            var tenMinutes = Duration.ofMinutes(10);
            var brief = Duration.ofSeconds(5);

            assertThat(BlockingReads.bounded(asked, tenMinutes)).isEqualTo(Duration.ofMinutes(1));
            assertThat(BlockingReads.bounded(asked, brief)).isEqualTo(brief);
            assertThat(BlockingReads.bounded(asked.by(Caller.everything()), tenMinutes))
                    .isEqualTo(tenMinutes);
        }
    }
}
