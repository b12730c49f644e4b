package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.inject.InjectDecision.Inject;
import dev.hansa.kubernetes.inject.InjectDecision.LeaveAlone;
import dev.hansa.kubernetes.inject.InjectDecision.Refuse;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// `inject/<case>/pod.yaml` is a pod as it is made, `patched.yaml` what becomes of it.
/// `-Dgolden.update=true` writes the latter anew, to be read before it is committed.
class InjectionTest {
    private static final Path CASES = Path.of("src/test/resources/inject");

    static List<Path> cases() throws IOException {
        try (var all = Files.list(CASES)) {
            return all.sorted(Comparator.naturalOrder()).toList();
        }
    }

    static Stream<JsonNode> patchedPods() throws IOException {
        return cases().stream()
                .map(each -> {
                    try {
                        return TestingPods.yaml(Files.readString(each.resolve("patched.yaml")));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void podBecomesWhatItsFolderSays(Path folder) throws IOException {
        var pod = TestingPods.yaml(Files.readString(folder.resolve("pod.yaml")));
        var decision =
                TestingPods.injection(folder.getFileName().toString().endsWith("by-default"))
                        .decide(pod, pod.at("/metadata/namespace").asText());

        assertThat(decision).isInstanceOf(Inject.class);
        var patched = TestingPods.patched(pod, ((Inject) decision).patch());
        var golden = folder.resolve("patched.yaml");
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(golden, TestingPods.YAML.writeValueAsString(patched));
        }
        assertThat(TestingPods.YAML.writeValueAsString(patched))
                .isEqualTo(Files.readString(golden));
        assertThat(TestingPods.injection(true).decide(patched, "shop"))
                .isEqualTo(new LeaveAlone("it is injected already"));
    }

    /// A field that the model does not have is one that an API server drops or refuses.
    @ParameterizedTest
    @MethodSource("patchedPods")
    void patchedPodIsWholeInTheModelOfKubernetes(JsonNode patched) throws Exception {
        var pod = new KubernetesSerialization().unmarshal(patched.toString(), Pod.class);

        assertThat(additional(pod, "pod")).isEmpty();
        assertThat(pod.getSpec().getInitContainers())
                .filteredOn(container -> "Always".equals(container.getRestartPolicy()))
                .extracting(Container::getName)
                .containsExactly("hansa-sidecar");
    }

    private static List<String> additional(Object object, String path)
            throws InvocationTargetException, IllegalAccessException {
        if (object instanceof Collection<?> all) {
            var found = new ArrayList<String>();
            for (var one : all) {
                found.addAll(additional(one, path + "[]"));
            }
            return found;
        }
        if (!object.getClass().getName().startsWith("io.fabric8.kubernetes.api.model.")) {
            return List.of();
        }
        var found = new ArrayList<String>();
        for (var method : object.getClass().getMethods()) {
            if (!method.getName().startsWith("get") || method.getParameterCount() > 0) {
                continue;
            }
            var value = method.invoke(object);
            if (method.getName().equals("getAdditionalProperties")) {
                ((Map<?, ?>) value).keySet().forEach(key -> found.add(path + "." + key));
            } else if (value != null) {
                found.addAll(additional(value, path + "." + method.getName().substring(3)));
            }
        }
        return found;
    }

    private static JsonNode pod(String annotations, String account, String more) {
        return TestingPods.yaml(
                """
                metadata:
                  name: web-0
                  annotations: {%s}
                spec:
                  serviceAccountName: %s
                  %s
                  containers:
                  - name: web
                    image: web:v1
                    ports: [{containerPort: 8080}]
                """
                        .formatted(annotations, account, more));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "shop        | true  | -                                          | inject",
                "shop        | false | -                                          | pods are outside by default",
                "shop        | false | hansa.dev/connect-inject: 'true'           | inject",
                "shop        | false | hansa.dev/connect-inject: 'T'              | inject",
                "shop        | true  | hansa.dev/connect-inject: 'false'          | its annotation says so",
                "shop        | true  | consul.hashicorp.com/connect-inject: '0'   | its annotation says so",
                "denied      | true  | hansa.dev/connect-inject: 'true'           | namespace 'denied' is denied (deny-namespaces)",
                "kube-system | true  | hansa.dev/connect-inject: 'true'           | namespace 'kube-system' is Kubernetes' own",
                "kube-public | true  | -                                          | namespace 'kube-public' is Kubernetes' own",
                "hansa       | true  | -                                          | namespace 'hansa' is the injector's own",
                "shop        | true  | kubernetes.io/config.mirror: x             | it is a mirror of a static pod",
                "shop        | true  | hansa.dev/connect-inject-status: injected  | it is injected already",
            })
    void podIsInjectedOrLeftAlone(
            String namespace, boolean byDefault, String annotations, String expected) {
        var pod = pod(annotations.equals("-") ? "" : annotations, "web", "");
        var decision = TestingPods.injection(byDefault).decide(pod, namespace);

        assertThat(decision instanceof LeaveAlone(var why, _) ? why : "inject").isEqualTo(expected);
    }

    @Test
    void namespaceOutsideOfTheAllowedOnesIsLeftAlone() {
        var rules = new InjectRules(true, Set.of("shop"), Set.of(), "hansa");
        var injection = new Injection(rules, TestingPods.SETTINGS);

        assertThat(injection.decide(pod("", "web", ""), "other"))
                .isEqualTo(new LeaveAlone("namespace 'other' is not among allow-namespaces"));
        assertThat(injection.decide(pod("", "web", ""), "shop")).isInstanceOf(Inject.class);
    }

    @Test
    void podOnItsNodesNetworkIsLeftAloneUnlessItAsksForASidecar() {
        assertThat(TestingPods.injection(true).decide(pod("", "web", "hostNetwork: true"), "shop"))
                .isEqualTo(new LeaveAlone("it is on its node's network"));
        assertThat(refusal("hansa.dev/connect-inject: 'true'", "web", "hostNetwork: true"))
                .isEqualTo(
                        "HostNetwork: pod: expected one with a network of its own on Linux, as annotation 'hansa.dev/connect-inject' asks for a sidecar; found that it is on its node's network");
    }

    private static String refusal(String annotations, String account, String more) {
        return TestingPods.injection(true).decide(pod(annotations, account, more), "shop")
                        instanceof Refuse(var reason, var sentence)
                ? reason.word() + ": " + sentence
                : "";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "hansa.dev/connect-inject: 'yes'                         | BadAnnotation: annotation 'hansa.dev/connect-inject': expected true or false; found 'yes'",
                "consul.hashicorp.com/transparent-proxy: 'yes'           | BadAnnotation: annotation 'consul.hashicorp.com/transparent-proxy': expected true or false; found 'yes'",
                "hansa.dev/connect-service: shop                         | BadAnnotation: annotation 'hansa.dev/connect-service': expected the name of the pod's service account, 'web'; found 'shop'",
                "hansa.dev/connect-service-port: '0'                     | BadAnnotation: annotation 'hansa.dev/connect-service-port': expected a number from 1 to 65535; found '0'",
                "hansa.dev/connect-service-port: '1,2'                   | BadAnnotation: annotation 'hansa.dev/connect-service-port': expected one port; found '1,2'",
                "hansa.dev/connect-service-port: none                    | BadAnnotation: annotation 'hansa.dev/connect-service-upstreams': expected upstreams of a pod that only calls; found 'none'",
                "hansa.dev/connect-service-upstreams: 'a:8080'           | PortTaken: upstream 'a:8080': expected a port that nothing else in the pod listens on; found that of container 'web'",
                "hansa.dev/connect-service-upstreams: 'a:20000'          | PortTaken: upstream 'a:20000': expected a port that nothing else in the pod listens on; found the sidecar's own",
                "hansa.dev/connect-service-upstreams: 'a:1,b:1'          | PortTaken: upstream 'b:1': expected a port of its own; found that of 'a:1'",
                "hansa.dev/connect-service-upstreams: 'a'                | BadUpstream: upstream 'a': expected service:port, service.svc:port or service.svc.PEER.peer:port; found no port",
                "hansa.dev/connect-service-upstreams: 'a:0'              | BadUpstream: upstream 'a:0': expected a port from 1 to 65535; found '0'",
                "hansa.dev/connect-service-upstreams: 'A:1'              | BadUpstream: upstream 'A:1': expected names of 1 to 63",
                "hansa.dev/connect-service-upstreams: 'a:1:dc2'          | BadUpstream: upstream 'a:1:dc2': expected service:port, service.svc:port or service.svc.PEER.peer:port; found a datacenter behind the port",
                "hansa.dev/connect-service-upstreams: 'a.svc.b.dc:1'     | BadUpstream: upstream 'a.svc.b.dc:1': expected service:port, service.svc:port or service.svc.PEER.peer:port; found a datacenter",
                "hansa.dev/connect-service-upstreams: 'a.svc.x.ns:1'     | BadUpstream: upstream 'a.svc.x.ns:1': expected service:port, service.svc:port or service.svc.PEER.peer:port; found a namespace or partition",
                "hansa.dev/connect-service-upstreams: 'a.b:1'            | BadUpstream: upstream 'a.b:1'",
                "hansa.dev/connect-service-upstreams: 'a.svc.p.peer.q.peer:1' | BadUpstream: upstream 'a.svc.p.peer.q.peer:1'",
                "hansa.dev/connect-service-upstreams: 'prepared_query:q:1' | BadUpstream: upstream 'prepared_query:q:1': expected service:port, service.svc:port or service.svc.PEER.peer:port; found a prepared query",
                "hansa.dev/sidecar-proxy-memory-limit: lots              | BadAnnotation: annotation 'hansa.dev/sidecar-proxy-memory-limit': expected a quantity such as 100m or 128Mi; found 'lots'",
                "hansa.dev/application-stop-delay-seconds: '-1'          | BadAnnotation: annotation 'hansa.dev/application-stop-delay-seconds': expected a number from 0 to 300; found '-1'",
                "hansa.dev/enable-metrics: 'on'                          | BadAnnotation: annotation 'hansa.dev/enable-metrics': expected true or false; found 'on'",
                "hansa.dev/enable-metrics: 'true', hansa.dev/prometheus-scrape-port: '80' | BadAnnotation: annotation 'hansa.dev/prometheus-scrape-port': expected a number from 1024 to 65535; found '80'",
                "hansa.dev/enable-metrics: 'true', consul.hashicorp.com/prometheus-scrape-port: '20200' | PortTaken: port 20200 for the sidecar's metrics: expected one that nothing else in the pod listens on ('hansa.dev/prometheus-scrape-port' names another); found the sidecar's own",
                "hansa.dev/enable-metrics: 'true', hansa.dev/prometheus-scrape-port: '8080' | PortTaken: port 8080 for the sidecar's metrics: expected one that nothing else in the pod listens on ('hansa.dev/prometheus-scrape-port' names another); found that of container 'web'",
                "hansa.dev/enable-metrics: 'true', hansa.dev/connect-service-upstreams: 'a:20201' | PortTaken: port 20201 for the sidecar's metrics: expected one that nothing else in the pod listens on ('hansa.dev/prometheus-scrape-port' names another); found that of upstream 'a:20201'",
                "hansa.dev/service-meta-a: 'b,c'                         | BadAnnotation: annotation 'hansa.dev/service-meta-a': expected a value without ','; found 'b,c'",
            })
    void podThatCannotBeInTheMeshAsItIsWrittenIsRefusedByName(String annotation, String expected) {
        assertThat(refusal(annotation, "web", "")).startsWith(expected);
    }

    @Test
    void podWithoutAServiceAccountOfItsOwnIsRefused() {
        assertThat(refusal("hansa.dev/connect-service: web", "default", ""))
                .isEqualTo(
                        "ServiceAccount: service account: expected one that is named as the pod's service, 'web', since a pod proves who it is by it; found 'default'");
        var asked = "hansa.dev/connect-inject: 'true'";
        assertThat(refusal(asked, "''", "")).startsWith("ServiceAccount: ");
        assertThat(refusal(asked, "a.b", "")).startsWith("ServiceAccount: ");
    }

    /// With `default` true each pod of the cluster is asked about, most of which were never meant.
    @ParameterizedTest
    @CsvSource({
        "default, 8080, service account: expected one that is named as the pod's service",
        "a.b, 8080, service account: expected a name that a service can have",
        "web, , port of the application: expected annotation",
    })
    void podThatNeverAskedForTheMeshStartsOutsideItWithAWarning(
            String account, @Nullable Integer port, String why) {
        var pod = pod("other.example/x: y", account, "");
        if (port == null) {
            ((ObjectNode) pod.at("/spec/containers/0")).remove("ports");
        }

        assertThat(TestingPods.injection(true).decide(pod, "shop"))
                .isInstanceOfSatisfying(
                        LeaveAlone.class,
                        left -> {
                            assertThat(left.why()).startsWith(why);
                            assertThat(left.warnings())
                                    .containsExactly("the pod is outside the mesh: " + left.why());
                        });
        // one that says anything to the injector is meant to be in the mesh
        ((ObjectNode) pod.at("/metadata/annotations")).put("hansa.dev/service-tags", "a");
        assertThat(TestingPods.injection(true).decide(pod, "shop")).isInstanceOf(Refuse.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "hansa.dev/sidecar-proxy-cpu-limit: 20m     | {\"cpu\":\"20m\",\"memory\":\"128Mi\"}",
                "hansa.dev/sidecar-proxy-cpu-limit: '0.1'   | {\"cpu\":\"50m\",\"memory\":\"128Mi\"}",
                "hansa.dev/sidecar-proxy-memory-limit: 100M | {\"cpu\":\"50m\",\"memory\":\"100M\"}",
            })
    void limitBelowTheUsualRequestLowersTheRequest(String annotation, String requests) {
        var pod = pod(annotation, "web", "");
        var patch = ((Inject) TestingPods.injection(true).decide(pod, "shop")).patch();

        assertThat(TestingPods.patched(pod, patch).at("/spec/initContainers"))
                .hasSize(2)
                .allSatisfy(container ->
                        assertThat(container.at("/resources/requests").toString())
                                .isEqualTo(requests));
    }

    @Test
    void podWhoseNamesAreTheInjectorsIsRefused() {
        assertThat(refusal("", "web", "volumes: [{name: hansa-token, emptyDir: {}}]"))
                .startsWith("NameTaken: volume 'hansa-token': expected no such volume");
        assertThat(refusal("", "web", "initContainers: [{name: connect-init, image: x}]"))
                .startsWith("NameTaken: container 'connect-init'");
    }

    @Test
    void podWithoutAPortSaysWhereItListensOrThatItOnlyCalls() {
        var pod =
                TestingPods.yaml(
                        "{metadata: {annotations: {hansa.dev/connect-inject: 'true'}}, spec: {serviceAccountName: web, containers: [{name: web, image: x}]}}");

        assertThat(TestingPods.injection(true).decide(pod, "shop"))
                .isInstanceOfSatisfying(
                        Refuse.class,
                        refused ->
                                assertThat(refused.reason().word() + ": " + refused.sentence())
                                        .startsWith(
                                                "PortUnknown: port of the application: expected"));
    }

    @Test
    void probeThatTheSidecarCannotAskIsNotOverwritten() throws IOException {
        var pod =
                TestingPods.yaml(
                        Files.readString(
                                CASES.resolve("frontend-http-probe-and-upstreams/pod.yaml")));
        ((ObjectNode) pod.at("/metadata/annotations")).put("hansa.dev/overwrite-probes", "true");

        assertThat(TestingPods.injection(false).decide(pod, "shop"))
                .isInstanceOfSatisfying(
                        Refuse.class,
                        refused -> assertThat(refused.sentence()).startsWith("readinessProbe: "));
    }

    @Test
    void metricsAreShownWhereThePodOrTheInjectorSaysSoAndItsOwnPlaceOfThemStays() {
        assertThat(metrics(false, "")).isEmpty();
        assertThat(metrics(true, "hansa.dev/enable-metrics: 'false'")).isEmpty();
        var shown = Map.of("path", "/metrics", "port", "20201", "scrape", "true");
        assertThat(metrics(true, "")).isEqualTo(shown);
        assertThat(metrics(false, "consul.hashicorp.com/enable-metrics: 'true'")).isEqualTo(shown);

        var own = "hansa.dev/enable-metrics: 'true', prometheus.io/port: '8080'";
        assertThat(metrics(false, own)).isEqualTo(Map.of("port", "8080"));
        assertThat(
                        ((Inject) TestingPods.injection(true).decide(pod(own, "web", ""), "shop"))
                                .warnings())
                .containsExactly(
                        "annotation 'prometheus.io/port' is the pod's own and stays: Prometheus is not led to the sidecar's metrics, at port 20201, path /metrics");
    }

    /// What a Prometheus finds written on the pod.
    private static Map<String, String> metrics(boolean byDefault, String annotations) {
        var pod = pod(annotations, "web", "");
        var injection =
                new Injection(
                        new InjectRules(true, Set.of(), Set.of(), "hansa"),
                        TestingPods.settings(byDefault));
        var patched = TestingPods.patched(pod, ((Inject) injection.decide(pod, "shop")).patch());
        return patched.at("/metadata/annotations").properties().stream()
                .filter(each -> each.getKey().startsWith("prometheus.io/"))
                .collect(
                        Collectors.toMap(
                                each -> each.getKey().substring("prometheus.io/".length()),
                                each -> each.getValue().asText()));
    }

    @Test
    void annotationsWithoutEffectAreNamed() {
        var decision =
                TestingPods.injection(true)
                        .decide(
                                pod(
                                        "hansa.dev/connect-service-upstream: 'a:1', consul.hashicorp.com/envoy-extra-args: x, other.example/x: y",
                                        "web",
                                        ""),
                                "shop");

        assertThat(((Inject) decision).warnings())
                .containsExactly(
                        "annotation 'consul.hashicorp.com/envoy-extra-args' has no effect",
                        "annotation 'hansa.dev/connect-service-upstream' has no effect; did you mean 'connect-service-upstreams'?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"[]", "1", "null", "{}", "{spec: 1}", "{metadata: {annotations: [1]}}"})
    void podOfAnyShapeIsJudged(String text) {
        var pod = TestingPods.yaml(text);

        assertThat(TestingPods.injection(true).decide(pod, "shop")).isInstanceOf(LeaveAlone.class);
    }
}
