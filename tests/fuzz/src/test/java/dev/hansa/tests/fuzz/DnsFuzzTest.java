package dev.hansa.tests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.config.DnsSettings;
import dev.hansa.peering.dns.Responder;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One packet of DNS, from its bytes to the answer.
class DnsFuzzTest {
    private static final int UDP_MOST = 1232;
    private static final int HEADER = 12;
    private static final DnsSettings SETTINGS =
            new DnsSettings(
                    InetSocketAddress.createUnresolved("127.0.0.1", 8600),
                    "consul",
                    Duration.ZERO,
                    UDP_MOST,
                    16);
    private static final CatalogSnapshot CATALOG =
            new CatalogSnapshot(
                    7,
                    Map.of(
                            "web",
                            List.of(
                                    instance("web", "n1", "192.0.2.1"),
                                    instance("web", "n2", "2001:db8::2"),
                                    instance("web", "n3", "db.example"))),
                    Map.of(
                            new PeerName("lke"),
                            new ImportedCatalog(
                                    Map.of("pay", List.of(instance("pay", "p1", "198.51.100.1"))),
                                    Instant.EPOCH,
                                    true)));

    private static ServiceInstance instance(String service, String node, String address) {
        return new ServiceInstance(
                new NodeRecord("", node, address, "eks", Map.of(), Map.of()),
                service + "-" + node,
                service,
                ServiceKind.TYPICAL,
                List.of("v1"),
                address,
                8080,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("c", "check", CheckStatus.PASSING, "", "tcp")),
                0,
                0);
    }

    @FuzzTest(maxDuration = "15s")
    void packetIsAnsweredOrIgnored(byte[] packet) {
        var events = new ArrayList<PeeringEvent>();
        var responder =
                Responder.of(
                        SETTINGS,
                        new Datacenter("eks"),
                        "eks-server",
                        () -> CATALOG,
                        name ->
                                name.service().value().equals("web")
                                        ? Optional.of(new VirtualAddress(1))
                                        : Optional.empty(),
                        events::add);

        var udp = responder.overUdp(packet);
        var tcp = responder.overTcp(packet);

        assertThat(events).hasSize(2).allMatch(PeeringEvent.DnsAnswered.class::isInstance);
        assertThat(events)
                .noneMatch(event -> ((PeeringEvent.DnsAnswered) event).outcome().equals("failed"));
        var mayBeAnswered = packet.length >= HEADER && packet[2] >= 0;
        assertThat(udp.isPresent()).isEqualTo(mayBeAnswered);
        assertThat(tcp.isPresent()).isEqualTo(mayBeAnswered);
        udp.ifPresent(answer -> {
            assertThat(answer.length).isBetween(HEADER, UDP_MOST);
            assertThat(answer).startsWith(packet[0], packet[1]);
            // whoever answers that is answered by silence
            assertThat(responder.overUdp(answer)).isEmpty();
        });
    }
}
