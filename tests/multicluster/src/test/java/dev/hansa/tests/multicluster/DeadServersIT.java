package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that has been silent for `raft.dead-after` counts no longer when the next one dies.
@Tag("long")
class DeadServersIT {
    private static final Duration SEEN = Duration.ofSeconds(30);

    @Test
    void silentServerIsRemovedAndALivingOneIsNot(@TempDir Path folder) throws Exception {
        try (var eks =
                new ServerGroup(
                        "eks", "127.114.0", folder, 3, List.of("--raft-dead-after", "8s"))) {
            eks.start();
            var leader = eks.awaitLeader();
            var dead = leader == 2 ? 1 : 2;
            var name = eks.health(dead).path("member").asText();

            // shorter than that is no reason
            eks.signal(dead, "STOP");
            await().during(Duration.ofSeconds(4))
                    .atMost(SEEN)
                    .until(() -> servers(eks, leader).contains(name));
            eks.signal(dead, "CONT");
            await().during(Duration.ofSeconds(8))
                    .atMost(SEEN)
                    .until(() -> servers(eks, leader).contains(name));

            eks.kill(dead);
            await().atMost(SEEN).until(() -> !servers(eks, eks.awaitLeader()).contains(name));

            assertThat(servers(eks, eks.awaitLeader())).hasSize(2);
            assertThat(
                            eks.send(
                                            eks.awaitLeader(),
                                            "PUT",
                                            "/v1/config",
                                            "{\"Kind\":\"service-defaults\",\"Name\":\"two\"}")
                                    .statusCode())
                    .isEqualTo(200);
            // who had joined is on record, and who has removed it: no operator did
            await().atMost(SEEN)
                    .untilAsserted(() ->
                            assertThat(acts(eks, "server.remove", name))
                                    .containsExactly("system:dead-servers"));
            assertThat(acts(eks, "server.add", name)).containsExactly("server " + name);
        }
    }

    private static List<String> acts(ServerGroup group, String what, String on) throws Exception {
        return group.must(
                        group.awaitLeader(),
                        "GET",
                        "/v1/hansa/audit?what=" + what + "&on=" + on,
                        "")
                .path("Records")
                .findValuesAsText("Who");
    }

    private static List<String> servers(ServerGroup group, int asked) throws Exception {
        return group.must(asked, "GET", "/v1/operator/raft/configuration", "")
                .path("Servers")
                .findValuesAsText("ID");
    }
}
