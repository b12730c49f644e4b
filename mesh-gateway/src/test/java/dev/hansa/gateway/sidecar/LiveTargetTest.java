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
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LiveTargetTest {
    private static final ServiceName CART = new ServiceName("cart");
    private static final HealthView DOWN = HealthView.bad("down");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final LiveTarget live = new LiveTarget();

    private static Optional<Route> route(HealthView here, HealthView there) {
        var domain = new TrustDomain("x.consul");
        return Optional.of(
                new Route(
                        new UpstreamName(CART, Optional.empty()),
                        Duration.ofSeconds(1),
                        List.of(
                                new Target.LocalTarget(
                                        CART, "here", List.of(), domain, List.of(), here),
                                new Target.PeerTarget(
                                        new PeerName("p"),
                                        CART,
                                        "there",
                                        List.of(),
                                        domain,
                                        List.of(),
                                        there)),
                        new Spread.Sequential(),
                        0));
    }

    @Test
    void targetIsLiveSinceItTookOverHoweverOftenItsRouteIsTold() {
        live.taken(route(HealthView.GOOD, HealthView.GOOD), START);
        live.taken(route(HealthView.GOOD, DOWN), START.plusSeconds(1));
        assertThat(live.since()).hasValue(START);

        live.taken(route(DOWN, HealthView.GOOD), START.plusSeconds(2));
        live.taken(route(HealthView.bad("gone"), HealthView.GOOD), START.plusSeconds(3));
        assertThat(live.since()).hasValue(START.plusSeconds(2));

        live.taken(route(HealthView.GOOD, HealthView.GOOD), START.plusSeconds(4));
        assertThat(live.since()).hasValue(START.plusSeconds(4));
    }

    @Test
    void nothingIsLiveWhereNoTargetIsHealthyOrNoRouteIsKnown() {
        live.taken(Optional.empty(), START);
        assertThat(live.since()).isEmpty();

        live.taken(route(DOWN, DOWN), START.plusSeconds(1));
        assertThat(live.since()).isEmpty();

        live.taken(route(DOWN, HealthView.GOOD), START.plusSeconds(2));
        assertThat(live.since()).hasValue(START.plusSeconds(2));
    }
}
