package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that joins by one name for all servers of its datacenter, as a headless service of
/// Kubernetes is. The JVM's hosts file is a resolver that a test can rewrite.
class RetryJoinIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String NAME = "servers.eks.example";

    /// Nobody listens there.
    private static final String NOBODY = "127.143.0.99";

    private static void resolve(Path hosts, List<String> addresses) throws IOException {
        var text = new StringBuilder();
        addresses.forEach(address -> text.append(address).append(' ').append(NAME).append('\n'));
        Files.writeString(hosts, text);
    }

    @Test
    void eachAddressOfANameIsAskedAndTheNameLookedUpAgain(@TempDir Path folder) throws Exception {
        var hosts = folder.resolve("hosts");
        resolve(hosts, List.of(NOBODY));
        try (var eks =
                new ServerGroup(
                        "eks",
                        "127.143.0",
                        folder,
                        3,
                        List.of("--retry-join", NAME + ":8502"),
                        _ ->
                                List.of(
                                        "env",
                                        // for a name that changes sooner than the JVM forgets it
                                        "JDK_JAVA_OPTIONS=-Djdk.net.hosts.file="
                                                + hosts
                                                + " -Dsun.net.inetaddr.ttl=1"))) {
            eks.start(0);
            eks.awaitAnswer(0);
            eks.startWithToken(1, 0);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(Files.readString(eks.log(1)))
                                    .contains("not joined yet, asked '" + NOBODY + ":8502'"));

            // the name has come to stand for those that run
            resolve(hosts, List.of(NOBODY, eks.host(0)));
            eks.awaitAnswer(1);

            // and for one that does not lead, before the one that does
            eks.must(0, "POST", "/v1/operator/raft/transfer-leader", "");
            await().atMost(SOON).until(() -> eks.awaitLeader() == 1);
            resolve(hosts, List.of(eks.host(2), eks.host(0), eks.host(1)));
            eks.startWithToken(2, 1);
            eks.awaitAnswer(2);
            assertThat(Files.readString(eks.log(2)))
                    .contains("not joined yet, asked '" + eks.host(0) + ":8502'");
            assertThat(eks.must(2, "GET", "/v1/operator/raft/configuration", "").path("Servers"))
                    .hasSize(3);
        }
    }
}
