package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.telemetry.InjectorTelemetry;
import dev.hansa.tests.support.FreePorts;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Real injectors, asked over real TLS as an API server asks, beside a mocked API server that keeps
/// Secret, Lease, configuration and pods.
class InjectorTest {
    /// Held, or its level would be forgotten with it: it logs each request.
    private static final Logger QUIET = Logger.getLogger(MockWebServer.class.getName());

    private final KubernetesMockServer server =
            new KubernetesMockServer(
                    new Context(),
                    new MockWebServer(),
                    new HashMap<>(),
                    new KubernetesCrudDispatcher(List.of()),
                    false);
    private final Deque<Injector> replicas = new ArrayDeque<>();
    private NamespacedKubernetesClient client;

    @BeforeEach
    void start() {
        QUIET.setLevel(Level.WARNING);
        server.init();
        client = server.createClient();
    }

    @AfterEach
    void stop() throws Exception {
        for (var replica : replicas) {
            replica.close();
        }
        client.close();
        server.destroy();
    }

    private Injector injector(Map<String, String> more) throws Exception {
        var settings = new HashMap<String, String>();
        settings.put("image", "hansa:0.1.0");
        settings.put("http-addr", "https://hansa-server.hansa.svc:8501");
        settings.put("listen", "127.0.0.1:0");
        settings.put("admin.address", "127.0.0.1:0");
        settings.put("refresh", "1s");
        settings.putAll(more);
        var started =
                Injector.start(
                        InjectorConfig.read(
                                Settings.of(settings, Map.of(), Optional.empty()),
                                "replica-" + replicas.size()),
                        server.createClient(),
                        WebhookMaterial.Lives.DEFAULT,
                        Clock.systemUTC());
        replicas.addFirst(started);
        return started;
    }

    private Optional<MutatingWebhook> webhook(String configuration) {
        return Optional.ofNullable(
                        client.admissionRegistration()
                                .v1()
                                .mutatingWebhookConfigurations()
                                .withName(configuration)
                                .get())
                .flatMap(found -> found.getWebhooks().stream().findFirst());
    }

    private static HttpResponse<String> admin(Injector injector, String path) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(
                                    URI.create("http://127.0.0.1:" + injector.adminPort() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static void awaitReady(Injector injector) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> admin(injector, "/health").statusCode() == 200);
    }

    private static String pod(String annotation) {
        return """
        metadata:
          generateName: web-
          annotations: {%s}
        spec:
          serviceAccountName: web
          containers:
          - name: web
            image: web:v1
            ports: [{containerPort: 8080}]
        """
                .formatted(annotation);
    }

    private record Row(boolean byDefault, String annotation, String namespace, boolean down) {
        /// What the table of the issue says: a pod of the mesh does not start outside it, and
        /// nothing else is touched.
        String expected() {
            if (!namespace.equals("shop")) {
                return "unchanged";
            }
            return switch (annotation) {
                case "maybe" -> "refused";
                case "false" -> "unchanged";
                case "true" -> down ? "refused" : "patched";
                default -> byDefault ? down ? "refused" : "patched" : "unchanged";
            };
        }
    }

    private static List<Row> rows() {
        var rows = new ArrayList<Row>();
        for (var byDefault : List.of(true, false)) {
            for (var annotation : List.of("", "true", "false", "maybe")) {
                for (var namespace :
                        List.of(
                                "shop",
                                "kube-system",
                                "kube-public",
                                "kube-node-lease",
                                "hansa",
                                "denied",
                                "elsewhere")) {
                    for (var down : List.of(true, false)) {
                        rows.add(new Row(byDefault, annotation, namespace, down));
                    }
                }
            }
        }
        return rows;
    }

    @Test
    void podOfTheMeshNeverStartsOutsideItAndNothingElseIsTouched() throws Exception {
        var ports = new HashMap<Boolean, Integer>();
        for (var byDefault : List.of(true, false)) {
            var name = "by-default-" + byDefault;
            var injector =
                    injector(
                            Map.of(
                                    "default",
                                    byDefault.toString(),
                                    "allow-namespaces",
                                    "shop,denied,kube-system",
                                    "deny-namespaces",
                                    "denied",
                                    "configuration",
                                    name,
                                    "secret",
                                    name,
                                    "lease.name",
                                    name));
            awaitReady(injector);
            ports.put(byDefault, injector.port());
        }
        var nobody = FreePorts.one();
        var expected = new LinkedHashMap<Row, String>();
        var found = new LinkedHashMap<Row, String>();
        for (var row : rows()) {
            for (var prefix : List.of("hansa.dev/", "consul.hashicorp.com/")) {
                var annotation =
                        row.annotation().isEmpty()
                                ? ""
                                : prefix + "connect-inject: '" + row.annotation() + "'";
                var pod = TestingPods.yaml(pod(annotation));
                var made =
                        TestingApiServer.make(
                                webhook("by-default-" + row.byDefault()).orElseThrow(),
                                pod,
                                row.namespace(),
                                row.down() ? nobody : ports.getOrDefault(row.byDefault(), 0));
                expected.put(row, row.expected());
                found.put(
                        row,
                        made.code() != 0
                                ? "refused"
                                : made.pod().equals(pod) ? "unchanged" : "patched");
            }
        }

        assertThat(found).hasSize(112).isEqualTo(expected);
        // and where a namespace is outside, or a pod has said no, nobody is even asked
        var webhook = webhook("by-default-true").orElseThrow();
        for (var row : rows()) {
            if (row.byDefault() && !row.namespace().equals("shop")
                    || row.annotation().equals("false")) {
                var annotation =
                        row.annotation().isEmpty()
                                ? ""
                                : "hansa.dev/connect-inject: '" + row.annotation() + "'";
                assertThat(
                                TestingApiServer.isAsked(
                                        webhook,
                                        TestingPods.yaml(pod(annotation)),
                                        row.namespace()))
                        .as(row.toString())
                        .isFalse();
            }
        }
    }

    /// As deploy/operator/injector.yaml makes them: the injector may fill them and make no others.
    @Test
    void emptySecretAndConfigurationAreFilled() throws Exception {
        client.resource(
                        new SecretBuilder()
                                .withNewMetadata()
                                .withName("hansa-injector-webhook")
                                .withNamespace("hansa")
                                .endMetadata()
                                .build())
                .create();
        client.resource(
                        new MutatingWebhookConfigurationBuilder()
                                .withNewMetadata()
                                .withName("hansa-injector")
                                .endMetadata()
                                .build())
                .create();
        var injector = injector(Map.of());
        awaitReady(injector);

        assertThat(
                        client.secrets()
                                .inNamespace("hansa")
                                .withName("hansa-injector-webhook")
                                .get()
                                .getData())
                .containsOnlyKeys("ca.crt", "ca.key", "tls.crt", "tls.key");
        assertThat(webhook("hansa-injector")).isPresent();
        assertThat(admin(injector, "/metrics").body())
                .doesNotContain("hansa_injector_upkeep_failures_total 1")
                .contains("hansa_injector_leading 1.0");
    }

    @Test
    void refusalIsOneNamedSentence() throws Exception {
        var injector = injector(Map.of("default", "true"));
        awaitReady(injector);

        var made =
                TestingApiServer.make(
                        webhook("hansa-injector").orElseThrow(),
                        TestingPods.yaml(pod("hansa.dev/connect-service: other")),
                        "shop",
                        injector.port());

        assertThat(made.code()).isEqualTo(422);
        assertThat(made.words())
                .isEqualTo(
                        "hansa: BadAnnotation: annotation 'hansa.dev/connect-service': expected the name of the pod's service account, 'web'; found 'other'");
        assertThat(admin(injector, "/metrics").body())
                .contains("hansa_injector_reviews_total{outcome=\"refused\"} 1.0");
    }

    @Test
    void requestThatIsNoReviewIsRefusedAndTheDoorStaysOpen() throws Exception {
        var injector = injector(Map.of());
        awaitReady(injector);
        var webhook = webhook("hansa-injector").orElseThrow();

        for (var body :
                List.of("", "{", "[]", "{\"kind\":\"AdmissionReview\"}", "[".repeat(100_000))) {
            var connection = TestingApiServer.connect(webhook, injector.port(), "/mutate");
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
            assertThat(connection.getResponseCode()).as(body).isEqualTo(400);
        }
        var large = TestingApiServer.connect(webhook, injector.port(), "/mutate");
        large.setFixedLengthStreamingMode(WebhookDoor.MAX_BODY + 1);
        large.getOutputStream().write(new byte[WebhookDoor.MAX_BODY + 1]);
        assertThat(large.getResponseCode()).isEqualTo(413);
        var elsewhere = TestingApiServer.connect(webhook, injector.port(), "/metrics");
        elsewhere.getOutputStream().write('x');
        assertThat(elsewhere.getResponseCode()).isEqualTo(404);
        assertThat(
                        TestingApiServer.make(
                                        webhook,
                                        TestingPods.yaml(pod("hansa.dev/connect-inject: 'true'")),
                                        "shop",
                                        injector.port())
                                .words())
                .isEqualTo("patched");
    }

    /// Replicas show one certificate, and the second writes when the first is gone.
    @Test
    void replicasShareWhatOneOfThemWrites() throws Exception {
        var first = injector(Map.of());
        awaitReady(first);
        var second = injector(Map.of());
        awaitReady(second);
        var webhook = webhook("hansa-injector").orElseThrow();
        var pod = TestingPods.yaml(pod("hansa.dev/connect-inject: 'true'"));
        var shown = TestingApiServer.make(webhook, pod, "shop", first.port()).shownBy();

        assertThat(TestingApiServer.make(webhook, pod, "shop", second.port()).shownBy())
                .isEqualTo(shown);
        assertThat(admin(first, "/health").body()).contains("\"leading\" : true");
        assertThat(admin(second, "/health").body()).contains("\"leading\" : false");
        replicas.removeLast().close();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> admin(second, "/health").body().contains("\"leading\" : true"));
        // whoever leads puts right what somebody else has changed
        client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("hansa-injector")
                .edit(found -> {
                    found.getWebhooks().getFirst().setFailurePolicy("Ignore");
                    return found;
                });
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        webhook("hansa-injector").orElseThrow().getFailurePolicy().equals("Fail"));
        client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("hansa-injector")
                .delete();
        // not at once: an uninstall may delete it before the injector
        await().atMost(Duration.ofSeconds(60)).until(() -> webhook("hansa-injector").isPresent());
    }

    /// A clock that the test holds; certificates begin an hour before it, so that this machine's
    /// own clock believes them.
    private static final class Held extends Clock {
        private volatile Instant now = Instant.now();

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    @Test
    void rotationRefusesNoPod() throws Exception {
        var clock = new Held();
        var lives =
                new WebhookMaterial.Lives(
                        Duration.ofMinutes(60), Duration.ofMinutes(60), Duration.ofMinutes(10));
        var rules = new InjectRules(true, Set.of(), Set.of(), "hansa");
        var names = new Upkeep.Names("s", "c", "hansa-injector", 443, "Fail");
        var events = new InjectorTelemetry();
        var shown = new ShownCertificate();
        var followers = new ShownCertificate();
        var leader = new Upkeep(client, _ -> true, names, rules, lives, shown, clock, events);
        var follower =
                new Upkeep(client, _ -> false, names, rules, lives, followers, clock, events);
        var reviews = new Reviews(() -> new Injection(rules, TestingPods.SETTINGS), events);
        var here = InetSocketAddress.createUnresolved("127.0.0.1", 0);
        var pod = TestingPods.yaml(pod(""));
        try (var one = WebhookDoor.open(here, shown, reviews, events);
                var two = WebhookDoor.open(here, followers, reviews, events)) {
            leader.round();
            follower.round();
            assertThat(leader.isReady()).isTrue();
            assertThat(follower.isReady()).isTrue();
            var before = webhook("c").orElseThrow();
            var first = TestingApiServer.make(before, pod, "shop", one.port()).shownBy();

            // a new authority: shown by nobody yet
            clock.now = clock.now.plus(Duration.ofMinutes(41));
            leader.round();
            follower.round();
            var between = webhook("c").orElseThrow();
            assertThat(between.getClientConfig().getCaBundle())
                    .isNotEqualTo(before.getClientConfig().getCaBundle());
            for (var believed : List.of(before, between)) {
                for (var door : List.of(one, two)) {
                    assertThat(TestingApiServer.make(believed, pod, "shop", door.port()).shownBy())
                            .isEqualTo(first);
                }
            }

            // its leaf, at the leader before the follower has looked
            clock.now = clock.now.plus(Duration.ofMinutes(11));
            leader.round();
            var after = webhook("c").orElseThrow();
            var second = TestingApiServer.make(between, pod, "shop", one.port()).shownBy();
            assertThat(second).isNotEqualTo(first);
            assertThat(TestingApiServer.make(after, pod, "shop", two.port()).shownBy())
                    .isEqualTo(first);
            follower.round();
            assertThat(TestingApiServer.make(after, pod, "shop", two.port()).shownBy())
                    .isEqualTo(second);
            assertThat(TestingApiServer.make(before, pod, "shop", one.port()).words())
                    .startsWith("failed calling webhook");
        }
    }

    @Test
    void podThatDoesNotComeInGetsAnEvent() throws Exception {
        var status =
                new ContainerStatusBuilder()
                        .withName("connect-init")
                        .withNewState()
                        .withNewWaiting()
                        .withReason("CrashLoopBackOff")
                        .endWaiting()
                        .endState()
                        .withNewLastState()
                        .withNewTerminated()
                        .withExitCode(3)
                        .withMessage("said before\nNoService: pod 'shop/web-0': expected one\n")
                        .endTerminated()
                        .endLastState()
                        .build();
        var pod =
                new PodBuilder()
                        .withNewMetadata()
                        .withName("web-0")
                        .withNamespace("shop")
                        .withUid("uid-1")
                        .endMetadata()
                        .withNewStatus()
                        .withPhase("Pending")
                        .withInitContainerStatuses(status)
                        .endStatus()
                        .build();
        try (var leader =
                        new StuckPods(
                                client, () -> true, Clock.systemUTC(), new InjectorTelemetry());
                var other =
                        new StuckPods(
                                client, () -> false, Clock.systemUTC(), new InjectorTelemetry())) {
            other.look(pod);
            assertThat(client.v1().events().inNamespace("shop").list().getItems()).isEmpty();
            leader.look(pod);
            leader.look(pod);
        }

        assertThat(client.v1().events().inNamespace("shop").list().getItems())
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getReason()).isEqualTo("NoService");
                    assertThat(event.getType()).isEqualTo("Warning");
                    assertThat(event.getMessage())
                            .isEqualTo("NoService: pod 'shop/web-0': expected one");
                    assertThat(event.getInvolvedObject().getName()).isEqualTo("web-0");
                    assertThat(event.getInvolvedObject().getUid()).isEqualTo("uid-1");
                });
    }
}
