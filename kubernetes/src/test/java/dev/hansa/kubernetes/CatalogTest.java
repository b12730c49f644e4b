package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static dev.hansa.kubernetes.TestingPods.endpoint;
import static dev.hansa.kubernetes.TestingPods.ready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pods of a mocked API server in the catalog of a real server.
class CatalogTest {
    private static final Map<String, String> CATALOG = Map.of("kubernetes.catalog", "true");

    private static final String SETTLED = "hansa_operator_catalog_work_total{outcome=\"settled\"}";

    /// A look that comes at once after a write may not see it yet, and writes it again; the slower
    /// the machine, the more. Where each look wrote everything it would be a hundred.
    private static final int SEEN_LATE = 40;

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

    private static void untilStatuses(String service, String... statuses) {
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(() -> assertThat(eks.statuses(service)).containsExactly(statuses));
    }

    @Test
    void podIsRegisteredFollowsItsConditionsAndGoes() throws Exception {
        cluster.operate(eks, CATALOG);
        pods.service("cart", Map.of());
        pods.pod("cart-1", "cart", false, Map.of("hansa.dev/service-tags", "blue,v2"));
        pods.slice("cart", endpoint("cart-1", "192.0.2.7", false, false, false));
        untilStatuses("cart", "shop.cart-1-cart critical");

        pods.pod("cart-1", "cart", true, Map.of("hansa.dev/service-tags", "blue,v2"));
        pods.slice("cart", ready("cart-1", "192.0.2.7"));
        untilStatuses("cart", "shop.cart-1-cart passing");
        var one = eks.instances("cart").path(0);
        assertThat(one.path("Node").path("Node").asText()).isEqualTo("k8s-" + cluster.name());
        assertThat(one.path("Service").path("Address").asText()).isEqualTo("192.0.2.7");
        assertThat(one.path("Service").path("Port").asInt()).isEqualTo(8080);
        assertThat(one.path("Service").path("Tags").toString()).isEqualTo("[\"blue\",\"v2\"]");
        assertThat(one.path("Service").path("Meta").path("sidecar-port").asText())
                .isEqualTo("20000");
        assertThat(one.path("Service").path("Meta").path("pod-name").asText()).isEqualTo("cart-1");
        assertThat(one.path("Service").path("Meta").path("k8s-namespace").asText())
                .isEqualTo("shop");

        // stopped, and still answering: kept for what stands, not for what is new
        pods.slice("cart", endpoint("cart-1", "192.0.2.7", false, true, true));
        untilStatuses("cart", "shop.cart-1-cart maintenance");
        // its machine is lost: the kubelet is silent, and Kubernetes says that it is not ready
        pods.pod("cart-1", "cart", false, Map.of("hansa.dev/service-tags", "blue,v2"));
        untilStatuses("cart", "shop.cart-1-cart critical");

        pods.slice("cart");
        untilStatuses("cart");
    }

    @Test
    void podWithoutASidecarIsRegisteredOnlyWhereItsServiceAsksForIt() throws Exception {
        cluster.operate(eks, CATALOG);
        pods.service("legacy", Map.of());
        pods.service("asked", Map.of("consul.hashicorp.com/service-sync", "true"));
        pods.slice("legacy", ready("legacy-1", "192.0.2.8"));
        pods.slice("asked", ready("asked-1", "192.0.2.9"));

        untilStatuses("asked", "shop.asked-1-asked passing");
        assertThat(eks.statuses("legacy")).isEmpty();

        pods.service(
                "asked",
                Map.of(
                        "hansa.dev/service-sync", "true",
                        "hansa.dev/service-name", "called",
                        "hansa.dev/service-port", "http"));
        untilStatuses("called", "shop.asked-1-called passing");
        untilStatuses("asked");

        pods.deleteService("asked");
        untilStatuses("called");
    }

    @Test
    void podOfSeveralServicesOrOfNoneIsToldSoByAnEvent() throws Exception {
        // for it each pod has been there for a minute
        cluster.operate(eks, CATALOG, Clock.offset(Clock.systemUTC(), Duration.ofMinutes(1)));
        pods.service("a", Map.of());
        pods.service("b", Map.of());
        pods.pod("torn", "c", true, Map.of());
        pods.pod("alone", "nobody", true, Map.of());
        pods.slice("a", ready("torn", "192.0.2.7"));
        pods.slice("b", ready("torn", "192.0.2.7"));

        // between the first slice and the second the pod had one Service, which is not its
        // account's
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(() ->
                        assertThat(events())
                                .filteredOn(event -> !event.startsWith("torn OtherService: "))
                                .hasSize(2));
        assertThat(events())
                .filteredOn(event -> !event.startsWith("torn OtherService: "))
                .containsExactly(
                        "alone NoService: pod 'alone': expected one Service to select it, by which it has its place in the mesh; found none",
                        "torn SeveralServices: pod 'torn': expected one Service to select it, or one that is named as its ServiceAccount; found [a, b] (annotate the pod with hansa.dev/kubernetes-service)");

        pods.pod(
                "torn",
                "c",
                true,
                Map.of("hansa.dev/kubernetes-service", "b", "hansa.dev/connect-service", "c"));
        untilStatuses("c", "shop.torn-c passing");
        pods.deleteService("a");
        pods.deleteService("b");
        untilStatuses("c");
    }

    private List<String> events() {
        return cluster
                .client()
                .events()
                .v1()
                .events()
                .inNamespace("shop")
                .list()
                .getItems()
                .stream()
                .map(event ->
                        event.getRegarding().getName()
                                + " "
                                + event.getReason()
                                + ": "
                                + event.getNote())
                .sorted()
                .toList();
    }

    @Test
    void whatWentWhileNobodyLookedIsRemovedAndWhatIsAnothersStays() throws Exception {
        pods.service("left", Map.of());
        pods.pod("left-1", "left", true, Map.of());
        pods.pod("left-2", "left", true, Map.of());
        pods.slice("left", ready("left-1", "192.0.2.7"), ready("left-2", "192.0.2.8"));
        cluster.operate(eks, CATALOG);
        untilStatuses("left", "shop.left-1-left passing", "shop.left-2-left passing");
        var node = "k8s-" + cluster.name();
        eks.ask(
                "PUT",
                "/v1/catalog/register",
                """
                {"Node": "%s", "Address": "k8s", "SkipNodeUpdate": true, "Service": {"ID": "theirs", "Service": "left",
                 "Meta": {"external-source": "kubernetes", "k8s-cluster": "other/uid", "k8s-namespace": "shop", "k8s-service-name": "left"}}}
                """
                        .formatted(node));

        cluster.stopFirst();
        pods.deleteService("left");
        pods.delete("left-1");
        pods.delete("left-2");
        cluster.operate(eks, CATALOG);
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(() ->
                        assertThat(eks.instances("left").findValuesAsText("ID").toString())
                                .contains("theirs")
                                .doesNotContain("left-1", "left-2"));

        // the node goes when nothing is there any more
        eks.ask(
                "PUT",
                "/v1/catalog/deregister",
                "{\"Node\": \"" + node + "\", \"ServiceID\": \"theirs\"}");
        until(() -> !eks.json("/v1/catalog/nodes").toString().contains(node + "\""));
    }

    @Test
    void serverThatIsAwayMissesNothing() throws Exception {
        try (var door = new TestingDoor(eks)) {
            cluster.operate(eks, Map.of("kubernetes.catalog", "true", "http-addr", door.address()));
            pods.service("away", Map.of());
            pods.pod("away-1", "away", true, Map.of());
            pods.slice("away", ready("away-1", "192.0.2.7"));
            untilStatuses("away", "shop.away-1-away passing");

            door.goAway();
            pods.pod("away-2", "away", true, Map.of());
            pods.slice("away", ready("away-2", "192.0.2.8"));
            until(() ->
                    cluster.metric("hansa_operator_catalog_work_total{outcome=\"failed\"}") > 0);
            door.comeBack();

            untilStatuses("away", "shop.away-2-away passing");
            pods.deleteService("away");
            untilStatuses("away");
        }
    }

    /// Each new pod is written when it is there and when it is ready, each old one when it drains
    /// and when it is gone. What changes between two looks is written once.
    @Test
    void rolloutOfAHundredPodsIsFourHundredWritesAtMost() throws Exception {
        try (var door = new TestingDoor(eks)) {
            var count = 100;
            cluster.operate(eks, Map.of("kubernetes.catalog", "true", "http-addr", door.address()));
            pods.service("many", Map.of("hansa.dev/service-sync", "true"));
            pods.slice("many", all(0, count));
            until(() -> passing() == count);
            assertThat(door.catalogWrites()).isBetween(count, count + SEEN_LATE);
            var before = door.catalogWrites();

            for (var done = 0; done < count; done += 25) {
                var next = done;
                var going =
                        IntStream.range(done, done + 25)
                                .mapToObj(
                                        i -> endpoint("old-" + i, address(0, i), false, true, true))
                                .toList();
                pods.slice(
                        "many", joined(going, joined(all(0, done + 25, count), all(1, 0, next))));
                until(() -> inMaintenance() == 25);
                pods.slice("many", joined(all(0, done + 25, count), all(1, 0, next + 25)));
                until(() -> passing() == count && inMaintenance() == 0);
            }

            assertThat(door.catalogWrites() - before).isBetween(3 * count, 4 * count + SEEN_LATE);
            // and nothing where nothing changes: the looks at everything come each second
            untilLooks(3);
            var written = door.catalogWrites();
            untilLooks(6);
            assertThat(door.catalogWrites()).isEqualTo(written);
            pods.deleteService("many");
            untilStatuses("many");
        }
    }

    private void untilLooks(int count) throws Exception {
        var settled = cluster.metric(SETTLED);
        until(() -> cluster.metric(SETTLED) >= settled + count);
    }

    private static long passing() {
        return eks.statuses("many").stream().filter(one -> one.endsWith(" passing")).count();
    }

    private static long inMaintenance() {
        return eks.statuses("many").stream().filter(one -> one.endsWith(" maintenance")).count();
    }

    private static String address(int generation, int number) {
        return "198.51." + (100 + generation) + "." + (1 + number);
    }

    private static List<Endpoint> all(int from, int to) {
        return all(0, from, to);
    }

    private static List<Endpoint> all(int generation, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(
                        i -> ready((generation == 0 ? "old-" : "new-") + i, address(generation, i)))
                .toList();
    }

    private static List<Endpoint> joined(List<Endpoint> one, List<Endpoint> other) {
        var all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    private void untilShown(String... rows) {
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(
                        () -> assertThat(eks.clusterIps(cluster.mark())).containsExactly(rows));
    }

    @Test
    void addressesOfAServiceStandForWhatItsPodsAreAndHoldWhileItHasNone() throws Exception {
        cluster.operate(eks, CATALOG);
        pods.service("pay", Map.of(), List.of("10.96.0.10", "fd00::a"));
        pods.service("db", Map.of(), List.of("None"));
        pods.pod("pay-1", "pay", false, Map.of());
        pods.pod("db-0", "db", true, Map.of());
        pods.slice("db", ready("db-0", "192.0.2.9"));
        pods.slice("pay", endpoint("pay-1", "192.0.2.7", false, false, false));
        var pay = "shop/pay pay[\"10.96.0.10\",\"fd00:0:0:0:0:0:0:a\"][80]";
        untilShown(pay);
        // the last instance goes, and the peer that is failed over to is called by the same address
        pods.slice("pay");
        untilStatuses("pay");
        pods.service("legacy", Map.of(), List.of("10.96.0.12"));
        pods.service("shelf", Map.of(), List.of("10.96.0.11"));
        pods.pod("shelf-1", "shelf", true, Map.of());
        pods.slice("shelf", ready("shelf-1", "192.0.2.8"));
        pods.slice("legacy", ready("legacy-1", "192.0.2.6"));
        var shelf = "shop/shelf shelf[\"10.96.0.11\"][80]";
        untilShown(pay, shelf);

        // taken out of the mesh
        pods.slice("pay", ready("plain-1", "192.0.2.5"));
        untilShown(shelf);
    }

    @Test
    void addressThatIsGivenToAnotherServiceNeverStandsForTheOneThatHadIt() throws Exception {
        cluster.operate(eks, CATALOG);
        pods.service("till", Map.of(), List.of("10.96.0.20"));
        pods.pod("till-1", "till", true, Map.of());
        pods.slice("till", ready("till-1", "192.0.2.7"));
        untilShown("shop/till till[\"10.96.0.20\"][80]");

        // to one outside the mesh
        pods.deleteService("till");
        pods.service("legacy", Map.of(), List.of("10.96.0.20"));
        pods.slice("legacy", ready("legacy-1", "192.0.2.8"));
        untilShown();

        // to one within, and a watch that lags would show it at both
        pods.service("stock", Map.of(), List.of("10.96.0.21"));
        pods.pod("stock-1", "stock", true, Map.of());
        pods.slice("stock", ready("stock-1", "192.0.2.9"));
        untilShown("shop/stock stock[\"10.96.0.21\"][80]");
        pods.service("till", Map.of(), List.of("10.96.0.21"));
        pods.slice("till", ready("till-1", "192.0.2.7"));
        untilShown();
        until(() -> cluster.metric("hansa_operator_catalog_work_total{outcome=\"refused\"}") > 0);
        pods.deleteService("stock");
        untilShown("shop/till till[\"10.96.0.21\"][80]");
    }

    @Test
    void nextLeaderKeepsWhatAServiceWithoutPodsStandsFor() throws Exception {
        cluster.operate(eks, CATALOG);
        pods.service("bank", Map.of(), List.of("10.96.0.30"));
        pods.pod("bank-1", "bank", true, Map.of());
        pods.slice("bank", ready("bank-1", "192.0.2.7"));
        var bank = "shop/bank bank[\"10.96.0.30\"][80]";
        untilShown(bank);
        pods.slice("bank");
        untilStatuses("bank");
        cluster.stopFirst();

        cluster.operate(eks, CATALOG);
        pods.service("vault", Map.of(), List.of("10.96.0.31"));
        pods.pod("vault-1", "vault", true, Map.of());
        pods.slice("vault", ready("vault-1", "192.0.2.8"));

        untilShown(bank, "shop/vault vault[\"10.96.0.31\"][80]");
    }
}
