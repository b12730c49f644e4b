package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real server, a mocked API server, and an operator between them.
class OperatorTest {
    private static final String RESOLVER = "service-resolver";

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
    void objectBecomesAnEntryFollowsItAndGoesWithIt() throws Exception {
        cluster.operate(eks, Map.of());
        var cart =
                cluster.create(ResourceKind.SERVICE_RESOLVER, "cart", "{'connectTimeout': '15s'}");

        cluster.untilSynced(cart, "True");
        assertThat(eks.entry(RESOLVER, "cart").path("ConnectTimeout").asText()).isEqualTo("15s");
        assertThat(eks.entry(RESOLVER, "cart").path("Meta").path("k8s-object").asText())
                .isEqualTo("serviceresolvers.hansa.dev/shop/cart");
        assertThat(cluster.ready(cart)).isEqualTo("True");
        assertThat(cluster.status(cart).path("entry").asText()).isEqualTo("cart");
        assertThat(cluster.status(cart).has("lastError")).isFalse();

        cluster.spec(cart, "{'connectTimeout': '7s'}");
        until(() -> eks.entry(RESOLVER, "cart").path("ConnectTimeout").asText().equals("7s"));

        // somebody edits it at the server
        eks.write(
                "{\"Kind\":\"service-resolver\",\"Name\":\"cart\",\"ConnectTimeout\":\"1s\",\"Meta\":"
                        + eks.entry(RESOLVER, "cart").path("Meta")
                        + "}");
        until(() -> eks.entry(RESOLVER, "cart").path("ConnectTimeout").asText().equals("7s"));

        // by a plain write, which says nothing of marks
        eks.write("{\"Kind\":\"service-resolver\",\"Name\":\"cart\",\"ConnectTimeout\":\"2s\"}");
        until(() -> eks.entry(RESOLVER, "cart").path("ConnectTimeout").asText().equals("7s"));
        cluster.untilSynced(cart, "True");

        cluster.delete(cart);
        until(() -> cluster.now(cart).isEmpty());
        assertThat(isThere(RESOLVER, "cart")).isFalse();
    }

    @Test
    void whatTheServerRefusesIsSaidInItsWordsAndNothingWiderIsWritten() throws Exception {
        cluster.operate(eks, Map.of());
        var rule =
                cluster.create(
                        ResourceKind.SERVICE_INTENTIONS,
                        "rule",
                        "{'destination': {'name': 'payment'}, 'sources': [{'name': 'web', 'namespace': 'prod', 'action': 'allow'}]}");

        cluster.untilSynced(rule, "Refused");
        assertThat(cluster.status(rule).path("lastError").asText())
                .contains("invalid config key", "namespace");
        assertThat(isThere("service-intentions", "payment")).isFalse();

        cluster.spec(
                rule,
                "{'destination': {'name': 'payment', 'namespace': 'x'}, 'sources': [{'name': 'web', 'action': 'allow'}]}");
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(() ->
                        assertThat(cluster.status(rule).path("lastError").asText())
                                .contains("destination.namespace"));
        assertThat(isThere("service-intentions", "payment")).isFalse();

        cluster.spec(
                rule,
                "{'destination': {'name': 'payment'}, 'sources': [{'name': 'web', 'action': 'allow'}]}");
        cluster.untilSynced(rule, "True");
        assertThat(isThere("service-intentions", "payment")).isTrue();
        cluster.delete(rule);
        until(() -> !isThere("service-intentions", "payment"));
    }

    @Test
    void entryOfSomebodyElseIsTakenOverOnlyWhereAnAnnotationSaysSo() throws Exception {
        eks.write("{\"Kind\":\"service-resolver\",\"Name\":\"mine\",\"ConnectTimeout\":\"1s\"}");
        cluster.operate(eks, Map.of());
        var object =
                cluster.create(ResourceKind.SERVICE_RESOLVER, "mine", "{'connectTimeout': '2s'}");

        cluster.untilSynced(object, "NotOurs");
        assertThat(eks.entry(RESOLVER, "mine").path("ConnectTimeout").asText()).isEqualTo("1s");

        cluster.edit(object, one -> one.annotated("hansa.dev/take-over", "true"));
        cluster.untilSynced(object, "True");
        assertThat(eks.entry(RESOLVER, "mine").path("ConnectTimeout").asText()).isEqualTo("2s");

        // a second object for the same entry
        var other =
                cluster.create(
                        new Subject(ApiGroup.HANSA, ResourceKind.SERVICE_RESOLVER, "team", "mine"),
                        "{'connectTimeout': '3s'}");
        cluster.untilSynced(other, "NotOurs");
        assertThat(cluster.status(other).path("lastError").asText()).contains("shop/mine");
        cluster.delete(other);
        until(() -> cluster.now(other).isEmpty());
        assertThat(eks.entry(RESOLVER, "mine").path("ConnectTimeout").asText()).isEqualTo("2s");
        cluster.delete(object);
        until(() -> !isThere(RESOLVER, "mine"));
    }

    @Test
    void exportsOfSeveralObjectsAreMergedAndSelectedByLabels() throws Exception {
        cluster.service("shipping", Map.of("export", "yes"));
        cluster.service("hidden", Map.of());
        cluster.operate(eks, Map.of("consul-group", "false"));
        var one =
                cluster.create(
                        ResourceKind.EXPORTED_SERVICES,
                        "one",
                        "{'services': [{'name': 'cart', 'consumers': [{'peer': 'lke'}]}]}");
        var two =
                cluster.create(
                        ResourceKind.EXPORTED_SERVICES,
                        "two",
                        "{'services': [{'selector': {'matchLabels': {'export': 'yes'}}, 'consumers': [{'peer': 'lke'}]}, {'name': 'cart', 'consumers': [{'peer': 'gke'}]}]}");
        var wrong =
                cluster.create(
                        ResourceKind.EXPORTED_SERVICES,
                        "wrong",
                        "{'services': [{'name': 'cart', 'consumers': [{'peer': '*'}]}]}");
        var wide =
                cluster.create(
                        ResourceKind.EXPORTED_SERVICES,
                        "wide",
                        "{'services': [{'selector': {'matchLabels': {'export': 'yes'}, 'matchFields': {}}, 'consumers': [{'peer': 'lke'}]}]}");

        cluster.untilSynced(one, "True");
        cluster.untilSynced(two, "True");
        cluster.untilSynced(wrong, "Refused");
        cluster.untilSynced(wide, "Refused");
        until(() -> exports().equals("cart:gke,lke shipping:lke"));

        cluster.service("later", Map.of("export", "yes"));
        until(() -> exports().equals("cart:gke,lke later:lke shipping:lke"));
        cluster.service("shipping", Map.of("export", "no"));
        until(() -> exports().equals("cart:gke,lke later:lke"));

        cluster.delete(two);
        until(() -> exports().equals("cart:lke"));
        until(() -> cluster.now(two).isEmpty());
        for (var object : new Subject[] {one, wrong, wide}) {
            cluster.delete(object);
            until(() -> cluster.now(object).isEmpty());
        }
        assertThat(isThere("exported-services", "default")).isFalse();
    }

    private static String exports() {
        var text = new StringBuilder();
        for (var service : eks.entry("exported-services", "default").path("Services")) {
            text.append(text.isEmpty() ? "" : " ")
                    .append(service.path("Name").asText())
                    .append(':')
                    .append(
                            String.join(
                                    ",", TestingCluster.names(service.path("Consumers"), "Peer")));
        }
        return text.toString();
    }

    @Test
    void whatWasWrittenForAnObjectThatIsGoneIsRemoved() throws Exception {
        eks.write(
                "{\"Kind\":\"service-resolver\",\"Name\":\"left\",\"Meta\":{\"external-source\":\"kubernetes\",\"k8s-cluster\":\""
                        + cluster.mark()
                        + "\",\"k8s-object\":\"serviceresolvers.hansa.dev/shop/left\"}}");
        eks.write(
                "{\"Kind\":\"service-resolver\",\"Name\":\"theirs\",\"Meta\":{\"external-source\":\"kubernetes\",\"k8s-cluster\":\"another\",\"k8s-object\":\"serviceresolvers.hansa.dev/shop/theirs\"}}");

        cluster.operate(eks, Map.of());

        until(() -> !isThere(RESOLVER, "left"));
        assertThat(isThere(RESOLVER, "theirs")).isTrue();
    }

    /// The router needs the protocol: one is looked at first, and cannot go first.
    @Test
    void orphanThatCannotGoYetKeepsNoOtherFromGoing() throws Exception {
        var mark =
                ",\"Name\":\"chained\",\"Meta\":{\"external-source\":\"kubernetes\",\"k8s-cluster\":\""
                        + cluster.mark()
                        + "\",\"k8s-object\":\"%s.hansa.dev/shop/chained\"}}";
        eks.write(
                "{\"Kind\":\"service-defaults\",\"Protocol\":\"http\""
                        + mark.formatted("servicedefaults"));
        eks.write("{\"Kind\":\"service-router\",\"Routes\":[]" + mark.formatted("servicerouters"));

        cluster.operate(eks, Map.of());

        until(() -> !isThere("service-router", "chained"));
        until(() -> !isThere("service-defaults", "chained"));
    }

    @Test
    void clusterOfTheSameNameIsLeftAlone() throws Exception {
        cluster.operate(eks, Map.of("cluster", "same"));
        var cart = cluster.create(ResourceKind.SERVICE_RESOLVER, "alike", "{}");
        cluster.untilSynced(cart, "True");
        try (var other = new TestingCluster(folder)) {
            eks.write(
                    "{\"Kind\":\"service-resolver\",\"Name\":\"zz-left\",\"Meta\":{\"external-source\":\"kubernetes\",\"k8s-cluster\":\""
                            + other.mark("same")
                            + "\",\"k8s-object\":\"serviceresolvers.hansa.dev/shop/zz-left\"}}");

            other.operate(eks, Map.of("cluster", "same"));

            // by then it has looked at the other entry too, whose name comes before
            until(() -> !isThere(RESOLVER, "zz-left"));
            assertThat(isThere(RESOLVER, "alike")).isTrue();
            var second = other.create(ResourceKind.SERVICE_RESOLVER, "alike", "{}");
            await().atMost(TestingCluster.PATIENCE)
                    .untilAsserted(() -> assertThat(other.synced(second)).isEqualTo("NotOurs"));
        }
        cluster.delete(cart);
        until(() -> cluster.now(cart).isEmpty());
    }

    @Test
    void objectIsHeldWhileItsEntryIsHiddenAndNotForEver() throws Exception {
        cluster.operate(eks, Map.of("abandon-after", "3s"));
        var object = cluster.create(ResourceKind.SERVICE_RESOLVER, "hidden", "{}");
        cluster.untilSynced(object, "True");

        // a token that is known to nobody
        Files.writeString(cluster.tokenFile(), "00000000-0000-0000-0000-000000000000");
        cluster.delete(object);
        cluster.untilSynced(object, "NotRemoved");
        assertThat(isThere(RESOLVER, "hidden")).isTrue();
        until(() -> cluster.now(object).isEmpty());
        assertThat(isThere(RESOLVER, "hidden")).isTrue();

        Files.writeString(cluster.tokenFile(), eks.operatorToken());
        until(() -> !isThere(RESOLVER, "hidden"));
    }

    @Test
    void objectGoesWhenItsEntryIsGoneAlready() throws Exception {
        cluster.operate(eks, Map.of("resync", "10m"));
        var object = cluster.create(ResourceKind.SERVICE_RESOLVER, "gone", "{}");
        cluster.untilSynced(object, "True");
        eks.ask("DELETE", "/v1/config/service-resolver/gone", "");

        cluster.delete(object);

        until(() -> cluster.now(object).isEmpty());
    }

    @Test
    void objectsOfConsulsGroupAreWatchedWhereTheClusterHasThem() throws Exception {
        var subject =
                new Subject(ApiGroup.CONSUL, ResourceKind.SERVICE_DEFAULTS, "shop", "consuls");
        cluster.create(subject, "{'protocol': 'tcp'}");
        try (var desk =
                new Cluster(
                        cluster.another(),
                        java.util.Set.of("shop"),
                        java.util.List.of(ApiGroup.HANSA, ApiGroup.CONSUL),
                        _ -> true)) {
            desk.watch((_, _) -> {}, (_, _) -> {}, _ -> {});
            until(desk::isSynced);

            assertThat(desk.known()).extracting(Custom::subject).containsExactly(subject);
            assertThat(desk.sees("shop")).isTrue();
            assertThat(desk.sees("other")).isFalse();
        }
    }

    /// An older set of Consul's definitions has no sameness groups.
    @Test
    void kindWithoutADefinitionIsNamedKeepsNoOtherWaitingAndIsTakenUpWhenItHasOne()
            throws Exception {
        cluster.lack(ApiGroup.CONSUL, ResourceKind.SAMENESS_GROUP);
        cluster.operate(eks, Map.of("consul-group", "true"));

        until(() -> admin("/health").statusCode() == 200);
        assertThat(admin("/health").body())
                .contains("\"watches\" : 22", "\"samenessgroups.consul.hashicorp.com\"");
        assertThat(cluster.metric("hansa_operator_kinds_lacking")).isEqualTo(1);
        var defaults =
                cluster.create(
                        new Subject(
                                ApiGroup.CONSUL, ResourceKind.SERVICE_DEFAULTS, "shop", "older"),
                        "{'protocol': 'tcp'}");
        cluster.untilSynced(defaults, "True");

        cluster.define(ApiGroup.CONSUL, ResourceKind.SAMENESS_GROUP);
        var group =
                cluster.create(
                        new Subject(ApiGroup.CONSUL, ResourceKind.SAMENESS_GROUP, "shop", "newer"),
                        "{'includeLocal': true, 'members': [{'peer': 'lke'}]}");
        cluster.untilSynced(group, "True");
        until(() -> admin("/health").body().contains("\"watches\" : 23"));
        assertThat(admin("/health").body()).contains("\"lacking\" : [ ]");
        for (var one : new Subject[] {defaults, group}) {
            cluster.delete(one);
            until(() -> cluster.now(one).isEmpty());
        }
    }

    @Test
    void entryOfAKindWithoutADefinitionStaysUntilItsObjectCanBeLookedFor() throws Exception {
        var entry =
                "{\"Kind\":\"service-resolver\",\"Name\":\"%s\",\"Meta\":{\"external-source\":\"kubernetes\",\"k8s-cluster\":\""
                        + cluster.mark()
                        + "\",\"k8s-object\":\"serviceresolvers.%s/shop/%s\"}}";
        eks.write(entry.formatted("unseen", "consul.hashicorp.com", "unseen"));
        eks.write(entry.formatted("zz-seen", "hansa.dev", "zz-seen"));
        cluster.lack(ApiGroup.CONSUL, ResourceKind.SERVICE_RESOLVER);

        cluster.operate(eks, Map.of("consul-group", "true"));
        until(() -> !isThere(RESOLVER, "zz-seen"));
        assertThat(isThere(RESOLVER, "unseen")).isTrue();

        cluster.define(ApiGroup.CONSUL, ResourceKind.SERVICE_RESOLVER);
        until(() -> !isThere(RESOLVER, "unseen"));
    }

    @Test
    void operatorWithoutAnyOfItsOwnDefinitionsIsNotReady() throws Exception {
        for (var kind : ResourceKind.values()) {
            cluster.lack(ApiGroup.HANSA, kind);
        }
        cluster.operate(eks, Map.of());
        until(() -> admin("/health").body().contains("\"watchesSynced\" : 1"));
        assertThat(admin("/health").statusCode()).isEqualTo(503);

        for (var kind : ResourceKind.values()) {
            cluster.define(ApiGroup.HANSA, kind);
        }
        until(() -> admin("/health").statusCode() == 200);
    }

    @Test
    void objectOfConsulsGroupBecomesAnEntryAndIsLetGoOfConsulsFinalizer() throws Exception {
        cluster.operate(eks, Map.of("consul-group", "true"));
        var subject =
                new Subject(ApiGroup.CONSUL, ResourceKind.SERVICE_DEFAULTS, "shop", "consuls-own");
        cluster.create(subject, "{'protocol': 'http'}");
        cluster.edit(
                subject,
                one -> {
                    one.resource()
                            .getMetadata()
                            .getFinalizers()
                            .add("finalizers.consul.hashicorp.com");
                    return one;
                });

        cluster.untilSynced(subject, "True");
        assertThat(
                        eks.entry("service-defaults", "consuls-own")
                                .path("Meta")
                                .path("k8s-object")
                                .asText())
                .isEqualTo("servicedefaults.consul.hashicorp.com/shop/consuls-own");
        cluster.delete(subject);
        until(() -> cluster.now(subject).isEmpty());
        assertThat(isThere("service-defaults", "consuls-own")).isFalse();
    }

    @Test
    void eachKindOfEntryIsWrittenByTheTokenOfTheManifests() throws Exception {
        cluster.operate(eks, Map.of());
        var specs =
                Map.of(
                        ResourceKind.MESH, "{'peering': {'peerThroughMeshGateways': false}}",
                        ResourceKind.SERVICE_DEFAULTS, "{'protocol': 'http'}",
                        ResourceKind.PROXY_DEFAULTS, "{'config': {'any': 'thing'}}",
                        ResourceKind.SERVICE_ROUTER, "{'routes': []}",
                        ResourceKind.SERVICE_SPLITTER, "{'splits': [{'weight': 100}]}",
                        ResourceKind.SERVICE_INTENTIONS,
                                "{'destination': {'name': '*'}, 'sources': [{'name': 'kinds', 'action': 'deny'}]}",
                        ResourceKind.SAMENESS_GROUP,
                                "{'includeLocal': true, 'members': [{'peer': 'lke'}]}");
        var names = Map.of(ResourceKind.MESH, "mesh", ResourceKind.PROXY_DEFAULTS, "global");
        for (var kind : specs.keySet()) {
            cluster.create(kind, names.getOrDefault(kind, "kinds"), specs.get(kind));
        }
        for (var kind : specs.keySet()) {
            cluster.untilSynced(
                    TestingCluster.subject(kind, names.getOrDefault(kind, "kinds")), "True");
        }
        // all at once: one of them may not go before another
        for (var kind : specs.keySet()) {
            cluster.delete(TestingCluster.subject(kind, names.getOrDefault(kind, "kinds")));
        }
        for (var kind : specs.keySet()) {
            var subject = TestingCluster.subject(kind, names.getOrDefault(kind, "kinds"));
            until(() -> cluster.now(subject).isEmpty());
        }
        assertThat(isThere("mesh", "mesh")).isFalse();
    }

    @Test
    void secondReplicaWritesWhenTheFirstOneStops() throws Exception {
        cluster.operate(eks, Map.of("lease.duration", "20s"));
        var object = cluster.create(ResourceKind.SERVICE_RESOLVER, "handed", "{}");
        cluster.untilSynced(object, "True");
        cluster.operate(eks, Map.of("lease.duration", "20s"));

        cluster.stopFirst();
        cluster.spec(object, "{'connectTimeout': '3s'}");

        until(() -> eks.entry(RESOLVER, "handed").path("ConnectTimeout").asText().equals("3s"));
    }

    @Test
    void probesAndMetricsAreAnswered() throws Exception {
        cluster.operate(eks, Map.of());
        cluster.create(ResourceKind.SERVICE_RESOLVER, "counted", "{}");
        until(() -> admin("/metrics").body().contains("hansa_operator_writes_total"));

        until(() -> admin("/health").statusCode() == 200);
        assertThat(admin("/health").body()).contains("\"leading\" : true", "\"watches\" : 12");
        assertThat(admin("/live").statusCode()).isEqualTo(200);
        assertThat(admin("/metrics").body())
                .contains("hansa_operator_leading 1.0", "kind=\"serviceresolvers\"");
        assertThat(admin("/other").statusCode()).isEqualTo(404);
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
