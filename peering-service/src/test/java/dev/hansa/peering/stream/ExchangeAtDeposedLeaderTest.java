package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.CutTrio;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.PeeringSecrets;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.token.EstablishmentSecret;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A secret that a leader does not know, since it is none any more. A dialer that is denied gives
/// up; one that is told of a failure asks the next server.
class ExchangeAtDeposedLeaderTest {
    private static final String ID = "the-peering";

    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private StreamService at(Store store) {
        return new StreamService(
                vertx,
                new StreamContext(
                        new OwnDatacenter(
                                new TrustDomain("eks.consul"),
                                new Datacenter("eks"),
                                OwnDatacenter::storedRoots,
                                _ -> ExportPolicy.NONE,
                                new AdvertisedAddresses(List.of(), _ -> false)),
                        store,
                        new LiveCatalog(),
                        new LiveStreams(),
                        TestDatacenter.times(),
                        PeerLimits.DEFAULT,
                        Clock.systemUTC(),
                        events::add));
    }

    @Test
    void secretThatWasMadeSinceItWasDeposedIsNotDenied(@TempDir Path folder) {
        try (var trio = new CutTrio(folder)) {
            var former = trio.leader();
            var ofFormer = CutTrio.inItsTerm(former);
            trio.cutOff(former);
            var next = trio.leader();
            var ofNext = CutTrio.inItsTerm(next);
            var secret = EstablishmentSecret.random();
            ofNext.apply(
                    new StoreCommand.PutPeering(
                            PeeringRecord.accepting(new PeerName("lke"), ID, Map.of())));
            ofNext.apply(
                    new StoreCommand.IssueEstablishment(
                            ID,
                            new PeeringSecrets.Establishment(
                                    Sha256.hex(secret),
                                    "token",
                                    Clock.systemUTC().instant().plus(Duration.ofHours(1)))));
            var request =
                    Base64.getEncoder()
                            .encodeToString(
                                    ExchangeSecretRequest.newBuilder()
                                            .setPeerID(ID)
                                            .setEstablishmentSecret(secret.value())
                                            .build()
                                            .toByteArray());

            var refused = at(ofFormer).exchanged(request);
            assertThat(refused.status()).as(refused.body()).isEqualTo(500);
            assertThat(refused.body()).isEqualTo("this server cannot tell whether it leads");
            // strangers can bring it about, and it is no defect
            assertThat(events).hasSize(1).first().isInstanceOf(PeeringEvent.WriteRefused.class);
            assertThat(at(ofNext).exchanged(request).status()).isEqualTo(200);
            // whoever leads knows
            assertThat(at(ofNext).exchanged(request).status()).isEqualTo(403);
        }
    }
}
