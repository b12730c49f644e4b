package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.failover.Callers;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import org.junit.jupiter.api.Test;

class CallerTallyTest {
    private final CallerTally tally = new CallerTally();

    private static SpiffeId id(String service) {
        return SpiffeId.service(new TrustDomain("lke.consul"), new Datacenter("lke"), service);
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
}
