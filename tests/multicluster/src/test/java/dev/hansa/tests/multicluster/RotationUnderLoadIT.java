package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

// shows: GET /v1/hansa/ca
// shows: PUT /v1/hansa/ca/rotate
class RotationUnderLoadIT {
    private static final Duration ROTATION = Duration.ofSeconds(60);

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);

    @Test
    void noConnectionAcrossThePeeringFailsWhileBothSidesRotate(@TempDir Path folder)
            throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
            pair.start();
            await().atMost(Duration.ofMinutes(1)).until(() -> EchoLoad.answers(upstream));
            load.start(upstream, 8, 8);

            var eks = root(pair, PeeredPair.EKS);
            var lke = root(pair, PeeredPair.LKE);
            rotate(pair, PeeredPair.EKS);
            rotate(pair, PeeredPair.LKE);
            awaitEnd(pair, PeeredPair.EKS);
            awaitEnd(pair, PeeredPair.LKE);

            assertThat(root(pair, PeeredPair.EKS)).isNotEqualTo(eks);
            assertThat(root(pair, PeeredPair.LKE)).isNotEqualTo(lke);

            // new connections, with nothing but new certificates, and the old ones, still open
            var before = load.shortConnections();
            await().atMost(ROTATION).until(() -> load.shortConnections() > before + 100);
            load.stop();
            assertThat(load.failures()).as(pair.lastRefusal()).isEmpty();
            assertThat(load.wordsOnLongConnections()).isPositive();

            // once more, so that nobody who joined before the first knows the signing root by its
            // join token, and with a server that is killed on the way
            rotate(pair, PeeredPair.EKS);
            pair.kill("eks-server");
            pair.startServer("eks", PeeredPair.EKS);
            pair.awaitServer(PeeredPair.EKS);
            awaitEnd(pair, PeeredPair.EKS);
            // the peer has heard of it, and nothing is left of what was before
            assertThat(roots(pair, PeeredPair.EKS)).isEqualTo(1);
            await().atMost(ROTATION).until(() -> EchoLoad.answers(upstream));
        }
    }

    private static void rotate(PeeredPair pair, String prefix)
            throws IOException, InterruptedException {
        assertThat(
                        pair.call(prefix, "PUT", "/v1/hansa/ca/rotate", "")
                                .path("Rotation")
                                .path("Phase")
                                .asText())
                .isIn("publishing", "retiring");
    }

    private static void awaitEnd(PeeredPair pair, String prefix) {
        await().atMost(ROTATION)
                .until(() ->
                        pair.call(prefix, "GET", "/v1/hansa/ca", "").path("Rotation").isNull());
    }

    private static String root(PeeredPair pair, String prefix)
            throws IOException, InterruptedException {
        return pair.call(prefix, "GET", "/v1/connect/ca/roots", "").path("ActiveRootID").asText();
    }

    private static int roots(PeeredPair pair, String prefix)
            throws IOException, InterruptedException {
        return pair.call(prefix, "GET", "/v1/connect/ca/roots", "").path("Roots").size();
    }
}
