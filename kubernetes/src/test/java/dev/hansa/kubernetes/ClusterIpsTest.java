package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static dev.hansa.kubernetes.TestingPods.ready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.events.v1.Event;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Addresses of Services of a mocked API server in the entry of a real server, where one of them
/// would have all refused.
class ClusterIpsTest {
    private static final Map<String, String> CATALOG = Map.of("kubernetes.catalog", "true");
    private static final String REFUSED = "hansa_operator_catalog_work_total{outcome=\"refused\"}";

    @TempDir private static Path folder;
    private static TestingDatacenter eks;
    private TestingCluster cluster;
    private TestingPods pods;

    @BeforeAll
    static void startDatacenter() throws Exception {
        eks = TestingDatacenter.start("eks", folder);
    }

    @AfterAll
    static void stopDatacenter() throws Exception {
        eks.close();
    }

    @BeforeEach
    void startCluster() {
        cluster = new TestingCluster(folder);
        pods = new TestingPods(cluster.client(), cluster.name());
    }

    @AfterEach
    void stopCluster() throws Exception {
        cluster.close();
    }

    private void untilShown(String... rows) {
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(
                        () -> assertThat(eks.clusterIps(cluster.mark())).containsExactly(rows));
    }

    /// On Services.
    private List<String> notes() {
        return cluster
                .client()
                .events()
                .v1()
                .events()
                .inNamespace("shop")
                .list()
                .getItems()
                .stream()
                .filter(event -> event.getRegarding().getKind().equals("Service"))
                .map(Event::getNote)
                .toList();
    }

    @Test
    void serviceOfMorePortsThanTheServerTakesKeepsNoOther() throws Exception {
        cluster.operate(eks, CATALOG);
        pods.meshed("wide", 16, "10.96.0.10");
        pods.meshed("till", 1, "10.96.0.11");
        untilShown(
                "shop/till till[\"10.96.0.11\"][80]",
                "shop/wide wide[\"10.96.0.10\"][80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95]");

        pods.meshed("wide", 17, "10.96.0.10");
        untilShown("shop/till till[\"10.96.0.11\"][80]");
        pods.deleteService("till");
        pods.meshed("stock", 1, "10.96.0.11");
        untilShown("shop/stock stock[\"10.96.0.11\"][80]");
        until(() -> cluster.metric(REFUSED) > 0);
        until(() ->
                notes().equals(
                                List.of(
                                        "Service 'wide', whose addresses stand for nothing in the mesh: expected at most 16 ports that lead to the application's; found 17")));

        pods.meshed("wide", 1, "10.96.0.10");
        untilShown("shop/stock stock[\"10.96.0.11\"][80]", "shop/wide wide[\"10.96.0.10\"][80]");
    }

    @Test
    void serviceOfANameOrAnAddressThatTheServerDoesNotTakeKeepsNoOther() throws Exception {
        cluster.operate(eks, CATALOG);
        pods.meshed("odd.one", 1, "10.96.0.20");
        pods.meshed("virtual", 1, "240.0.0.1");
        pods.meshed("local", 1, "127.0.0.1");
        pods.meshed("many", 1, "10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5");
        until(() -> eks.statuses("many").size() + eks.statuses("virtual").size() == 2);
        pods.meshed("till", 1, "10.96.0.21");
        untilShown("shop/till till[\"10.96.0.21\"][80]");

        pods.deleteService("till");
        untilShown();
    }

    @Test
    void whatStandsNeverLeadsWrongWhereTheServerTakesNothingNew() throws Exception {
        try (var door = new TestingDoor(eks)) {
            cluster.operate(eks, Map.of("kubernetes.catalog", "true", "http-addr", door.address()));
            pods.meshed("stock", 1, "10.96.0.30", "10.96.0.34");
            pods.meshed("till", 1, "10.96.0.31", "10.96.0.32");
            untilShown(
                    "shop/stock stock[\"10.96.0.30\",\"10.96.0.34\"][80]",
                    "shop/till till[\"10.96.0.31\",\"10.96.0.32\"][80]");

            door.refuse("shop/pay");
            pods.meshed("pay", 1, "10.96.0.33");
            until(() -> cluster.metric(REFUSED) > 0);
            pods.meshed("till", 1, "10.96.0.31");
            untilShown(
                    "shop/stock stock[\"10.96.0.30\",\"10.96.0.34\"][80]",
                    "shop/till till[\"10.96.0.31\"][80]");
            pods.deleteService("till");
            pods.service("legacy", Map.of(), List.of("10.96.0.31"));
            pods.slice("legacy", ready("legacy-1", "192.0.2.8"));
            untilShown("shop/stock stock[\"10.96.0.30\",\"10.96.0.34\"][80]");

            // not even what it took before
            door.refuse("cluster-ips");
            pods.meshed("stock", 1, "10.96.0.30");
            untilShown();

            door.refuse("");
            untilShown("shop/pay pay[\"10.96.0.33\"][80]", "shop/stock stock[\"10.96.0.30\"][80]");
        }
    }
}
