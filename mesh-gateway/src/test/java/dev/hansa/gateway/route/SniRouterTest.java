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
import org.junit.jupiter.api.Test;

class SniRouterTest {
    private static final ServerName BILLING = new ServerName("billing.west.consul");
    private static final TargetEndpoint ENDPOINT =
            new TargetEndpoint(new Endpoint("10.0.0.1", 20000), HealthView.GOOD);

    @Test
    void servedNameIsForwardedWhateverItsCase() {
        var route = route(List.of(ENDPOINT), "");

        assertThat(router(route).decide(new ServerName("Billing.WEST.consul")))
                .isEqualTo(new Forward(route));
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

    private static SniRoute route(List<TargetEndpoint> endpoints, String evidence) {
        return new SniRoute(BILLING.value(), SniRoute.EXPORTED, "east", endpoints, evidence);
    }

    private static SniRouter router(SniRoute route) {
        var table = new RouteTable(7, Map.of(BILLING, route));
        return new SniRouter(() -> table);
    }
}
