package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringFailure;
import dev.hansa.peering.PeeringFailure.Conflict.Cause;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.peering.establish.TokenGeneration;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A datacenter has no more peerings than it is allowed.
class PeeringLimitTest {
    private static final PeerLimits TWO =
            new PeerLimits(
                    2,
                    PeerLimits.SERVICES,
                    PeerLimits.INSTANCES,
                    PeerLimits.MESSAGE,
                    PeerLimits.MESSAGE,
                    PeerLimits.PENDING,
                    PeerLimits.CATALOG,
                    PeerLimits.CONNECTIONS);

    @TempDir Path dir;

    private final Vertx vertx = Vertx.vertx();
    private TestDatacenter eks;

    @BeforeEach
    void start() throws Exception {
        eks =
                new TestDatacenter(
                        vertx,
                        "eks",
                        new TrustDomain(UUID.randomUUID() + ".consul"),
                        dir.resolve("eks"),
                        TestDatacenter.times(),
                        TWO);
    }

    @AfterEach
    void stop() throws Exception {
        eks.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private TokenGeneration token(String peer) {
        return eks.acceptor.generateToken(
                new PeerName(peer),
                peer,
                Map.of(),
                List.of(),
                Duration.ofHours(1),
                TokenForm.SIGNED);
    }

    @Test
    void tokenForOnePeeringTooManyIsRefusedByName() {
        assertThat(token("one")).isInstanceOf(TokenGeneration.Generated.class);
        assertThat(token("two")).isInstanceOf(TokenGeneration.Generated.class);

        assertThat(token("three"))
                .isInstanceOfSatisfying(
                        TokenGeneration.Refused.class,
                        refused -> {
                            assertThat(refused.failure().reason()).isEqualTo("too_many_peerings");
                            assertThat(refused.failure().message())
                                    .isEqualTo(
                                            "peering 'three': expected at most 2 peerings"
                                                    + " (peer.max-peerings), ended ones that are not"
                                                    + " deleted included; found 2");
                        });
        assertThat(eks.store.now().peerings())
                .containsOnlyKeys(new PeerName("one"), new PeerName("two"));
        assertThat(eks.events)
                .anyMatch(event ->
                        event instanceof PeeringEvent.TokenNotGenerated(var peer, var failure)
                                && peer.value().equals("three")
                                && failure.reason().equals("too_many_peerings"));
        // another token for one that there is costs no place
        assertThat(token("two")).isInstanceOf(TokenGeneration.Generated.class);
    }

    @Test
    void establishingOnePeeringTooManyIsRefusedBeforeTheSecretIsUsed() throws Exception {
        try (var lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"))) {
            assertThat(token("one")).isInstanceOf(TokenGeneration.Generated.class);
            assertThat(token("two")).isInstanceOf(TokenGeneration.Generated.class);
            var invitation = lke.token("eks", "eks");

            assertThat(eks.establish("lke", invitation))
                    .isInstanceOfSatisfying(
                            Establishment.Refused.class,
                            refused ->
                                    assertThat(refused.failure())
                                            .isInstanceOfSatisfying(
                                                    PeeringFailure.Conflict.class,
                                                    conflict ->
                                                            assertThat(conflict.cause())
                                                                    .isEqualTo(
                                                                            Cause
                                                                                    .TOO_MANY_PEERINGS)));
            assertThat(eks.events)
                    .anyMatch(event ->
                            event instanceof PeeringEvent.EstablishFailed(_, var failure)
                                    && failure.reason().equals("too_many_peerings"));

            eks.store.apply(new StoreCommand.RemovePeering(new PeerName("one")));
            assertThat(eks.establish("lke", invitation))
                    .isInstanceOf(Establishment.Established.class);
        }
    }

    /// Two operators at once: the store counts, whoever looked first.
    @Test
    void storeItselfHoldsTheLimit() {
        assertThat(put("one")).isInstanceOf(StoreAnswer.Applied.class);
        assertThat(put("two")).isInstanceOf(StoreAnswer.Applied.class);
        assertThat(put("three"))
                .isEqualTo(new StoreAnswer.Refused("expected at most 2 peerings; found 2"));
    }

    private StoreAnswer put(String peer) {
        return eks.store.apply(
                new StoreCommand.PutPeering(
                        PeeringRecord.accepting(
                                new PeerName(peer), UUID.randomUUID().toString(), Map.of()),
                        TWO.peerings()));
    }
}
