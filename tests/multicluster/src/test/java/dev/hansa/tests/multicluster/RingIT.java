package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three datacenters, each the peer of both others, dialer to the one and acceptor to the other.
/// All have a service `api` of their own.
class RingIT {
    private static final Duration SEEN = Duration.ofSeconds(30);

    @TempDir Path directory;
    private final List<BareServer> all = new ArrayList<>();
    private BareServer eks;
    private BareServer lke;
    private BareServer vms;

    @BeforeEach
    void start() throws Exception {
        eks = server("eks", 1);
        lke = server("lke", 2);
        vms = server("vms", 3);
        for (var one : all) {
            one.awaitAnswer();
            one.register("api", "192.0.2." + (all.indexOf(one) + 1));
            one.register(one.name() + "-only", "192.0.2.9");
        }
        eks.peerWith(lke);
        lke.peerWith(vms);
        vms.peerWith(eks);
        for (var one : all) {
            for (var other : others(one)) {
                eventually(() -> one.state(other.name()).equals("ACTIVE"));
            }
        }
    }

    private BareServer server(String name, int number) throws Exception {
        var server = BareServer.start(name, "127.75.0." + number, directory);
        all.add(server);
        return server;
    }

    private List<BareServer> others(BareServer one) {
        return all.stream().filter(other -> other != one).toList();
    }

    @AfterEach
    void stop() {
        all.forEach(BareServer::close);
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(SEEN).until(condition);
    }

    private void exportToBoth(BareServer exporter) throws Exception {
        var peers = others(exporter).stream().map(BareServer::name).toList();
        exporter.export(Map.of("api", peers, exporter.name() + "-only", peers));
    }

    @Test
    void everyoneSeesWhatIsExportedToItAndNothingElse() throws Exception {
        for (var one : all) {
            exportToBoth(one);
        }
        for (var importer : all) {
            for (var exporter : others(importer)) {
                var address = "192.0.2." + (all.indexOf(exporter) + 1);
                eventually(
                        () -> importer.imported("api", exporter.name()).equals(List.of(address)));
                eventually(() ->
                        !importer.imported(exporter.name() + "-only", exporter.name()).isEmpty());
                // what one peer exports never comes by way of the other
                for (var third : others(importer)) {
                    if (third != exporter) {
                        assertThat(importer.imported(exporter.name() + "-only", third.name()))
                                .isEmpty();
                    }
                }
            }
        }

        // vms goes on exporting to eks alone
        vms.export(Map.of("api", List.of("eks")));
        eventually(() -> lke.imported("api", "vms").isEmpty());
        eventually(() -> eks.imported("vms-only", "vms").isEmpty());
        assertThat(eks.imported("api", "vms")).containsExactly("192.0.2.3");

        // the end of one peering leaves the others, and everyone's own
        eks.must("DELETE", "/v1/peering/vms", "");
        eventually(() -> vms.state("eks").equals("TERMINATED"));
        eventually(() -> eks.state("vms").isEmpty());
        eventually(() -> vms.imported("api", "eks").isEmpty());
        assertThat(lke.imported("api", "eks")).containsExactly("192.0.2.1");
        assertThat(eks.imported("api", "lke")).containsExactly("192.0.2.2");
        assertThat(lke.state("vms")).isEqualTo("ACTIVE");
        for (var one : all) {
            assertThat(one.must("GET", "/v1/health/service/api", "")).hasSize(1);
        }
    }

    @Test
    void samePairTwiceAndOneselfAreRefused() throws Exception {
        var again =
                eks.send(
                        "POST",
                        "/v1/peering/establish",
                        "{\"PeerName\":\"other\",\"AcceptAudience\":\"again\",\"PeeringToken\":\""
                                + lke.must("POST", "/v1/peering/token", Map.of("PeerName", "again"))
                                        .path("PeeringToken")
                                        .asText()
                                + "\"}");
        assertThat(again.statusCode()).isEqualTo(500);
        assertThat(again.body()).contains("is peered already, as 'lke'");

        var self =
                eks.send(
                        "POST",
                        "/v1/peering/establish",
                        "{\"PeerName\":\"me\",\"AcceptAudience\":\"me2\",\"PeeringToken\":\""
                                + eks.must("POST", "/v1/peering/token", Map.of("PeerName", "me2"))
                                        .path("PeeringToken")
                                        .asText()
                                + "\"}");
        assertThat(self.statusCode()).isEqualTo(500);
        assertThat(self.body()).startsWith("cannot create a peering within the same cluster");
    }

    /// Consul's Lifecycle_UnexportWhileDown, and a dialer that is killed.
    @Test
    void killedServersFindEachOtherAgainAndReconcile() throws Exception {
        for (var one : all) {
            exportToBoth(one);
        }
        eventually(() -> !eks.imported("lke-only", "lke").isEmpty());
        eventually(() -> !eks.imported("api", "lke").isEmpty());
        eventually(() -> !lke.imported("api", "eks").isEmpty());

        eks.kill();
        lke.export(Map.of("api", List.of("eks", "vms")));
        eventually(() -> isStale(lke, "eks"));
        assertThat(isStale(lke, "vms")).isFalse();
        assertThat(lke.imported("api", "eks")).as("the last good catalog stays").isNotEmpty();
        eks.startAgain();

        eventually(() -> eks.state("lke").equals("ACTIVE"));
        eventually(() -> eks.state("vms").equals("ACTIVE"));
        eventually(() -> eks.imported("lke-only", "lke").isEmpty());
        // a kill may come before what was just heard is on the disk; then it is heard anew
        eventually(() -> eks.imported("api", "lke").equals(List.of("192.0.2.2")));
        eventually(() -> !isStale(lke, "eks"));
    }

    private static boolean isStale(BareServer server, String peer) throws Exception {
        return server.must("GET", "/v1/hansa/imported-services", "")
                .valueStream()
                .filter(service -> service.path("Peer").asText().equals(peer))
                .allMatch(service -> service.path("Stale").asBoolean());
    }
}
