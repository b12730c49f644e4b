package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.store.CutTrio;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The index that a client sends, at whichever of three servers it asks next: real members of one
/// log, the API of each over it.
class IndexAcrossServersTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final RequestRates RATES = new RequestRates(2000, 1000);
    private static final String ENTRY = "/v1/config/service-defaults/web";

    @TempDir Path folder;
    private CutTrio trio;
    private ApiWorld leader;

    @BeforeEach
    void start() throws Exception {
        trio = new CutTrio(folder);
        CutTrio.inItsTerm(trio.leader());
        leader = ApiWorld.leading(trio.leader());
    }

    @AfterEach
    void stop() throws Exception {
        trio.joinAll();
        leader.close();
        trio.close();
    }

    private static long index(HttpResponse<String> answer) {
        return Long.parseLong(answer.headers().firstValue("X-Consul-Index").orElseThrow());
    }

    private static void write(ApiWorld at, String protocol) throws Exception {
        var answer =
                at.put(
                        "/v1/config",
                        "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\""
                                + protocol
                                + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void followerThatLagsAnswersNobodyBelowTheIndexThatHeSends() throws Exception {
        write(leader, "http");
        var behind = trio.follower();
        try (var follower = new ApiWorld(behind, AccessSettings.OPEN, RATES)) {
            follower.follow(leader);
            await().atMost(SOON).until(() -> follower.get(ENTRY + "?stale").statusCode() == 200);
            trio.cutOff(behind);
            write(leader, "tcp");
            var sent = index(leader.get(ENTRY));

            for (var query : new String[] {"?wait=100ms&index=", "?stale&wait=100ms&index="}) {
                var answer = follower.get(ENTRY + query + sent);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).contains("\"Protocol\":\"tcp\"");
                assertThat(index(answer)).isGreaterThanOrEqualTo(sent);
            }
            // it is behind, and says so to whoever asks for what it has
            var stale = follower.get(ENTRY + "?stale");
            assertThat(stale.body()).contains("\"Protocol\":\"http\"");
            assertThat(index(stale)).isLessThan(sent);
            // with nobody to ask it has nothing for him
            follower.lose();
            var refused = follower.get(ENTRY + "?stale&wait=100ms&index=" + sent);
            assertThat(refused.statusCode()).isEqualTo(500);
            assertThat(refused.body()).startsWith("No cluster leader: expected what is at index");
            trio.join(behind);
            await().atMost(SOON)
                    .until(() ->
                            follower.get(ENTRY + "?stale&wait=100ms&index=" + sent).statusCode()
                                    == 200);
        }
    }

    @Test
    void nextLeaderAnswersAboveEveryIndexOfTheFormerOneAtOnce() throws Exception {
        // live changes count in the index and are in no log
        for (var change = 0; change < 50; change++) {
            leader.streamChanged();
        }
        var sent = index(leader.get("/v1/peerings"));
        trio.cutOff(trio.leader());
        var next = trio.leader();
        CutTrio.inItsTerm(next);

        try (var world = ApiWorld.leading(next)) {
            var answer = world.get("/v1/peerings?wait=60s&index=" + sent);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(index(answer)).isGreaterThan(sent);
        }
    }

    @Test
    void leaderThatIsCutOffAnswersNoReadButWhatMayBeStale() throws Exception {
        write(leader, "http");
        var former = trio.leader();
        trio.cutOff(former);
        var next = trio.leader();
        try (var world = ApiWorld.leading(next)) {
            write(world, "tcp");
            assertThat(world.get(ENTRY).body()).contains("\"Protocol\":\"tcp\"");

            for (var query : new String[] {"", "?consistent", "?index=1", "?wait=1s&index=1"}) {
                assertRefused(leader.get(ENTRY + query));
            }
            assertThat(leader.get(ENTRY + "?stale").body()).contains("\"Protocol\":\"http\"");
        }
    }

    /// What it would have to write the log refuses; what it need not write it only believes.
    @Test
    void leaderThatIsCutOffSaysOfNothingThatItIsDone() throws Exception {
        register(leader);
        var pass = "/v1/agent/check/pass/ttl";
        assertThat(leader.put(pass, "").statusCode()).isEqualTo(200);
        write(leader, "http");
        trio.cutOff(trio.leader());
        var next = trio.leader();
        try (var world = ApiWorld.leading(next)) {
            assertThat(world.put("/v1/agent/check/fail/ttl", "").statusCode()).isEqualTo(200);
            write(world, "tcp");
            var entry = "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\"http\"}";
            var now =
                    new ObjectMapper()
                            .readTree(world.get(ENTRY).body())
                            .path("ModifyIndex")
                            .asLong();

            assertRefused(leader.put(pass, ""));
            // right at the one that leads, and not at what this one holds
            assertRefused(leader.put("/v1/config?cas=" + now, entry));
            assertThat(world.put("/v1/config?cas=" + now, entry).body()).isEqualTo("true");
            assertRefused(leader.put("/v1/agent/service/deregister/nobody", ""));
        }
    }

    @Test
    void whatTheLogHasSaidIsNotAskedForAgain() throws Exception {
        register(leader);
        var before = leader.confirmed.get();

        write(leader, "http");
        assertThat(leader.put("/v1/agent/check/pass/ttl", "").statusCode()).isEqualTo(200);
        assertThat(leader.confirmed.get()).isEqualTo(before);

        assertThat(leader.put("/v1/agent/check/pass/ttl", "").statusCode()).isEqualTo(200);
        assertThat(leader.confirmed.get()).as("nothing was to be written").isEqualTo(before + 1);
        assertThat(leader.put("/v1/agent/check/pass/none", "").statusCode()).isEqualTo(404);
        assertThat(leader.confirmed.get()).as("of what does not exist").isEqualTo(before + 2);
    }

    private static void register(ApiWorld at) throws Exception {
        var answer =
                at.put(
                        "/v1/agent/service/register",
                        """
                        {"Name": "app", "Check": {"CheckID": "ttl", "TTL": "1h", "Status": "critical"}}
                        """);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static void assertRefused(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(500);
        assertThat(answer.body()).startsWith("store: expected a leader that 2 of 3 servers follow");
    }
}
