package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control.Order;
import dev.hansa.failover.Target.LocalTarget;
import dev.hansa.failover.Target.PeerTarget;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ControlsTest {
    private static final ServiceName ECHO = new ServiceName("echo");
    private static final PeerName LKE = new PeerName("lke");
    private static final PeerName VMS = new PeerName("vms");
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final UpstreamName TO_ECHO = new UpstreamName(ECHO, Optional.empty());
    private static final List<TargetEndpoint> SOMEWHERE =
            List.of(new TargetEndpoint(new Endpoint("192.0.2.1", 8443), HealthView.GOOD));

    private static Control control(long id, Order order) {
        return new Control(id, order, "ada", "upgrade", NOON.minusSeconds(60), NOON);
    }

    private static Route route(HealthView here) {
        return new Route(
                TO_ECHO,
                Route.DEFAULT_CONNECT_TIMEOUT,
                List.of(
                        new LocalTarget(
                                ECHO,
                                "s",
                                List.of(),
                                new TrustDomain("eks.consul"),
                                SOMEWHERE,
                                here),
                        there(LKE),
                        there(VMS)));
    }

    private static PeerTarget there(PeerName peer) {
        return new PeerTarget(
                peer,
                ECHO,
                "s",
                List.of(),
                new TrustDomain(peer + ".consul"),
                SOMEWHERE,
                HealthView.GOOD);
    }

    /// The targets in order, those that take no calls with their evidence.
    private static List<String> under(Route route, Order... orders) {
        var controls = Controls.NONE;
        for (var i = 0; i < orders.length; i++) {
            controls = controls.with(control(i + 1, orders[i]));
        }
        return controls.apply(route).targets().stream()
                .map(target ->
                        target.label()
                                + (target.health().healthy()
                                        ? ""
                                        : " " + target.health().evidence()))
                .toList();
    }

    @Test
    void operatorsWordGoesBeforeWeights() {
        var weighted =
                new Route(
                        TO_ECHO,
                        Route.DEFAULT_CONNECT_TIMEOUT,
                        route(HealthView.GOOD).targets(),
                        new Spread.Weighted(Map.of("local", 80, "lke", 20)),
                        7);
        var forced =
                Controls.NONE
                        .with(control(1, new Order.Force(ECHO, "echo.peer.lke")))
                        .apply(weighted);

        assertThat(forced.spread()).isEqualTo(new Spread.Sequential());
        assertThat(forced.targets().getFirst().label()).isEqualTo("echo.peer.lke");
        assertThat(forced.maxConnections()).isEqualTo(7);
        assertThat(
                        Controls.NONE
                                .with(control(1, new Order.DrainPeer(VMS)))
                                .apply(weighted)
                                .spread())
                .isEqualTo(weighted.spread());
    }

    @Test
    void spareTakesCallsWhenItIsWantedOrTheLastThatIsLeft() {
        var kept = route(HealthView.spare("held down"));

        assertThat(under(kept, new Order.Force(ECHO, "echo"))).first().isEqualTo("echo");
        assertThat(under(kept, new Order.DrainPeer(LKE))).startsWith("echo held down");
        assertThat(under(kept, new Order.DrainPeer(LKE), new Order.DrainPeer(VMS)))
                .first()
                .isEqualTo("echo");
    }

    private static final String DRAINED = "drained by ada until 2026-01-01T12:00:00Z: upgrade";

    @Test
    void withoutControlsARouteIsTheSameObject() {
        var route = route(HealthView.GOOD);

        assertThat(Controls.NONE.apply(route)).isSameAs(route);
    }

    @Test
    void drainedPeerIsDownWithWhoAndUntilWhen() {
        assertThat(under(route(HealthView.GOOD), new Order.DrainPeer(LKE)))
                .containsExactly("echo", "echo.peer.lke " + DRAINED, "echo.peer.vms");
    }

    @Test
    void drainedInstancesHereAreDownForTheirOwnServiceOnly() {
        assertThat(
                        under(
                                route(HealthView.GOOD),
                                new Order.DrainLocal(new ServiceName("other")),
                                new Order.DrainLocal(ECHO)))
                .containsExactly("echo " + DRAINED, "echo.peer.lke", "echo.peer.vms");
    }

    @Test
    void whatWasDownBeforeIsSaidToo() {
        assertThat(under(route(HealthView.bad("critical")), new Order.DrainLocal(ECHO)))
                .first()
                .isEqualTo("echo " + DRAINED + "; and critical");
    }

    @Test
    void forcedTargetComesFirstAndTheOthersKeepTheirOrder() {
        assertThat(under(route(HealthView.GOOD), new Order.Force(ECHO, "echo.peer.vms")))
                .containsExactly("echo.peer.vms", "echo", "echo.peer.lke");
    }

    @Test
    void newestOfTwoThatPreferDecides() {
        assertThat(
                        under(
                                route(HealthView.GOOD),
                                new Order.Force(ECHO, "echo.peer.vms"),
                                new Order.Hold(ECHO, "echo.peer.lke")))
                .first()
                .isEqualTo("echo.peer.lke");
    }

    @Test
    void drillTakesTheInstancesHereOutAndMayNameWhereCallsGo() {
        assertThat(
                        under(
                                route(HealthView.GOOD),
                                new Order.Drill(ECHO, Optional.of("echo.peer.vms"))))
                .containsExactly(
                        "echo.peer.vms",
                        "echo out for a drill by ada until 2026-01-01T12:00:00Z: upgrade",
                        "echo.peer.lke");
    }

    @Test
    void upstreamOfAPeerIsNotReordered() {
        var direct =
                new Route(
                        new UpstreamName(ECHO, Optional.of(LKE)),
                        Route.DEFAULT_CONNECT_TIMEOUT,
                        List.of(there(LKE)));

        assertThat(under(direct, new Order.Force(ECHO, "echo"))).containsExactly("echo.peer.lke");
        assertThat(under(direct, new Order.DrainPeer(LKE)))
                .containsExactly("echo.peer.lke " + DRAINED);
    }

    @Test
    void controlEndsAtItsTime() {
        var control = control(1, new Order.DrainPeer(LKE));

        assertThat(Controls.at(NOON.minusMillis(1), List.of(control)).inForce())
                .containsExactly(control);
        assertThat(Controls.at(NOON, List.of(control)).inForce()).isEmpty();
    }

    @Test
    void controlsOfARouteAreThoseThatChangeIt() {
        var drain = control(1, new Order.DrainPeer(LKE));
        var other = control(2, new Order.DrainLocal(new ServiceName("other")));
        var old = control(3, new Order.Force(ECHO, "echo"));
        var newer = control(4, new Order.Hold(ECHO, "echo.peer.lke"));

        assertThat(new Controls(List.of(drain, other, old, newer)).of(route(HealthView.GOOD)))
                .containsExactly(newer, drain);
    }
}
