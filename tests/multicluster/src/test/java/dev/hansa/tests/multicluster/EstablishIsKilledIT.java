package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that is killed while it establishes a peering, and what its operator finds afterwards.
class EstablishIsKilledIT {
    private static final Duration SEEN = Duration.ofSeconds(30);
    private static final String EKS = "127.76.0.1";
    private static final String LKE = "127.76.0.2";
    private static final int HOLE_PORT = 8503;
    private static final String HOLE = "127.76.0.9";

    @TempDir Path directory;
    private BareServer eks;
    private BareServer lke;

    @BeforeEach
    void start() throws Exception {
        eks = BareServer.start("eks", EKS, directory);
        lke = BareServer.start("lke", LKE, directory);
        eks.awaitAnswer();
        lke.awaitAnswer();
    }

    @AfterEach
    void stop() {
        eks.close();
        lke.close();
    }

    private String token(List<String> addresses) throws Exception {
        return eks.must(
                        "POST",
                        "/v1/peering/token",
                        Map.of("PeerName", "lke", "ServerExternalAddresses", addresses))
                .path("PeeringToken")
                .asText();
    }

    private static String body(String token) {
        return "{\"PeerName\":\"eks\",\"PeeringToken\":\"" + token + "\"}";
    }

    /// The record that an establishing server writes first stands in nobody's way after it died.
    @Test
    void freshTokenEstablishesAfterTheDialerWasKilled() throws Exception {
        try (var hole = new ServerSocket(HOLE_PORT, 50, InetAddress.getByName(HOLE))) {
            var first = token(List.of(HOLE + ":" + hole.getLocalPort()));
            var attempt =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    lke.send("POST", "/v1/peering/establish", body(first));
                                } catch (IOException _) {
                                    // the server died, as it had to
                                } catch (InterruptedException _) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            hole.accept();
            assertThat(lke.state("eks")).isEqualTo("PENDING");
            lke.kill();
            attempt.join();
        }
        lke.startAgain();

        // seen, and not taken for more than it is
        assertThat(lke.state("eks")).isEqualTo("PENDING");
        lke.must("POST", "/v1/peering/establish", body(token(List.of())));
        await().atMost(SEEN).until(() -> lke.state("eks").equals("ACTIVE"));
        await().atMost(SEEN).until(() -> eks.state("lke").equals("ACTIVE"));

        // and it can be deleted like any other
        lke.must("DELETE", "/v1/peering/eks", "");
        await().atMost(SEEN).until(() -> lke.state("eks").isEmpty());
    }
}
