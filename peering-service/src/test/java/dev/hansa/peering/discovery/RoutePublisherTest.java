package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.ConnectionPolicy;
import dev.hansa.failover.Controls;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.failover.Preference;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.Spread;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.Knowledge;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.store.TestState;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoutePublisherTest {
    private static final ServiceName CART = new ServiceName("cart");
    private static final ServiceName BACKUP = new ServiceName("backup");
    private static final ServiceName WEB = new ServiceName("web");
    private static final TrustDomain OURS = new TrustDomain("eks.consul");
    private static final CertificateLife LIFE =
            new CertificateLife(Instant.EPOCH, Instant.EPOCH.plusSeconds(1));
    private static final Duration HOLD = Duration.ofMillis(400);

    private volatile CheckStatus cart = CheckStatus.PASSING;
    private volatile StoreState state = TestState.of(1, Map.of(), Map.of(), Map.of());
    private volatile CheckStatus backup = CheckStatus.PASSING;
    private volatile Knowledge knowledge = Knowledge.WHOLE;
    private final ConcurrentLinkedQueue<PeeringEvent> events = new ConcurrentLinkedQueue<>();
    private final Proxy proxy = new Proxy(0);
    private RoutePublisher publisher;

    @BeforeEach
    void start() {
        publisher =
                new RoutePublisher(
                        this::world,
                        0,
                        () -> knowledge,
                        Clock.systemUTC(),
                        (_, _) -> {},
                        events::add);
        publisher.add(proxy);
    }

    @AfterEach
    void stop() throws Exception {
        publisher.close();
    }

    /// The sidecar of `web`, whose upstream is `cart`; or another proxy.
    private static final class Proxy implements ProxySession {
        final List<RouteSnapshot> told = new CopyOnWriteArrayList<>();
        final List<TraceOrder> asked = new CopyOnWriteArrayList<>();
        final List<LongConsumer> heard = new CopyOnWriteArrayList<>();
        private final ProxyIdentity identity;
        private final long had;

        Proxy(long had) {
            this(
                    new ProxyIdentity.Sidecar(
                            SpiffeId.service(OURS, new Datacenter("eks"), "web"), WEB),
                    had);
        }

        Proxy(ProxyIdentity identity) {
            this(identity, 0);
        }

        private Proxy(ProxyIdentity identity, long had) {
            this.identity = identity;
            this.had = had;
        }

        @Override
        public long had() {
            return had;
        }

        @Override
        public ProxyIdentity identity() {
            return identity;
        }

        @Override
        public String name() {
            return "web";
        }

        @Override
        public String issuer() {
            return "";
        }

        @Override
        public Collection<UpstreamName> upstreams() {
            return List.of(new UpstreamName(CART, Optional.empty()));
        }

        @Override
        public Optional<Sightings> sightings() {
            return Optional.empty();
        }

        @Override
        public Optional<CertificateLife> certificate() {
            return Optional.of(LIFE);
        }

        @Override
        public ProxyPlace place() {
            return ProxyPlace.UNKNOWN;
        }

        @Override
        public void send(RouteSnapshot snapshot) {
            told.add(snapshot);
        }

        @Override
        public void servers(List<Endpoint> servers) {}

        @Override
        public void trace(long id, TraceOrder order) {
            asked.add(order);
            heard.forEach(answer -> answer.accept(id));
        }

        @Override
        public RouteSnapshot acknowledgedRoutes() {
            return RoutePublisher.NOTHING_YET;
        }

        boolean usesCart() {
            return !told.isEmpty()
                    && told.getLast().routes().getFirst().targets().getFirst().health().healthy();
        }
    }

    private RouteWorld world() {
        var policy =
                new FailoverPolicy(
                        CART,
                        Duration.ofSeconds(1),
                        List.of(),
                        Map.of(
                                FailoverPolicy.ANY_SUBSET,
                                List.of(new Destination(BACKUP, Optional.empty()))),
                        "",
                        Map.of(),
                        new Preference(new Spread.Sequential(), 0, HOLD));
        return new RouteWorld(
                state,
                new CatalogSnapshot(
                        1,
                        Map.of(
                                CART.sidecar(), List.of(sidecar(CART, cart)),
                                BACKUP.sidecar(), List.of(sidecar(BACKUP, backup))),
                        Map.of()),
                new Datacenter("eks"),
                new TrustBundle(OURS, List.of()),
                ExportPolicy.NONE,
                service -> service.equals(CART) ? policy : FailoverPolicy.none(service),
                _ -> new IntentionTable(false, List.of()),
                Controls.NONE,
                ConnectionPolicy.NONE,
                Set.of(CART),
                false,
                new Endpoint("192.0.2.1", 8503));
    }

    private static ServiceInstance sidecar(ServiceName service, CheckStatus status) {
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.9", "eks", Map.of(), Map.of()),
                service.sidecar(),
                service.sidecar(),
                ServiceKind.CONNECT_PROXY,
                List.of(),
                "192.0.2.13",
                20000,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("c", "c", status, "", "")),
                1,
                1);
    }

    private void becomes(CheckStatus status) {
        cart = status;
        publisher.changed();
    }

    private void nothingIsThereAfterARestart() {
        await().until(proxy::usesCart);
        knowledge = Knowledge.REMEMBERED;
        backup = CheckStatus.CRITICAL;
        becomes(CheckStatus.CRITICAL);
        await().until(() -> !proxy.usesCart());
    }

    /// Another proxy, which has no routes, is told.
    private void aRoundIsMade() {
        var first = new Proxy(0);
        publisher.add(first);
        await().until(() -> !first.told.isEmpty());
    }

    private RoutePublisher.Trace trace() throws InterruptedException {
        return publisher.trace(WEB, new UpstreamName(CART, Optional.empty())).orElseThrow();
    }

    /// A gateway's certificate ends as a sidecar's does, though no service is behind it.
    @Test
    void everyConnectedProxyIsToldWithItsCertificate() {
        var gateway =
                new Proxy(
                        new ProxyIdentity.Gateway(
                                SpiffeId.meshGateway(OURS, new Datacenter("eks"))));
        publisher.add(gateway);

        assertThat(publisher.certified())
                .containsExactlyInAnyOrder(
                        new RoutePublisher.Certified("web", ProxyPlace.UNKNOWN, Optional.of(LIFE)),
                        new RoutePublisher.Certified(
                                "mesh-gateway", ProxyPlace.UNKNOWN, Optional.of(LIFE)));
        publisher.remove(gateway);
        assertThat(publisher.certified()).hasSize(1);
    }

    @Test
    void traceIsAnsweredByTheProxyThatWasAsked() throws Exception {
        var tried = new Traces.Answer.Tried(List.of());
        proxy.heard.add(id -> {
            publisher.traces().answered(new Proxy(0), id, new Traces.Answer.Untold("a stranger's"));
            publisher.traces().answered(proxy, id + 1, new Traces.Answer.Untold("another's"));
            publisher.traces().answered(proxy, id, tried);
        });

        assertThat(trace()).isEqualTo(new RoutePublisher.Trace("web", tried));
        assertThat(proxy.asked)
                .containsExactly(
                        new TraceOrder.OfUpstream(new UpstreamName(CART, Optional.empty())));
        assertThat(publisher.trace(CART, new UpstreamName(WEB, Optional.empty()))).isEmpty();
    }

    @Test
    void traceEndsWithTheStreamOfTheProxy() throws Exception {
        proxy.heard.add(_ -> publisher.remove(proxy));

        assertThat(trace().answer())
                .isEqualTo(new Traces.Answer.Untold("the stream of 'web' ended"));
    }

    @Test
    void callersGoBackAfterTheHoldDownWithoutAnotherChange() {
        await().until(proxy::usesCart);

        becomes(CheckStatus.CRITICAL);
        await().until(() -> !proxy.usesCart());
        var back = System.nanoTime();
        becomes(CheckStatus.PASSING);
        await().until(() -> evidence().contains("held down until"));
        assertThat(proxy.usesCart()).isFalse();

        await().until(proxy::usesCart);
        assertThat(Duration.ofNanos(System.nanoTime() - back)).isGreaterThanOrEqualTo(HOLD);
        assertThat(events).isEmpty();
    }

    /// What a leader that has just begun knows nothing of may be there all the same.
    @Test
    void proxyThatHasRoutesKeepsThemUntilAllIsKnownThatRoutesAreMadeFrom() {
        await().until(proxy::usesCart);
        knowledge = Knowledge.PART;
        var returning = new Proxy(7);
        var first = new Proxy(0);
        publisher.add(returning);
        publisher.add(first);
        await().until(first::usesCart);
        // one round later the round before has met both
        becomes(CheckStatus.CRITICAL);
        await().until(() -> !first.usesCart());
        assertThat(returning.told).isEmpty();

        knowledge = Knowledge.WHOLE;
        publisher.changed();

        await().until(() -> !returning.told.isEmpty());
    }

    /// What an intention forbids now it must not learn seconds late, where nothing that it needs
    /// can be missing.
    @Test
    void afterARestartASidecarIsToldAtOnceUnlessItCouldNotReachAllItAsksFor() {
        nothingIsThereAfterARestart();
        var returning = new Proxy(7);
        var gateway =
                new Proxy(
                        new ProxyIdentity.Gateway(
                                SpiffeId.meshGateway(OURS, new Datacenter("eks"))),
                        7);
        publisher.add(returning);
        publisher.add(gateway);
        aRoundIsMade();
        // in the one before it may have come too late
        aRoundIsMade();
        assertThat(returning.told).isEmpty();

        becomes(CheckStatus.PASSING);

        await().until(returning::usesCart);
        assertThat(gateway.told).isEmpty();
        knowledge = Knowledge.WHOLE;
        publisher.changed();
        await().until(() -> !gateway.told.isEmpty());
    }

    /// An intention that denies, an export that is withdrawn: seconds late they would not hold.
    @Test
    void afterARestartARuleThatIsNewIsToldToEveryProxyAtOnce() {
        nothingIsThereAfterARestart();
        var returning = new Proxy(7);
        publisher.add(returning);
        aRoundIsMade();

        state =
                TestState.of(
                        2,
                        Map.of(
                                new ConfigKey("service-intentions", "web"),
                                new ConfigRecord("service-intentions", "web", "{}", 2, 2)),
                        Map.of(),
                        Map.of());
        publisher.changed();

        await().until(() -> !returning.told.isEmpty());
    }

    private String evidence() {
        return proxy.told.getLast().routes().getFirst().targets().getFirst().health().evidence();
    }
}
