package dev.hansa.peering.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.failover.FailoverEvent;
import dev.hansa.peering.history.Happening.Kind;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private static final Instant NOW = Instant.parse("2026-11-29T10:00:00Z");
    private static final PeerName LKE = new PeerName("lke");
    private static final TrustDomain OURS = new TrustDomain("eks.consul");
    private static final Datacenter EKS = new Datacenter("eks");

    private final History history = new History(Clock.fixed(NOW, ZoneOffset.UTC));

    private static String sidecar() {
        return SpiffeId.service(OURS, EKS, "echo").uri();
    }

    @Test
    void whatHappensIsToldTheNewestFirstEachToWhomeverItConcerns() {
        history.accept(
                new PeeringEvent.HealthChanged("n1", "echo", "echo-1", "critical", "secret"));
        history.accept(new PeeringEvent.ProxyConnected("n1", "echo-1", sidecar()));
        history.accept(
                new PeeringEvent.ProxyDisconnected(
                        "n2", "gw", SpiffeId.meshGateway(OURS, EKS).uri(), "hung up"));
        history.accept(new PeeringEvent.StreamEnded(LKE, "reset"));
        history.accept(
                new PeeringEvent.FailoverChanged(
                        new FailoverEvent(
                                1,
                                NOW,
                                EKS,
                                new ServiceName("echo"),
                                FailoverEvent.Turn.OVER,
                                Optional.of("echo"),
                                Optional.of("echo.peer.lke"),
                                "echo-1 is critical",
                                Duration.ZERO)));
        history.accept(new PeeringEvent.ConfigWritten("service-intentions", "echo", 7));
        history.accept(new PeeringEvent.ConfigDeleted("mesh", "mesh", 8));
        history.accept(new PeeringEvent.LeadershipTaken("eks-1", 3));

        assertThat(history.all())
                .extracting(
                        Happening::kind, Happening::about, Happening::sentence, Happening::needs)
                .containsExactly(
                        tuple(
                                Kind.SERVER,
                                "eks-1",
                                "leads from now on, in term 3",
                                List.of(Need.read(Resource.OPERATOR))),
                        tuple(
                                Kind.CONFIG,
                                "mesh/mesh",
                                "deleted at index 8",
                                List.of(Need.read(Resource.MESH))),
                        tuple(
                                Kind.CONFIG,
                                "service-intentions/echo",
                                "written at index 7",
                                List.of(Need.read(Resource.INTENTIONS, "echo"))),
                        tuple(
                                Kind.FAILOVER,
                                "echo",
                                "over to echo.peer.lke: echo-1 is critical",
                                List.of(Need.read(Resource.SERVICE, "echo"))),
                        tuple(
                                Kind.PEERING,
                                "lke",
                                "stream ended: reset",
                                List.of(Need.read(Resource.PEERING))),
                        tuple(
                                Kind.SIDECAR,
                                "mesh-gateway",
                                "'gw' went: hung up",
                                List.of(
                                        Need.read(Resource.SERVICE, "mesh-gateway"),
                                        Need.read(Resource.NODE, "n2"))),
                        tuple(
                                Kind.SIDECAR,
                                "echo",
                                "'echo-1' came",
                                List.of(
                                        Need.read(Resource.SERVICE, "echo"),
                                        Need.read(Resource.NODE, "n1"))),
                        tuple(
                                Kind.HEALTH,
                                "echo",
                                "instance 'echo-1' is critical",
                                List.of(
                                        Need.read(Resource.SERVICE, "echo"),
                                        Need.read(Resource.NODE, "n1"))));
        assertThat(history.all()).extracting(Happening::at).containsOnly(NOW);
        assertThat(history.all().getFirst().index()).isEqualTo(8);
    }

    @Test
    void kindThatIsLoudPushesOutItsOwnAlone() {
        history.accept(new PeeringEvent.Established(LKE, "server"));
        for (var i = 0; i < 3 * History.MOST_OF_A_KIND; i++) {
            history.accept(
                    new PeeringEvent.HealthChanged("n1", "echo", "echo-" + i, "passing", ""));
        }

        var all = history.all();

        assertThat(all).hasSize(History.MOST_OF_A_KIND + 1);
        assertThat(all.getFirst().sentence()).isEqualTo("instance 'echo-599' is passing");
        assertThat(all.getLast().about()).isEqualTo("lke");
    }

    @Test
    void whatOthersHaveSaidIsCutAndHasNoControlCharacters() {
        history.accept(new PeeringEvent.StreamEnded(LKE, "\u001b[31m" + "x".repeat(5000)));

        assertThat(history.all().getFirst().sentence())
                .hasSizeLessThan(History.LONGEST)
                .startsWith("stream ended: ?[31mxx")
                .endsWith("…");
    }

    @Test
    void whatComesWithEachRequestOrResourceIsNotTold() {
        history.accept(new PeeringEvent.RequestOverRate());
        history.accept(new PeeringEvent.ResourceSent(LKE));
        history.accept(new PeeringEvent.ServiceImported(LKE, "echo", 0, 1));

        assertThat(history.all()).isEmpty();
        assertThat(history.since()).isEqualTo(NOW);
    }
}
