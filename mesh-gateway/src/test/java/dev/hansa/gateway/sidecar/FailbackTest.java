package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.Route;
import dev.hansa.failover.Spread;
import dev.hansa.failover.Target;
import dev.hansa.failover.UpstreamName;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FailbackTest {
    private static final ServiceName CART = new ServiceName("cart");
    private static final Duration OVER = Duration.ofSeconds(10);
    private static final HealthView DOWN = HealthView.bad("down");

    private final Failback failback = new Failback();

    private static Route route(Spread spread, HealthView here, HealthView... peers) {
        var targets = new ArrayList<Target>();
        var domain = new TrustDomain("x.consul");
        targets.add(new Target.LocalTarget(CART, "here", List.of(), domain, List.of(), here));
        for (var i = 0; i < peers.length; i++) {
            targets.add(
                    new Target.PeerTarget(
                            new PeerName("p" + i),
                            CART,
                            "there",
                            List.of(),
                            domain,
                            List.of(),
                            peers[i]));
        }
        return new Route(
                new UpstreamName(CART, Optional.empty()),
                Duration.ofSeconds(1),
                targets,
                spread,
                0);
    }

    private static Route gradual(HealthView here, HealthView... peers) {
        return route(new Spread.Sequential(OVER), here, peers);
    }

    /// What a connection with this chance tries first, so long after the beginning.
    private String first(Route route, double chance, Duration after) {
        return failback.shaped(route, chance, after.toNanos()).targets().getFirst().label();
    }

    @Test
    void shareGrowsFromNothingToAll() {
        failback.taken(gradual(DOWN, HealthView.GOOD), 0);
        var back = gradual(HealthView.GOOD, HealthView.GOOD);
        failback.taken(back, 0);

        assertThat(first(back, 0.0, Duration.ZERO)).isEqualTo("cart.peer.p0");
        assertThat(first(back, 0.29, Duration.ofSeconds(3))).isEqualTo("cart");
        assertThat(first(back, 0.31, Duration.ofSeconds(3))).isEqualTo("cart.peer.p0");
        assertThat(failback.told(Duration.ofSeconds(3).toNanos()))
                .hasValue("30 % go back to cart, the others still to cart.peer.p0");
        assertThat(first(back, 0.999, OVER)).isEqualTo("cart");
        assertThat(failback.told(OVER.toNanos())).isEmpty();
    }

    @Test
    void goingOverIsNeverGradual() {
        failback.taken(gradual(HealthView.GOOD, HealthView.GOOD), 0);
        var over = gradual(DOWN, HealthView.GOOD);
        failback.taken(over, 0);

        assertThat(failback.shaped(over, 0.99, 0)).isEqualTo(over);
    }

    @Test
    void allGoAtOnceWhenTheOtherCannotGoOn() {
        failback.taken(gradual(DOWN, HealthView.GOOD), 0);
        var back = gradual(HealthView.GOOD, DOWN);
        failback.taken(back, 0);

        assertThat(failback.shaped(back, 0.99, 0)).isEqualTo(back);
    }

    @Test
    void otherThatFailsMeanwhileIsLeft() {
        failback.taken(gradual(DOWN, HealthView.GOOD), 0);
        failback.taken(gradual(HealthView.GOOD, HealthView.GOOD), 0);
        var alone = gradual(HealthView.GOOD, DOWN);
        // before the change is taken, and after it
        assertThat(first(alone, 0.99, Duration.ofSeconds(1))).isEqualTo("cart");
        failback.taken(alone, 0);
        assertThat(failback.told(0)).isEmpty();
    }

    @Test
    void anotherChangeDoesNotBeginAnew() {
        failback.taken(gradual(DOWN, HealthView.GOOD, DOWN), 0);
        failback.taken(gradual(HealthView.GOOD, HealthView.GOOD, DOWN), 0);
        var changed = gradual(HealthView.GOOD, HealthView.GOOD, HealthView.GOOD);
        failback.taken(changed, Duration.ofSeconds(5).toNanos());

        assertThat(first(changed, 0.49, Duration.ofSeconds(5))).isEqualTo("cart");
        assertThat(first(changed, 0.51, Duration.ofSeconds(5))).isEqualTo("cart.peer.p0");
    }

    @Test
    void targetThatFlapsBeginsAnew() {
        var away = gradual(DOWN, HealthView.GOOD);
        var back = gradual(HealthView.GOOD, HealthView.GOOD);
        failback.taken(away, 0);
        failback.taken(back, 0);
        failback.taken(away, Duration.ofSeconds(9).toNanos());
        failback.taken(back, Duration.ofSeconds(9).toNanos());

        assertThat(first(back, 0.5, Duration.ofSeconds(9))).isEqualTo("cart.peer.p0");
    }

    @Test
    void anotherReturnDoesNotBurdenTheOneThatIsStillCold() {
        failback.taken(gradual(DOWN, DOWN, HealthView.GOOD), 0);
        failback.taken(gradual(DOWN, HealthView.GOOD, HealthView.GOOD), 0);
        var all = gradual(HealthView.GOOD, HealthView.GOOD, HealthView.GOOD);
        failback.taken(all, Duration.ofSeconds(1).toNanos());

        assertThat(first(all, 0.5, Duration.ofSeconds(1))).isEqualTo("cart.peer.p1");
        assertThat(first(all, 0.5, Duration.ofSeconds(7))).isEqualTo("cart");
    }

    @Test
    void withoutATimeItIsAtOnce() {
        failback.taken(route(new Spread.Sequential(), DOWN, HealthView.GOOD), 0);
        var back = route(new Spread.Sequential(), HealthView.GOOD, HealthView.GOOD);
        failback.taken(back, 0);

        assertThat(failback.shaped(back, 0.99, 0)).isEqualTo(back);
    }
}
