package dev.hansa.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.route.RouteDecision.Forward;
import dev.hansa.gateway.route.RouteDecision.Refuse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SniRouterTest {
    private static final ServerName BILLING = new ServerName("billing.west.consul");
    private static final TargetEndpoint ENDPOINT =
            new TargetEndpoint(new Endpoint("10.0.0.1", 20000), HealthView.GOOD);
    private static final TargetEndpoint OTHER =
            new TargetEndpoint(new Endpoint("10.0.0.3", 20000), HealthView.GOOD);
    private static final TargetEndpoint DOWN =
            new TargetEndpoint(new Endpoint("10.0.0.2", 20000), HealthView.bad("critical"));

    private final AtomicBoolean stale = new AtomicBoolean();
    private final PassiveHealth seen = new PassiveHealth((_, _, _) -> {});

    @Test
    void servedNameIsForwardedWhateverItsCase() {
        var route = route(List.of(ENDPOINT), "");

        assertThat(router(route).decide(new ServerName("Billing.WEST.consul")))
                .isEqualTo(new Forward(route, List.of(ENDPOINT)));
    }

    @Test
    void unknownNameIsRefused() {
        assertThat(router(route(List.of(ENDPOINT), "")).decide(new ServerName("west.consul")))
                .isEqualTo(new Refuse(Refusal.NOT_SERVED, "name 'west.consul' is not served here"));
    }

    @Test
    void routeWithoutHealthyEndpointIsRefusedWithItsEvidence() {
        assertThat(router(route(List.of(), "no passing instance")).decide(BILLING))
                .isEqualTo(
                        new Refuse(
                                Refusal.NO_HEALTHY_ENDPOINT,
                                "name 'billing.west.consul' has no healthy endpoint: no passing instance"));
    }

    @Test
    void endpointThatIsDownIsTriedLastAndOnlyWhenTheServerHasNotBeenHeard() {
        var both = router(route(List.of(DOWN, ENDPOINT), ""));
        var down = router(route(List.of(DOWN), "critical"));

        assertThat(endpoints(both)).containsExactly(ENDPOINT);
        assertThat(down.decide(BILLING)).isInstanceOf(Refuse.class);

        stale.set(true);

        assertThat(endpoints(both)).containsExactly(ENDPOINT, DOWN);
        assertThat(endpoints(down)).containsExactly(DOWN);
    }

    @Test
    void endpointsTakeTurnsAndOnlyAFewAreTried() {
        var many =
                IntStream.range(0, SniRouter.MAX_ATTEMPTS + 2)
                        .mapToObj(port ->
                                new TargetEndpoint(
                                        new Endpoint("10.0.0.1", 20000 + port), HealthView.GOOD))
                        .toList();
        var router = router(route(many, ""));

        assertThat(many.stream().map(_ -> endpoints(router).getFirst()))
                .containsExactlyInAnyOrderElementsOf(many);
        assertThat(endpoints(router)).hasSize(SniRouter.MAX_ATTEMPTS).doesNotHaveDuplicates();
    }

    @Test
    void suspectEndpointIsTriedLast() {
        var router = router(route(List.of(ENDPOINT, OTHER), ""));
        seen.failed(SniRouter.way(ENDPOINT), PassiveHealth.Sign.REFUSED, 0, 1);

        assertThat(endpoints(router)).containsExactly(OTHER, ENDPOINT);
        assertThat(endpoints(router)).containsExactly(OTHER, ENDPOINT);

        seen.failed(SniRouter.way(OTHER), PassiveHealth.Sign.REFUSED, 0, 1);

        assertThat(endpoints(router)).hasSize(2);
    }

    private static List<TargetEndpoint> endpoints(SniRouter router) {
        return ((Forward) router.decide(BILLING)).endpoints();
    }

    private static SniRoute route(List<TargetEndpoint> endpoints, String evidence) {
        return new SniRoute(BILLING.value(), SniRoute.EXPORTED, "east", endpoints, evidence);
    }

    private SniRouter router(SniRoute route) {
        var table = new RouteTable(7, Map.of(BILLING, route));
        return new SniRouter(() -> table, stale::get, seen);
    }
}
