package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Servers that know each other by names alone, as the pods of a headless service of Kubernetes do:
/// one name for all of them, by which the next one joins, and one for each, which stands for
/// another address when a pod comes back. The JVM's hosts file is a resolver that a test can
/// rewrite.
// shows: POST /v1/operator/raft/transfer-leader
class RetryJoinIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String ALL = "servers.eks.example";
    private static final String PREFIX = "127.143.0";

    /// Nobody listens there.
    private static final String NOBODY = PREFIX + ".99";

    @TempDir Path folder;

    private static String name(int number) {
        return "server-" + number + ".eks.example";
    }

    /// Each server by its own name, and those addresses by the name of all.
    private void resolve(ServerGroup eks, List<String> all) throws IOException {
        var lines = new ArrayList<String>();
        all.forEach(address -> lines.add(address + " " + ALL));
        for (var number = 0; number < eks.count(); number++) {
            lines.add(eks.host(number) + " " + name(number));
        }
        Files.write(hosts(), lines);
    }

    private Path hosts() {
        return folder.resolve("hosts");
    }

    private ServerGroup named() {
        var eks =
                new ServerGroup(
                        "eks",
                        PREFIX,
                        folder,
                        3,
                        List.of("--retry-join", ALL + ":8502"),
                        _ -> List.of("env", "JDK_JAVA_OPTIONS=-Djdk.net.hosts.file=" + hosts()));
        eks.named(RetryJoinIT::name);
        return eks;
    }

    private static void awaitWrite(ServerGroup eks, int asked, String entry) throws Exception {
        var body = ServerGroup.text(Map.of("Kind", "service-resolver", "Name", entry));
        await().atMost(SOON)
                .until(() -> eks.send(asked, "PUT", "/v1/config", body).statusCode() == 200);
    }

    @Test
    void serversAreFoundByNamesThatComeToStandForOtherAddresses() throws Exception {
        try (var eks = named()) {
            resolve(eks, List.of(NOBODY));
            eks.start(0);
            eks.awaitAnswer(0);
            eks.startWithToken(1, 0);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(Files.readString(eks.log(1)))
                                    .contains("not joined yet, asked '" + NOBODY + ":8502'"));

            // the name has come to stand for those that run
            resolve(eks, List.of(NOBODY, eks.host(0)));
            eks.awaitAnswer(1);

            // and for one that does not lead, before the one that does
            eks.must(0, "POST", "/v1/operator/raft/transfer-leader", "");
            await().atMost(SOON).until(() -> eks.awaitLeader() == 1);
            resolve(eks, List.of(eks.host(2), eks.host(0), eks.host(1)));
            eks.startWithToken(2, 1);
            eks.awaitAnswer(2);
            assertThat(Files.readString(eks.log(2)))
                    .contains("not joined yet, asked '" + eks.host(0) + ":8502'");
            assertThat(eks.must(2, "GET", "/v1/operator/raft/configuration", "").path("Servers"))
                    .extracting(server -> server.path("Address").asText())
                    .containsExactlyInAnyOrder(
                            name(0) + ":8300", name(1) + ":8300", name(2) + ":8300");

            // it comes back with another address under its name: the leader finds it there
            eks.kill(2);
            eks.move(2, PREFIX + ".12");
            resolve(eks, List.of(eks.host(0)));
            eks.start(2);
            eks.awaitAnswer(2);

            // and so does whoever is left when that leader dies: neither is a majority by itself
            eks.kill(eks.awaitLeader());
            awaitWrite(eks, 2, "after");
            assertThat(eks.must(0, "GET", "/v1/config/service-resolver/after", "").isEmpty())
                    .isFalse();
        }
    }

    /// A standing connection tells nothing of it: nobody has closed it, and the name leads
    /// elsewhere meanwhile.
    @Test
    @Tag("long")
    void memberWhoseMachineIsLostWithoutAWordIsFoundAtItsNextAddress() throws Exception {
        try (var eks = named()) {
            resolve(eks, List.of(eks.host(0)));
            eks.start();
            var leader = eks.awaitLeader();
            var lost = (leader + 1) % eks.count();
            eks.lose(lost);
            eks.move(lost, PREFIX + ".12");
            resolve(eks, List.of(eks.host(leader)));
            eks.start(lost);
            eks.awaitAnswer(lost);

            eks.kill((leader + 2) % eks.count());
            awaitWrite(eks, leader, "with-the-one-that-moved");
        }
    }
}
