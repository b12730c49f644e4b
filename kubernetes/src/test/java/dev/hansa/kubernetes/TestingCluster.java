package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A mocked API server that keeps what it is given, and an operator on it.
final class TestingCluster implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /// Held, or its level would be forgotten with it: it logs each request.
    private static final Logger QUIET = Logger.getLogger(MockWebServer.class.getName());

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final String name = "cluster-" + NUMBER.incrementAndGet();
    private final KubernetesMockServer server;
    private final NamespacedKubernetesClient client;
    private final Path folder;
    private final Deque<Operator> replicas = new ArrayDeque<>();
    private final Set<Refusal> refused = ConcurrentHashMap.newKeySet();

    /// Definitions that the discovery does not list.
    private final Set<String> undiscovered = ConcurrentHashMap.newKeySet();

    /// As an API server whose definitions or admission do not take an object any more.
    private static final class Refusing extends KubernetesCrudDispatcher {
        private final Set<Refusal> refused;
        private final Set<String> undiscovered;

        Refusing(
                List<CustomResourceDefinitionContext> contexts,
                Set<Refusal> refused,
                Set<String> undiscovered) {
            super(contexts);
            this.refused = refused;
            this.undiscovered = undiscovered;
        }

        private String discovery(ApiGroup group) {
            return Stream.of(ResourceKind.values())
                    .filter(kind -> !undiscovered.contains(definition(group, kind).getName()))
                    .map(kind ->
                            "{\"name\":\"%s\",\"kind\":\"%s\",\"namespaced\":true,\"singularName\":\"\",\"verbs\":[\"list\"]}"
                                    .formatted(kind.plural(), kind.kind()))
                    .collect(
                            Collectors.joining(
                                    ",",
                                    "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\""
                                            + group.apiVersion()
                                            + "\",\"resources\":[",
                                    "]}"));
        }

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            var path = request.getPath();
            for (var one : refused) {
                if (one.isOf(request)) {
                    return new MockResponse().setResponseCode(one.code());
                }
            }
            for (var group : ApiGroup.values()) {
                if (path.equals("/apis/" + group.apiVersion())) {
                    return new MockResponse().setResponseCode(200).setBody(discovery(group));
                }
            }
            if (path.contains("dryRun=")) {
                // this server would keep what it is asked about
                return new MockResponse().setResponseCode(200).setBody(request.getBody());
            }
            return super.dispatch(request);
        }
    }

    /// @param path a part of it
    /// @param kind the plural in it; empty: whatever it is
    private record Refusal(Set<String> methods, String path, String kind, int code) {
        boolean isOf(RecordedRequest request) {
            var asked = request.getPath();
            return asked.contains(path)
                    && methods.contains(request.getMethod())
                    && (kind.isEmpty() || asked.matches(".*/" + kind + "([/?].*)?"));
        }
    }

    /// Secrets of the namespace are answered so from now on.
    void refuseSecrets(int code, String... methods) {
        refused.add(new Refusal(Set.of(methods), "/namespaces/shop/secrets", "", code));
    }

    /// Each write of the object, its status included, is answered by a 422 from now on.
    void refuse(Subject subject) {
        refuse(subject, 422);
    }

    void refuse(Subject subject, int code) {
        refused.add(
                new Refusal(
                        Set.of("PUT"),
                        "/" + subject.kind().plural() + "/" + subject.name(),
                        "",
                        code));
    }

    /// Lists and reads of the kind are answered so from now on.
    void refuseReads(ApiGroup group, ResourceKind kind, int code) {
        refused.add(reads(group, kind, code));
    }

    void allowReads(ApiGroup group, ResourceKind kind, int code) {
        refused.remove(reads(group, kind, code));
    }

    private static Refusal reads(ApiGroup group, ResourceKind kind, int code) {
        return new Refusal(Set.of("GET"), "/apis/" + group.apiVersion() + "/", kind.plural(), code);
    }

    /// From now on no watch of the kind, of whichever group, begins.
    void refuseWatches(ResourceKind kind) {
        refused.add(watches(kind));
    }

    void allowWatches(ResourceKind kind) {
        refused.remove(watches(kind));
    }

    private static Refusal watches(ResourceKind kind) {
        return new Refusal(Set.of("GET"), "watch=true", kind.plural(), 404);
    }

    /// Whether the discovery lists the kind, which it does until it is told not to.
    void discover(ApiGroup group, ResourceKind kind, boolean lists) {
        var name = definition(group, kind).getName();
        if (lists) {
            undiscovered.remove(name);
        } else {
            undiscovered.add(name);
        }
    }

    private static Refusal undefined(ApiGroup group, ResourceKind kind) {
        return new Refusal(
                Set.of("GET", "PUT", "POST"),
                "/apis/" + group.apiVersion() + "/",
                kind.plural(),
                404);
    }

    /// As where the kind has no definition, from now on.
    void lack(ApiGroup group, ResourceKind kind) {
        refused.add(undefined(group, kind));
    }

    void define(ApiGroup group, ResourceKind kind) {
        refused.remove(undefined(group, kind));
    }

    TestingCluster(Path folder) {
        QUIET.setLevel(Level.WARNING);
        this.folder = folder;
        var contexts =
                java.util.Arrays.stream(ApiGroup.values())
                        .flatMap(group ->
                                java.util.Arrays.stream(ResourceKind.values())
                                        .map(kind -> definition(group, kind)))
                        .toList();
        server =
                new KubernetesMockServer(
                        new Context(),
                        new MockWebServer(),
                        new HashMap<>(),
                        new Refusing(contexts, refused, undiscovered),
                        false);
        server.init();
        client = server.createClient();
        client.resource(
                        new NamespaceBuilder()
                                .withNewMetadata()
                                .withName("kube-system")
                                .endMetadata()
                                .build())
                .create();
    }

    private static CustomResourceDefinitionContext definition(ApiGroup group, ResourceKind kind) {
        return new CustomResourceDefinitionContext.Builder()
                .withGroup(group.domain())
                .withVersion(ApiGroup.VERSION)
                .withKind(kind.kind())
                .withPlural(kind.plural())
                .withName(kind.plural() + "." + group.domain())
                .withScope("Namespaced")
                .withStatusSubresource(true)
                .build();
    }

    /// As an operator's client does ([Operator#client]).
    private static void askOnce(KubernetesClientBuilder client) {
        client.editOrNewConfig().withRequestRetryBackoffLimit(0).endConfig();
    }

    NamespacedKubernetesClient client() {
        return client;
    }

    /// Another client of the same API server.
    NamespacedKubernetesClient another() {
        return server.createClient(TestingCluster::askOnce);
    }

    String name() {
        return name;
    }

    /// As its operator marks what it writes.
    String mark() {
        return mark(name);
    }

    String mark(String named) {
        return named + "/" + Cluster.uid(client);
    }

    Path tokenFile() {
        return folder.resolve(name + ".token");
    }

    /// @param settings beside those of a test, or in place of one
    TestingCluster operate(TestingDatacenter datacenter, Map<String, String> settings)
            throws Exception {
        return operate(datacenter, settings, Clock.systemUTC());
    }

    TestingCluster operate(TestingDatacenter datacenter, Map<String, String> settings, Clock clock)
            throws Exception {
        Files.writeString(tokenFile(), datacenter.operatorToken());
        var all = new HashMap<String, String>();
        all.put("http-addr", datacenter.address());
        all.put("token-file", tokenFile().toString());
        all.put("cluster", name);
        all.put("admin.address", "127.0.0.1:0");
        all.put("resync", "1s");
        all.putAll(settings);
        replicas.add(
                Operator.start(
                        OperatorConfig.read(
                                Settings.of(all, Map.of(), Optional.empty()),
                                "replica-" + replicas.size()),
                        server.createClient(TestingCluster::askOnce),
                        clock));
        return this;
    }

    int adminPort() {
        return replicas.getFirst().adminPort();
    }

    /// Of the replica that has run for the longest; 0 when it has none of that name yet.
    double metric(String name) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://127.0.0.1:" + adminPort() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                    .sum();
        }
    }

    private io.fabric8.kubernetes.client.dsl.Resource<GenericKubernetesResource> at(
            Subject subject) {
        return client.genericKubernetesResources(
                        new ResourceDefinitionContext.Builder()
                                .withGroup(subject.group().domain())
                                .withVersion(ApiGroup.VERSION)
                                .withKind(subject.kind().kind())
                                .withPlural(subject.kind().plural())
                                .withNamespaced(true)
                                .build())
                .inNamespace(subject.namespace())
                .withName(subject.name());
    }

    static Subject subject(ResourceKind kind, String name) {
        return new Subject(ApiGroup.HANSA, kind, "shop", name);
    }

    Subject create(ResourceKind kind, String name, String spec) throws Exception {
        return create(subject(kind, name), spec);
    }

    /// @param spec as JSON, single quotes for double ones
    Subject create(Subject subject, String spec) throws Exception {
        client.resource(
                        """
                        {"apiVersion": "%s", "kind": "%s", "metadata": {"name": "%s", "namespace": "%s"}, "spec": %s}
                        """
                                .formatted(
                                        subject.group().apiVersion(),
                                        subject.kind().kind(),
                                        subject.name(),
                                        subject.namespace(),
                                        spec.replace('\'', '"')))
                .create();
        return subject;
    }

    void edit(Subject subject, UnaryOperator<Custom> change) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> {
                    var now = now(subject).orElseThrow();
                    client.resource(change.apply(now).resource()).update();
                });
    }

    void spec(Subject subject, String spec) {
        edit(
                subject,
                now -> {
                    try {
                        now.resource()
                                .setAdditionalProperty(
                                        "spec", JSON.readValue(spec.replace('\'', '"'), Map.class));
                        return now;
                    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
                        throw new IllegalStateException(e);
                    }
                });
    }

    void delete(Subject subject) {
        at(subject).delete();
    }

    Optional<Custom> now(Subject subject) {
        return Optional.ofNullable(at(subject).get())
                .flatMap(one -> Custom.of(subject.group(), subject.kind(), one));
    }

    JsonNode status(Subject subject) {
        return now(subject)
                .<JsonNode>map(one -> JSON.valueToTree(one.status()))
                .orElse(JSON.missingNode());
    }

    JsonNode condition(Subject subject, String type) {
        for (var one : status(subject).path("conditions")) {
            if (one.path("type").asText().equals(type)) {
                return one;
            }
        }
        return JSON.missingNode();
    }

    static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }

    /// @param word as [#synced]
    void untilSynced(Subject subject, String word) {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(synced(subject))
                                .as(() -> status(subject).toString())
                                .isEqualTo(word));
    }

    /// `True`, or the reason why not.
    String synced(Subject subject) {
        return word(condition(subject, "Synced"));
    }

    String ready(Subject subject) {
        return word(condition(subject, "Ready"));
    }

    private static String word(JsonNode condition) {
        return condition.path("status").asText().equals("True")
                ? "True"
                : condition.path("reason").asText();
    }

    Optional<Secret> secret(String name) {
        return Optional.ofNullable(client.secrets().inNamespace("shop").withName(name).get());
    }

    void service(String name, Map<String, String> labels) {
        client.resource(
                        new ServiceBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .withNamespace("shop")
                                .withLabels(labels)
                                .endMetadata()
                                .build())
                .createOr(existing -> existing.update());
    }

    static List<String> names(JsonNode list, String field) {
        return list.findValuesAsText(field);
    }

    /// The replica that has run for the longest.
    void stopFirst() throws Exception {
        replicas.removeFirst().close();
    }

    @Override
    public void close() throws Exception {
        while (!replicas.isEmpty()) {
            replicas.removeLast().close();
        }
        client.close();
        server.destroy();
    }
}
