package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What `hansa doctor` says of the way from peers to here, and of resolvers' way to them.
class DoctorPlacesTest extends TestingDoctor {
    private void peerAt(String address) {
        on(
                Chart.PEERINGS,
                "[{\"Name\":\"lke\",\"State\":\"ACTIVE\",\"PeerServerAddresses\":[\""
                        + address
                        + "\"]}]");
    }

    @Test
    void wanAddressThatAPeerCannotReachIsNamed() {
        on(Chart.GATEWAYS, "[" + gateway("g", "passing", "10.1.0.2") + "]");
        peerAt("203.0.113.9:8443");
        assertThat(finding())
                .isEqualTo(
                        "error    mesh gateway 'g': expected a WAN address that peer 'lke' at 203.0.113.9 reaches; found '10.1.0.2', which is private; to mend it: set wan.address of the gateway to where that peer reaches it");
        for (var both :
                List.of(
                        List.of("10.1.0.2", "10.2.0.9:8443"),
                        List.of("203.0.113.2", "203.0.113.9:8443"),
                        List.of("127.0.0.1", "127.0.0.2:8443"),
                        List.of("gateway.lke.example", "[2001:db8::9]:8443"))) {
            on(Chart.GATEWAYS, "[" + gateway("g", "passing", both.getFirst()) + "]");
            peerAt(both.getLast());
            quiet();
        }
        for (var both :
                List.of(
                        List.of("127.0.0.1", "10.2.0.9:8443"),
                        List.of("gateway.eks.example", "gateway.lke.example:8443"),
                        List.of("100.64.0.1", "203.0.113.9:8443"),
                        List.of("fd00::1", "[2001:db8::9]:8443"))) {
            on(Chart.GATEWAYS, "[" + gateway("g", "passing", both.getFirst()) + "]");
            peerAt(both.getLast());
            assertThat(finding()).as(both.toString()).startsWith("error    mesh gateway 'g'");
        }
        on(Chart.GATEWAYS, "[" + gateway("g", "passing", "nowhere.example") + "]");
        assertThat(finding()).contains("found 'nowhere.example', which does not here");
    }

    @Test
    void gatewayThatAcceptsNobodyFromHereIsNamed() throws IOException {
        dialer = Reach.Dialer.ofMachine();
        peerAt("127.0.0.2:8443");
        var port = FreePorts.one();
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            on(Chart.GATEWAYS, "[" + gateway("g", "passing", "127.0.0.1", port) + "]");
            quiet();
        }
        assertThat(finding())
                .startsWith(
                        "warning  mesh gateway 'g': expected a connection from here to its WAN address within 2s; found '127.0.0.1:"
                                + port
                                + ": Connection refused'; to mend it: ");
        assertThat(doctor("--no-dial").status()).isZero();
        // of one that is known to be gone that is said, and nothing else
        on(Chart.GATEWAYS, "[" + gateway("g", "critical", "127.0.0.1", port) + "]");
        assertThat(finding()).contains("expected to be connected");
    }

    /// A name for two places, of which one is up.
    @Test
    void gatewayThatAcceptsAtOneOfItsAddressesIsWell() {
        var dialed = new ArrayList<InetAddress>();
        dialer =
                (address, _) -> {
                    dialed.add(address);
                    if (dialed.size() == 1) {
                        throw new SocketTimeoutException("Connect timed out");
                    }
                };
        peerAt("203.0.113.9:8443");
        on(Chart.GATEWAYS, "[" + gateway("g", "passing", "two.example") + "]");

        quiet();
        assertThat(dialed).hasSize(2);
    }

    @Test
    void gatewayOfAPeerThatIsCriticalIsNamedAndTheLastOneIsAnError() {
        on(Chart.PEERINGS, ACTIVE);
        var traffic =
                "{\"Peers\":[{\"Peer\":\"lke\",\"AllGateways\":2,\"Gateways\":[{\"Address\":\"198.51.100.17:8443\",\"Status\":\"critical\"},{\"Address\":\"198.51.100.18:8443\",\"Status\":\"%s\"}]}]}";
        on(Chart.TRAFFIC, traffic.formatted("passing"));
        assertThat(finding())
                .isEqualTo(
                        "warning  mesh gateways of peer 'lke': expected to be passing, as it tells; found '198.51.100.17:8443' critical; to mend it: its operator starts them again: hansa doctor in 'lke'");
        on(Chart.TRAFFIC, traffic.formatted("maintenance"));
        assertThat(finding())
                .startsWith("error    mesh gateways of peer 'lke'")
                .contains("'198.51.100.18:8443' maintenance, and no other is left;");
        on(Chart.TRAFFIC, "{\"Peers\":[{\"Peer\":\"lke\",\"AllGateways\":0,\"Gateways\":[]}]}");
        quiet();
    }

    /// Who accepts does not know from where it is dialed; the first peer is yet to come.
    @Test
    void nearWanAddressIsNamedWherePeersMayBeFarther() {
        for (var peerings :
                List.of(
                        "[]",
                        ACTIVE,
                        "[{\"Name\":\"gke\",\"State\":\"ACTIVE\",\"PeerServerAddresses\":[\"10.2.0.9:8443\"]},"
                                + "{\"Name\":\"lke\",\"State\":\"ACTIVE\",\"PeerServerAddresses\":null}]")) {
            on(Chart.PEERINGS, peerings);
            on(Chart.GATEWAYS, "[" + gateway("g", "passing", "10.1.0.2") + "]");
            assertThat(finding())
                    .isEqualTo(
                            "warning  mesh gateway 'g': expected a WAN address that peers of other networks reach; found '10.1.0.2', which is private; to mend it: set wan.address of the gateway to where peers reach it; it may stay where all of them are in one network with it");
            on(Chart.GATEWAYS, "[" + gateway("g", "passing", "gateway.eks.example") + "]");
            assertThat(finding())
                    .contains(
                            "found 'gateway.eks.example', which resolves to a private address here;");
            on(Chart.GATEWAYS, "[" + gateway("g", "passing", "127.0.0.1") + "]");
            assertThat(finding()).contains("found '127.0.0.1', which is loopback;");
            on(Chart.GATEWAYS, "[" + gateway("g", "passing", "gateway.lke.example") + "]");
            quiet();
        }
    }

    @Test
    void targetThatIsNoPeerOrNotExportedToUsIsNamed() {
        on(Chart.PEERINGS, ACTIVE);
        var resolver =
                "[{\"Name\":\"web\",\"Failover\":{\"*\":{\"Targets\":[{\"Peer\":\"%s\"}]},\"v1\":{\"Targets\":[{\"Peer\":\"%s\"}]}}}]";
        on(Chart.RESOLVERS, resolver.formatted("moon", "moon"));
        assertThat(finding())
                .startsWith(
                        "error    service-resolver 'web': expected its targets at peers; found 'moon', which is none");
        on(Chart.RESOLVERS, resolver.formatted("lke", "lke"));
        assertThat(finding())
                .startsWith(
                        "error    service-resolver 'web': expected peer 'lke' to export 'web' to us; found that it does not");
        on(Chart.IMPORTS, "[{\"Service\":\"web\",\"Peer\":\"lke\"}]");
        quiet();
        on(
                Chart.RESOLVERS,
                "[{\"Name\":\"web\",\"Redirect\":{\"Peer\":\"lke\",\"Service\":\"shop\"}}]");
        assertThat(finding()).contains("to export 'shop' to us");
    }

    private void resolver(String says) {
        on(Chart.RESOLVERS, "[{\"Name\":\"web\"," + says + "}]");
    }

    @Test
    void membersOfASamenessGroupAreTargetsOfWhoNamesIt() {
        on(
                Chart.PEERINGS,
                "[{\"Name\":\"lke\",\"State\":\"ACTIVE\"},{\"Name\":\"gke\",\"State\":\"ACTIVE\"}]");
        on(
                Chart.GROUPS,
                "[{\"Name\":\"all\",\"IncludeLocal\":true,\"Members\":[{\"Partition\":\"default\"},{\"Peer\":\"lke\"},{\"Peer\":\"gke\"}]}]");
        on(Chart.IMPORTS, "[{\"Service\":\"shop\",\"Peer\":\"gke\"}]");
        for (var says :
                List.of(
                        "\"Failover\":{\"*\":{\"SamenessGroup\":\"all\",\"Service\":\"shop\"}}",
                        "\"Redirect\":{\"SamenessGroup\":\"all\",\"Service\":\"shop\"}")) {
            resolver(says);
            // one of the two has it
            assertThat(finding())
                    .startsWith(
                            "warning  service-resolver 'web', by sameness-group 'all': expected peer 'lke' to export 'shop' to us; found that it does not; to mend it: in 'lke'");
        }
        resolver("\"Failover\":{\"v1\":{\"SamenessGroup\":\"all\"}}");
        assertThat(doctor().out())
                .contains(
                        "error    service-resolver 'web', by sameness-group 'all': expected peer 'lke' to export 'web' to us",
                        "error    service-resolver 'web', by sameness-group 'all': expected peer 'gke' to export 'web' to us")
                .endsWith("2 errors, 0 warnings\n");
        on(
                Chart.IMPORTS,
                "[{\"Service\":\"web\",\"Peer\":\"gke\"},{\"Service\":\"web\",\"Peer\":\"lke\"}]");
        quiet();
    }

    @Test
    void samenessGroupThatIsNotThereAndAMemberThatIsNoPeerAreNamed() {
        on(Chart.PEERINGS, ACTIVE);
        resolver("\"Redirect\":{\"SamenessGroup\":\"all\"}");
        assertThat(finding())
                .startsWith(
                        "error    service-resolver 'web': expected a sameness-group of the name it says; found no 'all'");
        on(Chart.GROUPS, "[{\"Name\":\"all\",\"Members\":[{\"Peer\":\"moon\"}]}]");
        assertThat(finding())
                .startsWith(
                        "error    service-resolver 'web', by sameness-group 'all': expected its targets at peers; found 'moon', which is none; to mend it: peer with 'moon', or take it out of the group");
    }
}
