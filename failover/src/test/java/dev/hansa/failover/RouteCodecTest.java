package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.Snapshot;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RouteCodecTest {
    private static final TrustDomain DOMAIN = new TrustDomain("eks.consul");

    @Test
    void snapshotComesBackEqual() throws Exception {
        var name = new UpstreamName(new ServiceName("a"), Optional.of(new PeerName("p")));
        var endpoint = new TargetEndpoint(new Endpoint("192.0.2.1", 8443), HealthView.bad("down"));
        var snapshot =
                new RouteSnapshot(
                        7,
                        new Datacenter("eks"),
                        DOMAIN,
                        List.of(
                                new Route(
                                        name,
                                        Duration.ofSeconds(3),
                                        List.of(
                                                new Target.LocalTarget(
                                                        new ServiceName("a"),
                                                        "v2",
                                                        "s",
                                                        List.of("i"),
                                                        DOMAIN,
                                                        List.of(endpoint),
                                                        HealthView.GOOD),
                                                new Target.PeerTarget(
                                                        new PeerName("p"),
                                                        new ServiceName("a"),
                                                        "t",
                                                        List.of("j"),
                                                        new TrustDomain("lke.consul"),
                                                        List.of(),
                                                        HealthView.spare("none"))),
                                        new Spread.Weighted(Map.of("local", 80, "p", 20)),
                                        100)),
                        List.of(
                                new SniRoute(
                                        "x.example",
                                        SniRoute.EXPORTED,
                                        "p",
                                        List.of(endpoint),
                                        "why")),
                        new BundleSet(Map.of(DOMAIN, new TrustBundle(DOMAIN, List.of()))),
                        Optional.of(
                                new InboundPolicy(
                                        Map.of(new TrustDomain("lke.consul"), new PeerName("p")),
                                        new IntentionTable(
                                                true,
                                                List.of(
                                                        new Intention(
                                                                "*",
                                                                Optional.of(new PeerName("p")),
                                                                "a",
                                                                false))),
                                        40)),
                        "ab12",
                        Optional.of(
                                new VirtualServices(
                                        Map.of(
                                                new VirtualAddress(1),
                                                name,
                                                new VirtualAddress(VirtualAddress.LAST),
                                                new UpstreamName(
                                                        new ServiceName("b"), Optional.empty())),
                                        true,
                                        Map.of(
                                                new Endpoint("10.96.0.10", 80),
                                                name,
                                                new Endpoint("fd00:0:0:0:0:0:0:a", 80),
                                                name))));

        var bytes = RouteCodec.encode(snapshot).toByteArray();

        assertThat(RouteCodec.decode(Snapshot.parseFrom(bytes))).isEqualTo(snapshot);
    }

    @Test
    void snapshotWithAnIllegalNameIsRefusedWhole() {
        var message =
                Snapshot.newBuilder().setDatacenter("eks").setTrustDomain("no domain").build();

        assertThatThrownBy(() -> RouteCodec.decode(message))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a trust domain");
    }

    @Test
    void joinTokenComesBackEqualAndNeverShowsItsSecret() {
        var token =
                new JoinToken(
                        List.of(new Endpoint("127.1.0.1", 8502)),
                        "server.eks.control.eks.consul",
                        new Datacenter("eks"),
                        new TrustBundle(DOMAIN, List.of()),
                        new Secret("open sesame"));

        assertThat(JoinToken.decode(token.encode() + "\n")).isEqualTo(token);
        assertThat(token.toString()).doesNotContain("sesame");
    }

    @Test
    void alteredJoinTokenIsRefusedWithoutShowingIt() {
        var text = "hansa-join.AAAA";

        assertThatThrownBy(() -> JoinToken.decode(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("join token rejected: it is truncated or altered");
        assertThatThrownBy(() -> JoinToken.decode("eyJh")).hasMessageNotContaining("eyJh");
    }
}
