package dev.hansa.gateway.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a proxy makes of host names in a snapshot; the name server answers as the test says.
@Timeout(60)
class NamedEndpointsTest {
    private static final Duration SOON = Duration.ofMillis(10);
    private static final NamedEndpoints.Pace PACE =
            new NamedEndpoints.Pace(SOON, SOON, NamedEndpoints.LONGEST, SOON);

    private final Map<String, List<String>> zone = new ConcurrentHashMap<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final CountDownLatch open = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final Latest<Optional<RouteSnapshot>> named = new Latest<>(Optional.empty());
    private final NamedEndpoints endpoints =
            new NamedEndpoints(named, this::resolve, PACE, events::add);

    @AfterEach
    void close() {
        open.countDown();
        endpoints.close();
    }

    private NamedEndpoints.Found resolve(String host) throws UnknownHostException {
        asked.incrementAndGet();
        if (host.startsWith("silent")) {
            waiting.incrementAndGet();
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        var addresses = zone.get(host);
        if (addresses == null) {
            throw new UnknownHostException(host);
        }
        return NamedEndpoints.Found.of(addresses.stream().map(InetAddress::ofLiteral).toList());
    }

    @Test
    void eachAddressOfANameIsAnEndpointOfItsOwnForGatewaysAndForSidecars() {
        zone.put("east.example", List.of("192.0.2.2", "192.0.2.1", "2001:db8::1"));

        publish("198.51.100.7", "east.example");

        awaitAddresses(
                "198.51.100.7:443", "192.0.2.1:443", "[2001:db8:0:0:0:0:0:1]:443", "192.0.2.2:443");
    }

    @Test
    void nameIsLookedUpAgainWhileItIsListed() {
        zone.put("east.example", List.of("192.0.2.1"));
        publish("east.example");
        awaitAddresses("192.0.2.1:443");

        zone.put("east.example", List.of("192.0.2.1", "192.0.2.9"));

        awaitAddresses("192.0.2.1:443", "192.0.2.9:443");
    }

    @Test
    void lastGoodAnswerStaysWhenTheNameServerFailsAndItIsSaidOnce() {
        zone.put("east.example", List.of("192.0.2.1"));
        publish("east.example");
        awaitAddresses("192.0.2.1:443");

        zone.clear();
        var before = asked.get();
        // as often as ever: the name server comes back, and the addresses may be others by then
        await().until(() -> asked.get() > before + 15);

        assertThat(addresses()).containsExactly("192.0.2.1:443");
        assertThat(events)
                .singleElement()
                .isInstanceOfSatisfying(
                        GatewayEvent.BackgroundFailure.class,
                        failure ->
                                assertThat(failure.toString())
                                        .contains("looking up host 'east.example'"));
        // and with the next snapshot
        publish("east.example", "198.51.100.7");
        assertThat(addresses()).containsExactly("192.0.2.1:443", "198.51.100.7:443");
    }

    @Test
    void nameThatNobodyKnowsStaysAndTheOthersAreNotHeldUp() {
        zone.put("east.example", List.of("192.0.2.1"));

        publish("nowhere.example", "east.example");

        awaitAddresses("nowhere.example:443", "192.0.2.1:443");
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void nameThatHasAddressesDoesNotWaitForThoseThatNobodyAnswersFor() {
        zone.put("east.example", List.of("192.0.2.1"));
        publish("east.example");
        awaitAddresses("192.0.2.1:443");
        var silent = IntStream.range(0, 20).mapToObj(i -> "silent-" + i + ".example").toList();
        var hosts = new ArrayList<>(silent);
        hosts.add("east.example");
        publish(hosts.toArray(String[]::new));
        await().until(() -> waiting.get() > 0);

        zone.put("east.example", List.of("192.0.2.9"));

        await().until(() -> addresses().contains("192.0.2.9:443"));
        assertThat(waiting.get()).isPositive();
        open.countDown();
    }

    @Test
    void threadsAreTheProcessOwnHoweverManyServicesItCarries() {
        zone.put("east.example", List.of("192.0.2.1"));
        publish("east.example");
        var others =
                IntStream.range(0, 50)
                        .mapToObj(_ -> new NamedEndpoints(named, this::resolve, PACE, events::add))
                        .toList();
        try {
            await().until(() ->
                    others.stream()
                            .allMatch(one ->
                                    one.snapshot()
                                            .get()
                                            .orElseThrow()
                                            .sniRoutes()
                                            .getFirst()
                                            .endpoints()
                                            .getFirst()
                                            .address()
                                            .host()
                                            .equals("192.0.2.1")));
            assertThat(
                            Thread.getAllStackTraces().keySet().stream()
                                    .filter(thread -> thread.getName().contains("names-")))
                    .hasSizeBetween(1, 8);
        } finally {
            others.forEach(NamedEndpoints::close);
        }
    }

    @Test
    void failureOfAnyKindIsToldAndTheNameIsAskedForAgain() {
        zone.put("east.example", List.of("not an address"));
        publish("east.example");
        await().until(() -> !events.isEmpty());

        zone.put("east.example", List.of("192.0.2.1"));

        awaitAddresses("192.0.2.1:443");
    }

    @Test
    void addressesOfOneNameAreBoundedAndTheSameWhateverTheirOrder() {
        var many = IntStream.range(100, 200).mapToObj(i -> "192.0.2." + i).toList();
        zone.put("east.example", many);
        publish("east.example");
        await().until(() -> addresses().size() == NamedEndpoints.MOST_ADDRESSES);
        var first = addresses();

        zone.put("east.example", many.reversed());
        var before = asked.get();
        await().until(() -> asked.get() > before + 2);

        assertThat(addresses()).isEqualTo(first);
    }

    @Test
    void namesOfOneSnapshotAreBounded() {
        var names =
                IntStream.range(0, 2 * NamedEndpoints.MOST_NAMES)
                        .mapToObj(i -> "h" + i + ".example")
                        .toList();
        names.forEach(name -> zone.put(name, List.of("192.0.2.1")));

        publish(names.toArray(String[]::new));

        // all that are looked up have one address
        await().until(() -> addresses().size() == NamedEndpoints.MOST_NAMES + 1);
    }

    @Test
    void nameIsAskedForAgainWhenItsAnswerHoldsNoMoreWithinBounds() {
        assertThat(again(Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(60));
        assertThat(again(Duration.ZERO)).isEqualTo(NamedEndpoints.SHORTEST);
        assertThat(again(Duration.ofDays(7))).isEqualTo(NamedEndpoints.LONGEST);
        assertThat(NamedEndpoints.Pace.USUAL.after(NamedEndpoints.Found.of(List.of())))
                .isEqualTo(NamedEndpoints.AGAIN);
    }

    private static Duration again(Duration holds) {
        return NamedEndpoints.Pace.USUAL.after(
                new NamedEndpoints.Found(List.of(), Map.of(), Optional.of(holds)));
    }

    @Test
    void nameThatIsListedNoMoreIsForgotten() {
        zone.put("east.example", List.of("192.0.2.1"));
        publish("east.example");
        awaitAddresses("192.0.2.1:443");
        publish("198.51.100.7");
        zone.clear();

        publish("east.example");

        assertThat(addresses()).containsExactly("east.example:443");
    }

    private void awaitAddresses(String... expected) {
        await().untilAsserted(() -> assertThat(addresses()).containsExactly(expected));
    }

    /// Of the gateway's route, and the sidecar's has the same.
    private List<String> addresses() {
        var snapshot = endpoints.snapshot().get().orElseThrow();
        var gateways = snapshot.sniRoutes().getFirst().endpoints();
        assertThat(snapshot.routes().getFirst().targets().getFirst().endpoints())
                .isEqualTo(gateways);
        return gateways.stream().map(endpoint -> endpoint.address().toString()).toList();
    }

    private void publish(String... hosts) {
        var listed =
                List.of(hosts).stream()
                        .map(host -> new TargetEndpoint(new Endpoint(host, 443), HealthView.GOOD))
                        .toList();
        var billing = new ServiceName("billing");
        var domain = new TrustDomain("west.example");
        var target =
                new Target.PeerTarget(
                        new PeerName("east"),
                        billing,
                        "billing.default.east.external.example",
                        List.of("spiffe://example/svc/billing"),
                        domain,
                        listed,
                        HealthView.GOOD);
        named.set(
                Optional.of(
                        new RouteSnapshot(
                                1,
                                new Datacenter("west"),
                                domain,
                                List.of(
                                        new Route(
                                                new UpstreamName(billing, Optional.empty()),
                                                Route.DEFAULT_CONNECT_TIMEOUT,
                                                List.of(target))),
                                List.of(
                                        new SniRoute(
                                                "billing.default.east.external.example",
                                                SniRoute.IMPORTED,
                                                "east",
                                                listed,
                                                "")),
                                BundleSet.EMPTY,
                                Optional.empty())));
    }
}
