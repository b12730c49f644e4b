package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Five servers as processes: two may die at the same time, and the third takes the majority along.
@Tag("long")
class FiveServersIT {
    /// An election takes 2.4 s at most, and as long again where two stand at once; five servers
    /// share the machine.
    private static final Duration SEEN = Duration.ofMinutes(1);

    private static final String RESOLVERS = "/v1/config/service-resolver";

    @TempDir Path folder;

    /// At each that runs, until it is taken.
    private static void write(ServerGroup eks, String when, Set<String> acknowledged) {
        for (var asked : eks.running()) {
            var name = when + "-" + asked;
            await().atMost(SEEN).until(() -> eks.putResolver(asked, name) == 200);
            acknowledged.add("\"Name\":\"" + name + "\"");
        }
    }

    private static void nothingIsLost(ServerGroup eks, Set<String> acknowledged)
            throws IOException, InterruptedException {
        for (var asked : eks.running()) {
            var told = eks.send(asked, "GET", RESOLVERS, "");
            assertThat(told.statusCode()).as("at %d", asked).isEqualTo(200);
            assertThat(told.body()).as("at %d", asked).contains(acknowledged);
        }
    }

    @Test
    void writesGoOnWithoutTwoOfFiveAndAreRefusedWithoutThree() throws Exception {
        var acknowledged = new TreeSet<String>();
        try (var eks = new ServerGroup("eks", "127.151.0", folder, 5, List.of())) {
            eks.start();
            write(eks, "all", acknowledged);

            // the leader and another, at the same moment
            var leader = eks.awaitLeader();
            eks.kill(leader);
            eks.kill((leader + 1) % eks.count());
            write(eks, "three", acknowledged);
            nothingIsLost(eks, acknowledged);

            eks.kill(eks.awaitLeader());
            for (var left : eks.running()) {
                await().atMost(SEEN)
                        .until(() -> eks.health(left).path("leader").asText().isEmpty());
                assertThat(eks.putResolver(left, "lost-" + left)).isEqualTo(500);
                assertThat(eks.isReady(left)).isFalse();
                assertThat(eks.send(left, "GET", RESOLVERS, "").statusCode()).isEqualTo(500);
                assertThat(eks.send(left, "GET", RESOLVERS + "?stale", "").statusCode())
                        .isEqualTo(200);
            }

            eks.start(leader);
            eks.awaitAnswer(leader);
            write(eks, "again", acknowledged);
            nothingIsLost(eks, acknowledged);
            assertThat(eks.send(leader, "GET", RESOLVERS, "").body()).doesNotContain("\"lost-");
        }
    }
}
