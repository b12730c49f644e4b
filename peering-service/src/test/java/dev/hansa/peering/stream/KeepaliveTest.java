package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.peering.establish.TokenGeneration;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.PeerName;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Dead peers are noticed.
class KeepaliveTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    /// What is promised; a peer's own limit of silence is longer, so that only a ping can keep it.
    private static final Duration NOTICED = Duration.ofSeconds(15);

    @TempDir Path dir;

    @Test
    void bothEndsNoticeALinkThatFellSilentAndTheNextOneReconciles() throws Exception {
        var vertx = Vertx.vertx();
        try (var eks = new TestDatacenter(vertx, "eks", dir.resolve("eks"));
                var lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"));
                var relay = new SilentRelay(eks.address)) {
            eks.run("cartservice", CheckStatus.PASSING);
            eks.run("shippingservice", CheckStatus.PASSING);
            eks.export("cartservice>lke", "shippingservice>lke");
            var made =
                    eks.acceptor.generateToken(
                            new PeerName("lke"),
                            "lke",
                            Map.of(),
                            List.of(relay.address()),
                            Duration.ofHours(1),
                            TokenForm.SIGNED);
            assertThat(made).isInstanceOf(TokenGeneration.Generated.class);
            assertThat(lke.establish("eks", ((TokenGeneration.Generated) made).text()))
                    .isInstanceOf(Establishment.Established.class);
            await().atMost(SOON).until(() -> lke.imported("eks").size() == 2);

            relay.fallSilent();
            eks.export("cartservice>lke");
            var silent = System.nanoTime();
            await().atMost(NOTICED).until(() -> hasLost(eks) && hasLost(lke));
            assertThat(Duration.ofNanos(System.nanoTime() - silent)).isLessThan(NOTICED);
            assertThat(lke.catalog.snapshots().get().from(new PeerName("eks")).named("cartservice"))
                    .isNotEmpty();

            await().atMost(SOON)
                    .until(() -> lke.state("eks").equals(Optional.of(PeeringState.ACTIVE)));
            await().atMost(SOON).until(() -> lke.imported("eks").equals(List.of("cartservice")));
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static boolean hasLost(TestDatacenter datacenter) {
        return datacenter.events.stream()
                .anyMatch(event ->
                        event instanceof PeeringEvent.StreamEnded(_, var reason)
                                && reason.startsWith("no answer to a ping after"));
    }

    @Test
    void onlyAPeerThatAnnouncesItIsPingedMoreOftenThanConsulAllows() {
        var announced = MultiMap.caseInsensitiveMultiMap();
        Capabilities.announce(announced, PeerLimits.MESSAGE);
        var others = MultiMap.caseInsensitiveMultiMap().set("hansa-capabilities", "later, other");

        assertThat(Keepalive.announced(Capabilities.of(announced))).contains(Keepalive.KEEN);
        assertThat(Keepalive.announced(Capabilities.of(others))).isEmpty();
        assertThat(Keepalive.announced(Capabilities.of(MultiMap.caseInsensitiveMultiMap())))
                .isEmpty();
        assertThat(Keepalive.CONSULS.every()).isGreaterThanOrEqualTo(Duration.ofSeconds(15));
        assertThat(Keepalive.KEEN.every().plus(Keepalive.KEEN.limit())).isLessThan(NOTICED);
    }
}
