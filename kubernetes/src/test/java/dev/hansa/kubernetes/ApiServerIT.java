package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The operator against a real API server of Kubernetes, with the definitions of deploy/operator
/// and the rights that the chart gives its account. tests/apiserver/build makes the binaries.
class ApiServerIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir private static Path folder;
    private static RealApiServer kubernetes;
    private static KubernetesClient admin;
    private static TestingDatacenter eks;

    private final Deque<Operator> replicas = new ArrayDeque<>();

    @BeforeAll
    static void startAll() throws Exception {
        kubernetes = RealApiServer.start(folder.resolve("kubernetes"), "ApiServerIT");
        admin = kubernetes.admin();
        RealApiServer.namespaces(admin, RealApiServer.NAMESPACE, "shop", "cases");
        for (var file : Definition.files()) {
            create("deploy/operator/crds/" + file);
        }
        RealApiServer.install(admin, "operator.yaml");
        await().atMost(TestingCluster.PATIENCE)
                .until(() ->
                        admin
                                        .apiextensions()
                                        .v1()
                                        .customResourceDefinitions()
                                        .list()
                                        .getItems()
                                        .stream()
                                        .filter(one -> one.getStatus() != null)
                                        .filter(one ->
                                                one.getStatus().getConditions().stream()
                                                        .anyMatch(condition ->
                                                                condition
                                                                                .getType()
                                                                                .equals(
                                                                                        "Established")
                                                                        && condition
                                                                                .getStatus()
                                                                                .equals("True")))
                                        .count()
                                == ResourceKind.values().length);
        eks = TestingDatacenter.start("eks", folder);
    }

    private static void create(String file) throws IOException {
        try (var in = Files.newInputStream(Definition.ROOT.resolve(file))) {
            for (HasMetadata one : admin.load(in).items()) {
                admin.resource(one).create();
            }
        }
    }

    @AfterAll
    static void stopAll() throws Exception {
        if (eks != null) {
            eks.close();
        }
        if (kubernetes != null) {
            admin.close();
            kubernetes.close();
        }
    }

    @AfterEach
    void stopReplicas() throws Exception {
        while (!replicas.isEmpty()) {
            replicas.removeLast().close();
        }
    }

    private void operate() throws Exception {
        var token = folder.resolve("operator.token");
        Files.writeString(token, eks.operatorToken());
        var settings = new HashMap<String, String>();
        settings.put("http-addr", eks.address());
        settings.put("token-file", token.toString());
        settings.put("cluster", "real");
        settings.put("kubernetes.catalog", "true");
        settings.put("lease.namespace", RealApiServer.NAMESPACE);
        settings.put("lease.name", RealApiServer.OPERATOR);
        settings.put("lease.duration", "20s");
        settings.put("admin.address", "127.0.0.1:0");
        settings.put("resync", "2s");
        replicas.add(
                Operator.start(
                        OperatorConfig.read(
                                Settings.of(settings, Map.of(), Optional.empty()),
                                "replica-" + replicas.size()),
                        kubernetes.of(RealApiServer.OPERATOR),
                        Clock.systemUTC()));
    }

    private static Resource<GenericKubernetesResource> at(
            ResourceKind kind, String namespace, String name) {
        return admin.genericKubernetesResources(
                        new ResourceDefinitionContext.Builder()
                                .withGroup(ApiGroup.HANSA.domain())
                                .withVersion(ApiGroup.VERSION)
                                .withKind(kind.kind())
                                .withPlural(kind.plural())
                                .withNamespaced(true)
                                .build())
                .inNamespace(namespace)
                .withName(name);
    }

    private static GenericKubernetesResource object(
            ResourceKind kind, String namespace, String name, JsonNode spec) {
        var object = JSON.createObjectNode();
        object.put("apiVersion", ApiGroup.HANSA.apiVersion()).put("kind", kind.kind());
        object.putObject("metadata").put("name", name).put("namespace", namespace);
        object.set("spec", spec);
        return JSON.convertValue(object, GenericKubernetesResource.class);
    }

    private static void create(ResourceKind kind, String name, String spec) throws IOException {
        admin.resource(object(kind, "shop", name, JSON.readTree(spec.replace('\'', '"')))).create();
    }

    private static JsonNode status(ResourceKind kind, String name) {
        var found = at(kind, "shop", name).get();
        return found == null
                ? JSON.missingNode()
                : JSON.valueToTree(found.getAdditionalProperties()).path("status");
    }

    private static String synced(ResourceKind kind, String name) {
        for (var condition : status(kind, name).path("conditions")) {
            if (condition.path("type").asText().equals("Synced")) {
                return condition.path("status").asText().equals("True")
                        ? "True"
                        : condition.path("reason").asText();
            }
        }
        return "";
    }

    private static void untilSynced(ResourceKind kind, String name, String word) {
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(() ->
                        assertThat(synced(kind, name))
                                .as(() -> status(kind, name).toString())
                                .isEqualTo(word));
    }

    @Test
    void eachCaseIsTakenOrRefusedInItsWords() throws IOException {
        var judged = 0;
        for (var file : Definition.files()) {
            var kindName = Definition.read(file).whole().at("/spec/names/kind").asText();
            var kind =
                    List.of(ResourceKind.values()).stream()
                            .filter(one -> one.kind().equals(kindName))
                            .findFirst()
                            .orElseThrow();
            for (var one : CustomResourcesTest.cases(file)) {
                var label = file + ": " + one.path("rule").asText();
                var before = one.path("before");
                if (before.isObject()) {
                    admin.resource(caseObject(kind, before)).create();
                }
                write(kind, one.path("accepted"), before.isObject());
                assertThatThrownBy(() -> write(kind, one.path("refused"), before.isObject()))
                        .as(label)
                        .isInstanceOfSatisfying(
                                KubernetesClientException.class,
                                e -> {
                                    assertThat(e.getCode()).as(label).isIn(400, 422);
                                    if (!one.path("rule").asText().equals("schema")) {
                                        assertThat(e.getMessage())
                                                .as(label)
                                                .contains(one.path("rule").asText());
                                    }
                                });
                if (before.isObject()) {
                    at(kind, "cases", before.path("name").asText()).delete();
                }
                judged++;
            }
        }
        assertThat(judged).isGreaterThan(50);
    }

    private static GenericKubernetesResource caseObject(ResourceKind kind, JsonNode one) {
        return object(kind, "cases", one.path("name").asText(), one.path("spec"));
    }

    private static void write(ResourceKind kind, JsonNode one, boolean isThere) {
        var asked = admin.resource(caseObject(kind, one)).dryRun();
        if (isThere) {
            asked.update();
        } else {
            asked.create();
        }
    }

    @Test
    void objectBecomesAnEntrySaysSoAndGoesWithIt() throws Exception {
        operate();
        create(ResourceKind.SERVICE_RESOLVER, "cart", "{'connectTimeout': '15s'}");
        untilSynced(ResourceKind.SERVICE_RESOLVER, "cart", "True");
        assertThat(eks.entry("service-resolver", "cart").path("ConnectTimeout").asText())
                .isEqualTo("15s");
        assertThat(status(ResourceKind.SERVICE_RESOLVER, "cart").path("observedGeneration").asInt())
                .isEqualTo(1);

        // kept by the API server, named by ours
        create(
                ResourceKind.SERVICE_INTENTIONS,
                "rule",
                "{'destination': {'name': 'payment'}, 'sources': [{'name': 'web', 'namespace': 'prod', 'action': 'allow'}]}");
        untilSynced(ResourceKind.SERVICE_INTENTIONS, "rule", "Refused");
        assertThat(status(ResourceKind.SERVICE_INTENTIONS, "rule").path("lastError").asText())
                .contains("namespace");

        for (var one :
                Map.of(
                                ResourceKind.SERVICE_RESOLVER, "cart",
                                ResourceKind.SERVICE_INTENTIONS, "rule")
                        .entrySet()) {
            at(one.getKey(), "shop", one.getValue()).delete();
            until(() -> at(one.getKey(), "shop", one.getValue()).get() == null);
        }
        assertThat(eks.entry("service-resolver", "cart").isMissingNode()).isTrue();
    }

    /// A set of definitions that has one of Consul's kinds alone.
    @Test
    void kindsAreTakenUpWhenTheyHaveADefinitionAndKnownWhenTheyLoseIt() {
        try (var watch = new CustomWatch(admin, Set.of("shop"), List.of(ApiGroup.CONSUL))) {
            Callable<Integer> lacking =
                    () -> {
                        watch.look((_, _) -> {}, _ -> {});
                        return watch.lacking().size();
                    };
            var all = ResourceKind.values().length;
            until(() -> lacking.call() == all);

            var crds = admin.apiextensions().v1().customResourceDefinitions();
            var consuls = crds.withName("meshes.hansa.dev").get();
            consuls.setMetadata(
                    new ObjectMetaBuilder().withName("meshes.consul.hashicorp.com").build());
            consuls.getSpec().setGroup(ApiGroup.CONSUL.domain());
            consuls.setStatus(null);
            admin.resource(consuls).create();
            until(() -> lacking.call() == all - 1 && watch.synced() == 1);

            crds.withName("meshes.consul.hashicorp.com").delete();
            until(() -> lacking.call() == all && watch.watches() == 0);
        }
    }

    @Test
    void whatAStatusSaysIsKeptByTheDefinitions() throws Exception {
        operate();
        create(
                ResourceKind.EXPORTED_SERVICES,
                "one",
                "{'services': [{'name': 'cart', 'consumers': [{'peer': 'lke'}]}]}");
        untilSynced(ResourceKind.EXPORTED_SERVICES, "one", "True");
        assertThat(status(ResourceKind.EXPORTED_SERVICES, "one").path("accepted").asText())
                .contains("cart");

        create(
                ResourceKind.PEERING_ACCEPTOR,
                "lke",
                "{'peer': {'secret': {'name': 'token', 'key': 'data'}}}");
        untilSynced(ResourceKind.PEERING_ACCEPTOR, "lke", "True");
        assertThat(admin.secrets().inNamespace("shop").withName("token").get().getData())
                .containsKey("data");
        // longer than the definition lets a status say
        at(ResourceKind.PEERING_ACCEPTOR, "shop", "lke")
                .edit(one -> {
                    one.getMetadata()
                            .setAnnotations(
                                    annotated(one, "hansa.dev/renew-token", "r".repeat(100)));
                    return one;
                });
        until(() ->
                status(ResourceKind.PEERING_ACCEPTOR, "lke")
                        .path("renewedFor")
                        .asText()
                        .startsWith("rrr"));

        at(ResourceKind.EXPORTED_SERVICES, "shop", "one").delete();
        at(ResourceKind.PEERING_ACCEPTOR, "shop", "lke").delete();
        until(() -> at(ResourceKind.PEERING_ACCEPTOR, "shop", "lke").get() == null);
        until(() -> at(ResourceKind.EXPORTED_SERVICES, "shop", "one").get() == null);
        assertThat(admin.secrets().inNamespace("shop").withName("token").get()).isNull();
    }

    private static Map<String, String> annotated(HasMetadata one, String key, String value) {
        var all = new HashMap<String, String>();
        if (one.getMetadata().getAnnotations() != null) {
            all.putAll(one.getMetadata().getAnnotations());
        }
        all.put(key, value);
        return all;
    }

    @Test
    void secondReplicaWritesWhenTheFirstOneStops() throws Exception {
        operate();
        create(ResourceKind.SERVICE_RESOLVER, "handed", "{}");
        untilSynced(ResourceKind.SERVICE_RESOLVER, "handed", "True");
        operate();
        assertThat(holder()).isEqualTo("replica-0");

        replicas.removeFirst().close();
        at(ResourceKind.SERVICE_RESOLVER, "shop", "handed")
                .edit(one -> {
                    one.setAdditionalProperty("spec", Map.of("connectTimeout", "3s"));
                    return one;
                });

        until(() ->
                eks.entry("service-resolver", "handed")
                        .path("ConnectTimeout")
                        .asText()
                        .equals("3s"));
        assertThat(holder()).isEqualTo("replica-1");
        at(ResourceKind.SERVICE_RESOLVER, "shop", "handed").delete();
        until(() -> at(ResourceKind.SERVICE_RESOLVER, "shop", "handed").get() == null);
    }

    /// The first token of the datacenter and its authority's key lie where the chart is.
    @Test
    void accountOfTheChartReadsTokensOfPeersAloneAndListsNone() {
        try (var operator = kubernetes.of(RealApiServer.OPERATOR)) {
            assertThat(operator.secrets().inNamespace("shop").withName("nobody").get()).isNull();
            assertForbidden(() ->
                    operator.secrets()
                            .inNamespace(RealApiServer.NAMESPACE)
                            .withName("nobody")
                            .get());
            assertForbidden(() -> operator.secrets().inNamespace("shop").list());
            assertForbidden(() -> operator.secrets().inNamespace("cases").withName("a").get());
            assertForbidden(() -> operator.pods().inNamespace("shop").withName("a").delete());
        }
    }

    /// Whole objects, pods of templates included, and no field that it does not know.
    @Test
    void apiServerTakesEachObjectOfTheChart() throws IOException {
        var judged = 0;
        for (var file : RealApiServer.manifests()) {
            try (var in = Files.newInputStream(file)) {
                for (HasMetadata one : admin.load(in).items()) {
                    assertThatCode(() ->
                                    admin.resource(one)
                                            .dryRun()
                                            .fieldValidation(Validation.STRICT)
                                            .forceConflicts()
                                            .serverSideApply())
                            .as(file + ": " + one.getKind())
                            .doesNotThrowAnyException();
                    judged++;
                }
            }
        }
        assertThat(judged).isGreaterThan(100);
        var typo = new NamespaceBuilder().withNewMetadata().withName("x").endMetadata().build();
        typo.setAdditionalProperty("sepc", Map.of());
        assertThatThrownBy(() ->
                        admin.resource(typo)
                                .dryRun()
                                .fieldValidation(Validation.STRICT)
                                .serverSideApply())
                .hasMessageContaining("sepc");
    }

    private static void assertForbidden(ThrowingCallable asked) {
        assertThatThrownBy(asked)
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(403));
    }

    private static String holder() {
        return admin.leases()
                .inNamespace(RealApiServer.NAMESPACE)
                .withName(RealApiServer.OPERATOR)
                .get()
                .getSpec()
                .getHolderIdentity();
    }

    @Test
    void podsOfEndpointSlicesStandInTheCatalogAndProblemsAreEvents() throws Exception {
        operate();
        var pods = new TestingPods(admin, "real");
        pods.service("cart", Map.of());
        var pod = pods.pod("cart-1", "cart", false, Map.of());
        ready(pod, "True");
        pods.slice("cart", TestingPods.ready("cart-1", "192.0.2.7"));
        untilStatuses("cart", "shop.cart-1-cart passing");
        assertThat(
                        eks.instances("cart")
                                .path(0)
                                .path("Service")
                                .path("Meta")
                                .path("pod-uid")
                                .asText())
                .isEqualTo(pod.getMetadata().getUid());

        pods.slice("cart", TestingPods.endpoint("cart-1", "192.0.2.7", false, true, true));
        untilStatuses("cart", "shop.cart-1-cart maintenance");
        // its kubelet is silent
        ready(pod, "Unknown");
        untilStatuses("cart", "shop.cart-1-cart critical");
        pods.slice("cart", List.of());
        untilStatuses("cart");

        pods.service("one", Map.of());
        pods.service("two", Map.of());
        pods.pod("torn", "other", false, Map.of());
        pods.slice("one", TestingPods.ready("torn", "192.0.2.8"));
        pods.slice("two", TestingPods.ready("torn", "192.0.2.8"));
        until(() ->
                new ArrayList<>(admin.events().v1().events().inNamespace("shop").list().getItems())
                        .stream()
                                .anyMatch(event ->
                                        event.getReason().equals("SeveralServices")
                                                && event.getRegarding().getName().equals("torn")));
    }

    private static void untilStatuses(String service, String... statuses) {
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(() -> assertThat(eks.statuses(service)).containsExactly(statuses));
    }

    private static void ready(Pod pod, String word) {
        var now = admin.pods().inNamespace("shop").withName(pod.getMetadata().getName()).get();
        admin.resource(
                        new PodBuilder(now)
                                .editOrNewStatus()
                                .withConditions()
                                .addNewCondition()
                                .withType("Ready")
                                .withStatus(word)
                                .endCondition()
                                .endStatus()
                                .build())
                .updateStatus();
    }
}
