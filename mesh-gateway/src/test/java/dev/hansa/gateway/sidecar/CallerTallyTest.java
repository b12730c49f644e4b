package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.failover.Callers;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import org.junit.jupiter.api.Test;

class CallerTallyTest {
    private static final String OURS = "lke.consul";

    private final CallerTally tally = new CallerTally(new TrustDomain(OURS));

    private static SpiffeId id(String service) {
        return id(OURS, service);
    }

    private static SpiffeId id(String domain, String service) {
        return SpiffeId.service(new TrustDomain(domain), new Datacenter("x"), service);
    }

    private long places(String domain) {
        return tally.callers().each().stream()
                .filter(one -> one.id().trustDomain().name().equals(domain))
                .count();
    }

    @Test
    void openConnectionsAreThoseThatHaveNotEnded() {
        var first = tally.entered(id("web"));
        tally.entered(id("web"));
        tally.left(first);

        assertThat(tally.callers().each())
                .containsExactly(new Callers.OfCaller(id("web"), new Callers.Count(1, 2)));
    }

    @Test
    void callersWithoutConnectionsMakeRoomAndNothingCarriedIsForgotten() {
        var standing = tally.entered(id("standing"));
        for (var i = 0; i < 10 * Callers.MOST; i++) {
            tally.left(tally.entered(id("web" + i)));
        }

        var told = tally.callers();
        assertThat(told.each())
                .hasSize(Callers.MOST)
                .contains(new Callers.OfCaller(id("standing"), new Callers.Count(1, 1)));
        assertThat(told.beyond().carried() + told.each().size()).isEqualTo(10L * Callers.MOST + 1);
        tally.left(standing);
        assertThat(tally.callers().each())
                .contains(new Callers.OfCaller(id("standing"), new Callers.Count(0, 1)));
    }

    @Test
    void namesThatAPeerMakesUpAreCountedTogetherOnceThereIsNoRoom() {
        for (var i = 0; i < Callers.MOST; i++) {
            tally.entered(id("web" + i));
        }

        var more = tally.entered(id("more"));
        tally.entered(id("s".repeat(Callers.MAX_IDENTITY)));

        assertThat(tally.callers().each()).hasSize(Callers.MOST);
        assertThat(tally.callers().beyond()).isEqualTo(new Callers.Count(2, 2));
        tally.left(more);
        assertThat(tally.callers().beyond()).isEqualTo(new Callers.Count(1, 2));
    }

    @Test
    void namesThatPeersMakeUpTakeNoPlaceOfOurCallersNorOfOtherPeers() {
        tally.left(tally.entered(id("quiet")));
        for (var i = 0; i < 2 * Callers.MOST; i++) {
            tally.entered(id("a.consul", "web" + i));
            // those whose connections have ended make room for their own kind alone
            tally.left(tally.entered(id("b.consul", "web" + i)));
        }
        tally.entered(id("c.consul", "shop"));
        for (var i = 0; i < CallerTally.MOST_FOREIGN - 1; i++) {
            tally.entered(id("web" + i));
        }

        assertThat(places("a.consul")).isEqualTo(CallerTally.MOST_FOREIGN);
        assertThat(places("b.consul")).isEqualTo(CallerTally.MOST_FOREIGN);
        assertThat(places("c.consul")).isEqualTo(1);
        assertThat(places(OURS)).isEqualTo(CallerTally.MOST_FOREIGN);
        assertThat(tally.callers().each())
                .contains(new Callers.OfCaller(id("quiet"), new Callers.Count(0, 1)));
    }

    @Test
    void manyPeersTogetherLeavePlacesForOurCallers() {
        for (var i = 0; i < 2 * Callers.MOST; i++) {
            tally.entered(id("peer" + i + ".consul", "web"));
        }
        for (var i = 0; i < CallerTally.MOST_FOREIGN; i++) {
            tally.entered(id("web" + i));
        }

        assertThat(places(OURS)).isEqualTo(CallerTally.MOST_FOREIGN);
        assertThat(tally.callers().each()).hasSize(Callers.MOST);
    }
}
