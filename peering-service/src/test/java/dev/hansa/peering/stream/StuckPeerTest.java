package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CatalogCodec;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A peer that is connected and does not read.
class StuckPeerTest extends RawCaller {
    private static final int SERVICES = 700;
    private static final int INSTANCES = 1000;

    /// Each service is two resources, so that all of them are more than a peer is sent unanswered.
    private static final int WINDOW = 1024;

    private void run(CheckStatus status) {
        for (var i = 0; i < SERVICES; i++) {
            eks.run("service-" + i, status);
        }
    }

    /// As [#peerThatReadsNothingCostsAWindowAndDelaysNobody], by bytes.
    @Test
    void peerThatReadsNothingCostsWhatMayBePendingAndDelaysNobody() throws Exception {
        var services = 60;
        for (var i = 0; i < services; i++) {
            eks.run("large-" + i, INSTANCES);
        }
        eks.export("*>lke", "*>gke");
        var stuck = opened();
        stuck.channel().write(subscription(PeerStreamRpc.EXPORTED_SERVICE));
        assertThat(lke.establish("eks", eks.token("gke", "lke")))
                .isInstanceOf(Establishment.Established.class);
        await().atMost(SOON).until(() -> lke.imported("eks").size() == services);
        var bytes =
                CatalogCodec.encode(eks.catalog.snapshots().get().named("large-0"))
                        .getSerializedSize();

        // the wire's buffers, and what the stuck one has taken in without looking at it
        var underWay = 2L * PeerLimits.PENDING;
        assertThat((long) bytes * services).isGreaterThan(2 * (PeerLimits.PENDING + underWay));
        assertThat(sentTo("gke")).isGreaterThan(services);
        assertThat(sentTo("lke") / 2 * bytes).isLessThan(PeerLimits.PENDING + bytes + underWay);
    }

    private long sentTo(String peer) {
        return eks.events.stream()
                .filter(event ->
                        event instanceof PeeringEvent.ResourceSent(var to)
                                && to.equals(new PeerName(peer)))
                .count();
    }

    @Test
    void peerThatReadsNothingCostsAWindowAndDelaysNobody() throws Exception {
        run(CheckStatus.PASSING);
        eks.export("*>lke", "*>gke");
        var stuck = opened();
        stuck.channel().write(subscription(PeerStreamRpc.EXPORTED_SERVICE));
        assertThat(lke.establish("eks", eks.token("gke", "lke")))
                .isInstanceOf(Establishment.Established.class);
        await().atMost(SOON).until(() -> lke.imported("eks").size() == SERVICES);

        run(CheckStatus.CRITICAL);
        await().atMost(Duration.ofSeconds(15))
                .until(() ->
                        lke
                                .catalog
                                .snapshots()
                                .get()
                                .from(new PeerName("eks"))
                                .instances()
                                .entrySet()
                                .stream()
                                .filter(entry -> !entry.getKey().endsWith("-sidecar-proxy"))
                                .allMatch(entry ->
                                        entry.getValue().getFirst().status()
                                                == CheckStatus.CRITICAL));

        assertThat(sentTo("gke")).isGreaterThan(WINDOW);
        assertThat(sentTo("lke")).isBetween(1L, (long) WINDOW);
    }
}
