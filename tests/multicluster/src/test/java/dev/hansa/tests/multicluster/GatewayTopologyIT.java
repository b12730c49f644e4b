package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Two datacenters with a server and a gateway each: eks makes the tokens, lke dials. Which
/// gateways the peer stream goes through is each side's own `mesh` entry to say; the gateways' byte
/// counters tell where it went.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayTopologyIT {
    private static final Duration SEEN = Duration.ofSeconds(30);
    private static final String EKS = "127.123.0";
    private static final String LKE = "127.124.0";
    private static final String OTHER_LKE = "127.125.0";
    private static final String INBOUND = "peering-in";
    private static final String OUTBOUND = "peering-out";

    private final Path directory;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final List<Side> sides = new ArrayList<>();

    GatewayTopologyIT(@TempDir Path directory) {
        this.directory = directory;
    }

    /// A datacenter and the gateway before it.
    private final class Side implements AutoCloseable {
        private final Path folder;
        private final BareServer server;
        private final String gatewayHost;
        private final String joinToken;
        private Process gateway;

        Side(String name, String serverHost, String gatewayHost) throws Exception {
            this.folder = Files.createTempDirectory(directory, name);
            this.server = BareServer.start(name, serverHost, folder);
            this.gatewayHost = gatewayHost;
            server.awaitAnswer();
            joinToken =
                    Files.writeString(
                                    folder.resolve(name + ".token"),
                                    server.must(
                                                    "POST",
                                                    "/v1/hansa/join-token",
                                                    Map.of("MeshGateway", true))
                                            .path("JoinToken")
                                            .asText())
                            .toString();
            gateway = startGateway();
        }

        private Process startGateway() throws IOException {
            return Checkout.start(
                    Checkout.target("topology-" + server.name() + "-gateway.log"),
                    "gateway",
                    "--node-name",
                    server.name() + "-gateway",
                    "--join-token-file",
                    joinToken,
                    "--listen",
                    gatewayAddress() + "," + otherGatewayAddress(),
                    "--wan-address",
                    gatewayAddress(),
                    "--wan-address-file",
                    folder.resolve("wan").toString(),
                    "--lan-address",
                    gatewayAddress(),
                    "--data-dir",
                    folder.resolve(server.name() + "-gateway").toString(),
                    "--admin-address",
                    gatewayHost + ":19443");
        }

        String gatewayAddress() {
            return gatewayHost + ":8443";
        }

        String otherGatewayAddress() {
            return gatewayHost + ":8444";
        }

        /// As whoever watches a load balancer.
        void moveGateway(String address) throws IOException {
            Files.writeString(folder.resolve("wan"), address);
        }

        void killGateway() throws InterruptedException {
            gateway.destroyForcibly().waitFor();
        }

        void startGatewayAgain() throws IOException {
            if (!gateway.isAlive()) {
                gateway = startGateway();
            }
        }

        boolean hasGateway() throws Exception {
            return server.must("GET", "/v1/health/service/mesh-gateway?passing", "")
                    .valueStream()
                    .anyMatch(one ->
                            one.path("Node").path("Node").asText().endsWith("-gateway")
                                    && !one.path("Node").path("Node").asText().startsWith("dead"));
        }

        void throughGateways(boolean enabled) throws Exception {
            server.must(
                    "PUT",
                    "/v1/config",
                    Map.of("Kind", "mesh", "Peering", Map.of("PeerThroughMeshGateways", enabled)));
        }

        /// Bytes that this side's gateway has relayed for routes of one purpose.
        double routed(String purpose) throws Exception {
            var text =
                    client.send(
                                    HttpRequest.newBuilder(
                                                    URI.create(
                                                            "http://"
                                                                    + gatewayHost
                                                                    + ":19443/metrics"))
                                            .timeout(Duration.ofSeconds(5))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body();
            return text.lines()
                    .filter(line ->
                            line.startsWith("hansa_routed_bytes_total{")
                                    && line.contains("purpose=\"" + purpose + "\""))
                    .mapToDouble(
                            line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }

        List<String> addressesOf(String peer) throws Exception {
            return server.must("GET", "/v1/peering/" + peer, "")
                    .path("PeerServerAddresses")
                    .valueStream()
                    .map(JsonNode::asText)
                    .toList();
        }

        @Override
        public void close() {
            gateway.destroyForcibly();
            server.close();
        }
    }

    private void start(String eksServer, String eksGateway, String lke) throws Exception {
        sides.add(new Side("eks", eksServer, eksGateway));
        sides.add(new Side("lke", lke + ".1", lke + ".2"));
        for (var side : sides) {
            side.server.register("api", "192.0.2." + (side == eks() ? 1 : 2));
            eventually(side::hasGateway);
        }
    }

    @BeforeAll
    void start() throws Exception {
        start(EKS + ".1", EKS + ".2", LKE);
    }

    @AfterAll
    void stop() {
        sides.forEach(Side::close);
        client.close();
    }

    /// As at the beginning: no peering, nobody asks for gateways, one gateway each.
    @AfterEach
    void reset() throws Exception {
        if (!lke().server.state("eks").isEmpty()) {
            partAgain();
        }
        eks().throughGateways(false);
        lke().throughGateways(false);
        lke().server
                .must(
                        "PUT",
                        "/v1/catalog/deregister",
                        Map.of("Node", "dead", "ServiceID", "a-dead-gateway"));
        lke().startGatewayAgain();
        eventually(lke()::hasGateway);
    }

    private Side eks() {
        return sides.getFirst();
    }

    private Side lke() {
        return sides.getLast();
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(SEEN).until(condition);
    }

    private void bothAreActive() {
        eventually(() -> eks().server.state("lke").equals("ACTIVE"));
        eventually(() -> lke().server.state("eks").equals("ACTIVE"));
    }

    private void bothSeeTheOthersService() throws Exception {
        eks().server.export(Map.of("api", List.of("lke")));
        lke().server.export(Map.of("api", List.of("eks")));
        eventually(() -> eks().server.imported("api", "lke").equals(List.of("192.0.2.2")));
        eventually(() -> lke().server.imported("api", "eks").equals(List.of("192.0.2.1")));
    }

    /// Neither side lets go of the other before both have forgotten it.
    private void partAgain() throws Exception {
        lke().server.must("DELETE", "/v1/peering/eks", "");
        eventually(() -> eks().server.state("lke").equals("TERMINATED"));
        eks().server.must("DELETE", "/v1/peering/lke", "");
        eventually(() -> eks().server.state("lke").isEmpty());
        eventually(() -> lke().server.state("eks").isEmpty());
    }

    @Test
    void streamGoesThroughExactlyTheGatewaysThatEachSideAsksFor() throws Exception {
        for (var acceptorAsks : List.of(false, true)) {
            for (var dialerAsks : List.of(false, true)) {
                eks().throughGateways(acceptorAsks);
                lke().throughGateways(dialerAsks);
                var name = "acceptor asks: " + acceptorAsks + ", dialer asks: " + dialerAsks;
                var before = eks().routed(INBOUND);
                var beforeOut = lke().routed(OUTBOUND);

                lke().server.peerWith(eks().server);
                bothAreActive();
                bothSeeTheOthersService();

                if (acceptorAsks) {
                    eventually(() -> eks().routed(INBOUND) > before);
                }
                if (dialerAsks) {
                    eventually(() -> lke().routed(OUTBOUND) > beforeOut);
                }
                assertThat(eks().routed(INBOUND) > before).as(name).isEqualTo(acceptorAsks);
                assertThat(lke().routed(OUTBOUND) > beforeOut).as(name).isEqualTo(dialerAsks);
                assertThat(lke().addressesOf("eks"))
                        .as(name)
                        .containsExactly(acceptorAsks ? eks().gatewayAddress() : EKS + ".1:8503");
                // the dialer's own servers are nobody's to dial, whatever it asks
                assertThat(eks().routed(OUTBOUND)).as(name).isZero();
                assertThat(lke().routed(INBOUND)).as(name).isZero();
                partAgain();
            }
        }
    }

    @Test
    void newAddressesReachTheDialerAndServeItsNextStream() throws Exception {
        lke().server.peerWith(eks().server);
        bothAreActive();
        assertThat(lke().addressesOf("eks")).containsExactly(EKS + ".1:8503");

        eks().throughGateways(true);
        eventually(() -> lke().addressesOf("eks").equals(List.of(eks().gatewayAddress())));
        lke().server.kill();
        var before = eks().routed(INBOUND);
        lke().server.startAgain();
        bothAreActive();
        eventually(() -> eks().routed(INBOUND) > before);

        eks().throughGateways(false);
        eventually(() -> lke().addressesOf("eks").equals(List.of(EKS + ".1:8503")));
        bothAreActive();
        bothSeeTheOthersService();
    }

    /// Its load balancer has another address: the peer dials it there from then on.
    @Test
    void gatewayThatIsReachedElsewhereIsDialledThere() throws Exception {
        eks().throughGateways(true);
        lke().server.peerWith(eks().server);
        bothAreActive();
        assertThat(lke().addressesOf("eks")).containsExactly(eks().gatewayAddress());

        eks().moveGateway(eks().otherGatewayAddress());
        eventually(() -> lke().addressesOf("eks").equals(List.of(eks().otherGatewayAddress())));
        var before = eks().routed(INBOUND);
        lke().server.kill();
        lke().server.startAgain();
        bothAreActive();
        eventually(() -> eks().routed(INBOUND) > before);

        // it is said in the hello too
        eks().killGateway();
        eks().startGatewayAgain();
        eventually(eks()::hasGateway);
        assertThat(lke().addressesOf("eks")).containsExactly(eks().otherGatewayAddress());
        eks().moveGateway(eks().gatewayAddress());
        eventually(() -> lke().addressesOf("eks").equals(List.of(eks().gatewayAddress())));
    }

    @Test
    void deadOwnGatewaysAreGoneAround() throws Exception {
        registerDeadGateway();
        lke().throughGateways(true);
        var before = lke().routed(OUTBOUND);

        lke().server.peerWith(eks().server);
        bothAreActive();
        eventually(() -> lke().routed(OUTBOUND) > before);

        // none is left that works: the peer's own address is the last resort
        lke().killGateway();
        lke().server.kill();
        lke().server.startAgain();
        bothAreActive();
        bothSeeTheOthersService();
    }

    @Test
    void tokenIsEstablishedDirectlyWhenNoOwnGatewayWorks() throws Exception {
        lke().throughGateways(true);
        lke().killGateway();
        registerDeadGateway();

        lke().server.peerWith(eks().server);
        bothAreActive();
    }

    /// Nothing listens there.
    private void registerDeadGateway() throws Exception {
        var address = Map.of("Address", LKE + ".9", "Port", 8443);
        lke().server
                .must(
                        "PUT",
                        "/v1/catalog/register",
                        Map.of(
                                "Node",
                                "dead",
                                "Address",
                                LKE + ".9",
                                "Service",
                                Map.of(
                                        "ID",
                                        "a-dead-gateway",
                                        "Service",
                                        "mesh-gateway",
                                        "Kind",
                                        "mesh-gateway",
                                        "Address",
                                        LKE + ".9",
                                        "Port",
                                        8443,
                                        "TaggedAddresses",
                                        Map.of("lan", address, "wan", address))));
    }

    @Test
    void acceptorMayLiveOnIpv6() throws Exception {
        assumeTrue(
                NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .anyMatch(one -> one instanceof Inet6Address && one.isLoopbackAddress()),
                "SKIPPED: no IPv6 loopback address on this machine");
        var others = List.copyOf(sides);
        sides.clear();
        try {
            start("[::1]", "[::1]", OTHER_LKE);
            peerOverIpv6();
        } finally {
            sides.forEach(Side::close);
            sides.clear();
            sides.addAll(others);
        }
    }

    private void peerOverIpv6() throws Exception {
        lke().throughGateways(true);
        for (var acceptorAsks : List.of(false, true)) {
            eks().throughGateways(acceptorAsks);
            lke().server.peerWith(eks().server);
            bothAreActive();
            bothSeeTheOthersService();
            assertThat(lke().addressesOf("eks"))
                    .containsExactly(acceptorAsks ? "[::1]:8443" : "[::1]:8503");
            partAgain();
        }
    }
}
