package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.Route;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final ServiceName BILLING = new ServiceName("billing");

    private final PassiveHealth health = new PassiveHealth((_, _, _) -> {});

    @Test
    void policysOrderIsKeptWhileAllIsWell() {
        assertThat(order(false, 0, local("a", "b"), peer("east", "g"), peer("north", "g")))
                .containsExactly(
                        "billing at a:1",
                        "billing at b:1",
                        "billing.peer.east at g:1",
                        "billing.peer.north at g:1");
    }

    @Test
    void suspectIsTriedAfterAllOthersAndNeverLeftOut() {
        suspect("billing", "a");
        suspect("billing.peer.east", "g");

        assertThat(order(false, 0, local("a", "b"), peer("east", "g", "h")))
                .containsExactly(
                        "billing at b:1",
                        "billing.peer.east at h:1",
                        "billing at a:1",
                        "billing.peer.east at g:1");
        assertThat(order(false, 0, local("a"), peer("east", "g")))
                .containsExactly("billing at a:1", "billing.peer.east at g:1");
    }

    @Test
    void eachInstanceIsTheFirstEquallyOftenWhateverOtherTargetsThereAre() {
        for (var instances = 1; instances <= 5; instances++) {
            var names = IntStream.range(0, instances).mapToObj(i -> "i" + i).toList();
            var target = local(names.toArray(String[]::new));
            assertThat(firsts(60, target)).hasSize(instances).containsValue(60L / instances);
            assertThat(firsts(60, target, peer("east", "g", "h")))
                    .hasSize(instances)
                    .allSatisfy((_, times) -> assertThat(times).isEqualTo(60 / names.size()));
        }
    }

    @Test
    void sharesOfThoseThatAreLeftStayEven() {
        suspect("billing", "b");

        assertThat(firsts(60, local("a", "b", "c", "d")))
                .isEqualTo(
                        Map.of(
                                "billing at a:1",
                                20L,
                                "billing at c:1",
                                20L,
                                "billing at d:1",
                                20L));
    }

    @Test
    void whatIsDownComesLastAndOnlyWhenTheServerHasNotBeenHeard() {
        var down = with(local("a"), HealthView.bad("critical"));
        suspect("billing.peer.east", "g");

        assertThat(order(false, 0, down, peer("east", "g")))
                .containsExactly("billing.peer.east at g:1");
        assertThat(order(true, 0, down, peer("east", "g")))
                .containsExactly("billing.peer.east at g:1", "billing at a:1");
        assertThat(Plan.of(route(down), false, health, 0).causes())
                .containsExactly("billing: critical");
    }

    @Test
    void spareIsTriedAfterAllThatIsWantedAndCountsAsWorking() {
        var kept = with(local("a", "b"), HealthView.spare("held down"));
        suspect("billing", "a");
        suspect("billing.peer.east", "g");

        assertThat(order(false, 0, kept, peer("east", "g", "h")))
                .containsExactly(
                        "billing.peer.east at h:1",
                        "billing.peer.east at g:1",
                        "billing at b:1",
                        "billing at a:1");
        assertThat(order(true, 0, kept, peer("east", "g", "h"))).hasSize(4);
        assertThat(Plan.listed(route(kept)).values()).containsOnly(true);
    }

    @Test
    void planIsBounded() {
        var many = IntStream.range(0, 20).mapToObj(i -> "i" + i).toArray(String[]::new);
        var peers = IntStream.range(0, 20).mapToObj(i -> peer("p" + i, "g")).toArray(Target[]::new);

        assertThat(order(false, 0, local(many))).hasSize(Plan.MAX_ATTEMPTS_EACH);
        assertThat(order(false, 0, peers)).hasSize(Plan.MAX_ATTEMPTS);
    }

    @Test
    void wayThroughOurGatewayIsTriedAgainWhenOneOfThoseBehindItMayHaveFailed() {
        var alone = peer("east", "g");
        var oneOfTwo = peer("east", "g", "h");

        assertThat(again(alone, Sign.CLOSED)).isEqualTo(2);
        assertThat(again(alone, Sign.REJECTED)).isEqualTo(2);
        assertThat(again(alone, Sign.SILENT)).as("callers wait").isEqualTo(1);
        assertThat(again(alone, Sign.REFUSED)).as("it is the gateway itself").isZero();
        assertThat(again(alone, Sign.UNREACHED)).isZero();
        assertThat(again(oneOfTwo, Sign.CLOSED)).isEqualTo(1);
        assertThat(again(oneOfTwo, Sign.REJECTED)).isEqualTo(1);
        assertThat(again(oneOfTwo, Sign.SILENT)).as("the other one is tried").isZero();
        for (var sign : Sign.values()) {
            assertThat(again(local("a"), sign)).as("an instance by itself").isZero();
        }
    }

    /// How often the first way is tried again that fails so each time.
    private int again(Target target, Sign sign) {
        var times = 0;
        var attempt = Plan.of(route(target), false, health, 0).attempts().getFirst();
        for (var next = attempt.again(sign); next.isPresent(); next = next.get().again(sign)) {
            assertThat(next.get().way()).isEqualTo(attempt.way());
            times++;
        }
        return times;
    }

    private void suspect(String target, String host) {
        health.failed(new Way(target, new Endpoint(host, 1)), Sign.SILENT, 0, 1);
    }

    private List<String> order(boolean stale, int turn, Target... targets) {
        return Plan.of(route(targets), stale, health, turn).attempts().stream()
                .map(Plan.Attempt::toString)
                .toList();
    }

    private Map<String, Long> firsts(int connections, Target... targets) {
        return IntStream.range(0, connections)
                .mapToObj(turn -> order(false, turn, targets).getFirst())
                .collect(
                        Collectors.groupingBy(first -> first, TreeMap::new, Collectors.counting()));
    }

    private static Route route(Target... targets) {
        return new Route(
                new UpstreamName(BILLING, Optional.empty()),
                Route.DEFAULT_CONNECT_TIMEOUT,
                List.of(targets));
    }

    private static Target local(String... hosts) {
        return new Target.LocalTarget(
                BILLING,
                "billing.default.west.internal.example",
                List.of("spiffe://example/svc/billing"),
                new TrustDomain("west.example"),
                endpoints(hosts),
                HealthView.GOOD);
    }

    private static Target with(Target target, HealthView health) {
        return new Target.LocalTarget(
                target.service(),
                target.sni(),
                target.spiffeIds(),
                target.trustDomain(),
                target.endpoints(),
                health);
    }

    private static Target peer(String peer, String... gateways) {
        return new Target.PeerTarget(
                new PeerName(peer),
                BILLING,
                "billing.default." + peer + ".external.example",
                List.of("spiffe://example/svc/billing"),
                new TrustDomain("east.example"),
                endpoints(gateways),
                HealthView.GOOD);
    }

    private static List<TargetEndpoint> endpoints(String... hosts) {
        return List.of(hosts).stream()
                .map(host -> new TargetEndpoint(new Endpoint(host, 1), HealthView.GOOD))
                .toList();
    }
}
