package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecoveriesTest {
    private static final ServiceName CART = new ServiceName("cart");
    private static final Instant START = Instant.parse("2026-01-01T10:00:00Z");
    private static final Duration HOLD = Duration.ofSeconds(30);

    private static List<Target> cart(boolean healthy) {
        return List.of(
                new Target.LocalTarget(
                        CART,
                        "sni",
                        List.of(),
                        new TrustDomain("eks.consul"),
                        List.of(),
                        healthy ? HealthView.GOOD : HealthView.bad("gone")));
    }

    private static Instant after(int seconds) {
        return START.plusSeconds(seconds);
    }

    @Test
    void targetThatWasNeverSeenDownIsNotHeld() {
        var seen = Recoveries.NONE.next(CART, cart(true), HOLD, START);

        assertThat(seen).isEqualTo(Recoveries.NONE);
    }

    @Test
    void targetThatComesBackIsHeldForAsLongAsItsServiceSays() {
        var down = Recoveries.NONE.next(CART, cart(false), HOLD, START);
        assertThat(down.held(CART, "cart")).isEmpty();
        assertThat(down.due()).isEmpty();

        var back = down.next(CART, cart(true), HOLD, after(5));
        assertThat(back.held(CART, "cart"))
                .contains(
                        "healthy again since 2026-01-01T10:00:05Z, and held down until 2026-01-01T10:00:35Z");
        assertThat(back.due()).contains(after(35));

        var still = back.next(CART, cart(true), HOLD, after(34));
        assertThat(still).isEqualTo(back);
        assertThat(still.next(CART, cart(true), HOLD, after(35))).isEqualTo(Recoveries.NONE);
    }

    @Test
    void clockThatIsSetBackDoesNotMakeTheWaitLonger() {
        var back =
                Recoveries.NONE
                        .next(CART, cart(false), HOLD, after(0))
                        .next(CART, cart(true), HOLD, after(5));

        var set = back.next(CART, cart(true), HOLD, after(-3600));

        assertThat(set.due()).contains(after(-3600 + 30));
    }

    @Test
    void flappingBeginsTheWaitAnew() {
        var back =
                Recoveries.NONE
                        .next(CART, cart(false), HOLD, START)
                        .next(CART, cart(true), HOLD, after(1))
                        .next(CART, cart(false), HOLD, after(20))
                        .next(CART, cart(true), HOLD, after(21));

        assertThat(back.due()).contains(after(51));
    }

    @Test
    void shorterWaitActsOnWhatIsHeldAlready() {
        var back =
                Recoveries.NONE
                        .next(CART, cart(false), HOLD, START)
                        .next(CART, cart(true), HOLD, after(1))
                        .next(CART, cart(true), Duration.ofSeconds(10), after(2));

        assertThat(back.due()).contains(after(11));
    }

    @Test
    void serviceThatNeedNotWaitAnyMoreIsForgotten() {
        var down = Recoveries.NONE.next(CART, cart(false), HOLD, START);

        assertThat(down.next(CART, cart(false), Duration.ZERO, after(1)))
                .isEqualTo(Recoveries.NONE);
        assertThat(down.of(Set.of())).isEqualTo(Recoveries.NONE);
        assertThat(down.of(Set.of(CART))).isEqualTo(down);
    }
}
