package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an operator does while an API server does not serve a kind, or does not say so.
class LackingKindsTest {
    private static final ResourceKind EXPORTS = ResourceKind.EXPORTED_SERVICES;
    private static final String SHARE =
            "{'services': [{'name': 'cart', 'consumers': [{'peer': 'lke'}]}]}";

    @TempDir private static Path folder;
    private static TestingDatacenter eks;
    private TestingCluster cluster;

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
    }

    @AfterEach
    void stopCluster() throws Exception {
        cluster.close();
    }

    private static boolean isThere(String kind, String name) {
        return !eks.entry(kind, name).isMissingNode();
    }

    @Test
    void kindThatWasNotAnsweredForAtFirstAndIsNotThereKeepsNoExportsWaiting() throws Exception {
        cluster.refuseReads(ApiGroup.CONSUL, EXPORTS, 503);
        cluster.operate(eks, Map.of("consul-group", "true"));
        // nobody knows whether it is there, so it counts; the others are watched
        until(() -> health().body().contains("\"watchesSynced\" : 22"));
        assertThat(health().body()).contains("\"watches\" : 23");
        assertThat(health().statusCode()).isEqualTo(503);

        cluster.lack(ApiGroup.CONSUL, EXPORTS);
        cluster.allowReads(ApiGroup.CONSUL, EXPORTS, 503);
        until(() -> health().statusCode() == 200);
        assertThat(health().body()).contains("\"exportedservices.consul.hashicorp.com\"");
        var share = cluster.create(EXPORTS, "one", SHARE);
        cluster.untilSynced(share, "True");
        assertThat(isThere("exported-services", "default")).isTrue();

        cluster.define(ApiGroup.CONSUL, EXPORTS);
        until(() -> health().body().contains("\"watchesSynced\" : 23"));
        cluster.delete(share);
        until(() -> cluster.now(share).isEmpty());
        assertThat(isThere("exported-services", "default")).isFalse();
    }

    /// As with an older ClusterRole: an account that may not list is told so first.
    @Test
    void kindThatMayNotBeListedIsLackingWhereItHasNoDefinition() throws Exception {
        cluster.refuseReads(ApiGroup.HANSA, ResourceKind.SAMENESS_GROUP, 403);
        cluster.discover(ApiGroup.HANSA, ResourceKind.SAMENESS_GROUP, false);
        cluster.operate(eks, Map.of());
        until(() -> health().statusCode() == 200);
        assertThat(health().body()).contains("\"samenessgroups.hansa.dev\"", "\"watches\" : 11");

        // whoever has the definition has objects that this operator cannot see
        cluster.discover(ApiGroup.HANSA, ResourceKind.SAMENESS_GROUP, true);
        until(() -> health().statusCode() == 503);
        assertThat(health().body()).contains("\"lacking\" : [ ]");
    }

    @Test
    void kindThatLosesItsDefinitionIsNotAskedForAnyMoreAndIsTakenUpAnew() throws Exception {
        cluster.refuseWatches(EXPORTS);
        var share = cluster.create(EXPORTS, "one", SHARE);
        try (var desk =
                new Cluster(
                        cluster.another(), Set.of("shop"), List.of(ApiGroup.HANSA), _ -> true)) {
            desk.watch((_, _) -> {}, (_, _) -> {}, _ -> {});
            until(() -> desk.isSynced(EXPORTS));
            assertThat(desk.known()).extracting(Custom::subject).containsExactly(share);

            cluster.lack(ApiGroup.HANSA, EXPORTS);
            desk.look();
            assertThat(desk.known()).isEmpty();
            assertThat(desk.isSynced(EXPORTS)).isFalse();
            assertThat(desk.lost(EXPORTS)).contains("exportedservices.hansa.dev");

            cluster.allowWatches(EXPORTS);
            cluster.define(ApiGroup.HANSA, EXPORTS);
            desk.look();
            until(desk::isSynced);
            assertThat(desk.known()).extracting(Custom::subject).containsExactly(share);
            assertThat(desk.lost(EXPORTS)).isPresent();
            desk.look();
            assertThat(desk.lost(EXPORTS)).isEmpty();
        }
    }

    @Test
    void exportsStayWhileTheirDefinitionIsNotServed() throws Exception {
        cluster.operate(eks, Map.of("resync", "1h"));
        var share = cluster.create(EXPORTS, "one", SHARE);
        cluster.untilSynced(share, "True");

        // what is watched does not know it yet
        var before = failed();
        cluster.lack(ApiGroup.HANSA, EXPORTS);
        cluster.service("cart", Map.of("any", "label"));
        until(() -> failed() > before);
        assertThat(isThere("exported-services", "default")).isTrue();
        assertThat(health().body()).contains("\"lost\" : [ ]");

        cluster.define(ApiGroup.HANSA, EXPORTS);
        cluster.delete(share);
        until(() -> cluster.now(share).isEmpty());
        until(() -> !isThere("exported-services", "default"));
    }

    @Test
    void healthNamesKindsThatWentWhileObjectsOfThemWereKnown() throws Exception {
        cluster.refuseWatches(EXPORTS);
        cluster.operate(eks, Map.of());
        var share = cluster.create(EXPORTS, "one", SHARE);
        cluster.untilSynced(share, "True");

        cluster.lack(ApiGroup.HANSA, EXPORTS);
        until(() -> health().body().contains("\"lost\" : [ \"exportedservices.hansa.dev\" ]"));
        assertThat(health().body()).contains("\"lacking\" : [ \"exportedservices.hansa.dev\" ]");
        // the other kinds are watched
        assertThat(health().statusCode()).isEqualTo(200);
        assertThat(isThere("exported-services", "default")).isTrue();

        cluster.allowWatches(EXPORTS);
        cluster.define(ApiGroup.HANSA, EXPORTS);
        until(() -> health().body().contains("\"lost\" : [ ]"));
        cluster.delete(share);
        until(() -> !isThere("exported-services", "default"));
    }

    /// As where the operator was told to let go, or its finalizer was taken off by hand.
    @Test
    void exportsOfNobodyGoThoughAGroupThatIsWatchedWasNeverThere() throws Exception {
        for (var kind : ResourceKind.values()) {
            cluster.lack(ApiGroup.CONSUL, kind);
        }
        cluster.operate(eks, Map.of("consul-group", "true"));
        until(() -> health().statusCode() == 200);

        eks.write(
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"web\",\"Consumers\":[{\"Peer\":\"lke\"}]}],\"Meta\":{\"external-source\":\"kubernetes\",\"k8s-cluster\":\"%s\",\"k8s-object\":\"%s\"}}"
                        .formatted(cluster.mark(), Owner.EXPORTS));

        until(() -> !isThere("exported-services", "default"));
    }

    @Test
    void entryOfAKindThatHasJustLostItsDefinitionStays() throws Exception {
        var entry =
                "{\"Kind\":\"service-resolver\",\"Name\":\"%s\",\"Meta\":{\"external-source\":\"kubernetes\",\"k8s-cluster\":\""
                        + cluster.mark()
                        + "\",\"k8s-object\":\"serviceresolvers.%s/shop/%s\"}}";
        cluster.operate(eks, Map.of("consul-group", "true"));
        until(() -> health().statusCode() == 200);

        // its watch goes on, so that it is not asked for
        cluster.lack(ApiGroup.CONSUL, ResourceKind.SERVICE_RESOLVER);
        eks.write(entry.formatted("unseen", "consul.hashicorp.com", "unseen"));
        eks.write(entry.formatted("zz-seen", "hansa.dev", "zz-seen"));
        until(() -> !isThere("service-resolver", "zz-seen"));
        assertThat(isThere("service-resolver", "unseen")).isTrue();

        cluster.define(ApiGroup.CONSUL, ResourceKind.SERVICE_RESOLVER);
        until(() -> !isThere("service-resolver", "unseen"));
    }

    /// Rounds over all exports.
    private double failed() throws Exception {
        return admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("hansa_operator_work_total{"))
                .filter(line -> line.contains("\"exportedservices\""))
                .filter(line -> line.contains("\"failed\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf('}') + 2)))
                .sum();
    }

    private HttpResponse<String> health() throws Exception {
        return admin("/health");
    }

    private HttpResponse<String> admin(String path) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(
                                    URI.create("http://127.0.0.1:" + cluster.adminPort() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
