package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.kubernetes.inject.InjectDecision.Inject;
import dev.hansa.kubernetes.inject.InjectDecision.LeaveAlone;
import dev.hansa.kubernetes.inject.InjectDecision.Refuse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Pods whose connections are redirected into their sidecars; `inject/transparent*` are whole ones.
class TransparentInjectionTest {
    private static final String ON = "hansa.dev/transparent-proxy: 'true'";

    private static JsonNode pod(String annotations, String container) {
        return TestingPods.yaml(
                """
                metadata:
                  name: web-0
                  annotations: {%s}
                spec:
                  serviceAccountName: web
                  containers:
                  - name: web
                    image: web:v1
                    ports: [{containerPort: 8080}, {name: admin, containerPort: 9090}]
                    %s
                """
                        .formatted(annotations, container));
    }

    private static InjectDecision decide(JsonNode pod, boolean byDefault) {
        return new Injection(
                        new InjectRules(true, Set.of(), Set.of(), "hansa"),
                        TestingPods.settings(false, byDefault))
                .decide(pod, "shop");
    }

    private static JsonNode patched(JsonNode pod, boolean byDefault) {
        var decision = decide(pod, byDefault);
        assertThat(decision).isInstanceOf(Inject.class);
        return TestingPods.patched(pod, ((Inject) decision).patch());
    }

    private static String refusal(JsonNode pod) {
        return decide(pod, false) instanceof Refuse(var reason, var sentence)
                ? reason.word() + ": " + sentence
                : "";
    }

    private static List<String> redirection(JsonNode patched) {
        return patched.at("/spec/initContainers")
                .valueStream()
                .filter(one -> one.path("name").asText().equals(SidecarContainer.REDIRECT))
                .flatMap(one -> one.path("args").valueStream())
                .map(JsonNode::asText)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "false | hansa.dev/service-tags: a                           | false",
                "true  | hansa.dev/service-tags: a                           | true",
                "false | hansa.dev/transparent-proxy: 'true'                 | true",
                "false | consul.hashicorp.com/transparent-proxy: 'true'      | true",
                "true  | consul.hashicorp.com/transparent-proxy: 'false'     | false",
                "true  | hansa.dev/transparent-proxy: 'false'                | false",
                "true  | hansa.dev/transparent-proxy: 'false', consul.hashicorp.com/transparent-proxy: 'true' | false",
            })
    void connectionsAreRedirectedWherePodOrInjectorSaySo(
            boolean byDefault, String annotations, boolean expected) {
        var patched = patched(pod(annotations, ""), byDefault);

        assertThat(redirection(patched).isEmpty()).isEqualTo(!expected);
        assertThat(patched.toString().contains("transparent-listen")).isEqualTo(expected);
        assertThat(
                        patched.at("/metadata/annotations")
                                .path("hansa.dev/transparent-proxy-status")
                                .asText())
                .isEqualTo(expected ? "enabled" : "");
        assertThat(users(patched)).isEqualTo(expected ? Set.of(0, 5995) : Set.of(65532));
    }

    private static Set<Integer> users(JsonNode patched) {
        return patched.at("/spec/initContainers")
                .valueStream()
                .map(one -> one.at("/securityContext/runAsUser").asInt(-1))
                .collect(Collectors.toSet());
    }

    /// One that never asked for the mesh must not be kept from starting by what it lacks for it.
    @Test
    void podThatIsInByDefaultAloneIsLeftAloneWhereItCannotBeRedirected() {
        var probe =
                "readinessProbe: {httpGet: {path: /, port: 8080, scheme: HTTPS, httpHeaders: [{name: a, value: b}]}}";

        assertThat(decide(pod("", probe), true)).isInstanceOf(InjectDecision.LeaveAlone.class);
        assertThat(decide(pod("", "securityContext: {runAsUser: 5995}"), true))
                .isInstanceOf(InjectDecision.LeaveAlone.class);
        assertThat(refusal(pod(ON, probe))).startsWith("Probe: ");
    }

    @Test
    void containerThatMakesTheRulesAloneHasARight() {
        var patched = patched(pod(ON, ""), false);

        assertThat(
                        patched.at("/spec/initContainers")
                                .valueStream()
                                .map(one -> one.path("name").asText()))
                .containsExactly("hansa-redirect", "connect-init", "hansa-sidecar");
        assertThat(
                        patched.at("/spec/initContainers")
                                .valueStream()
                                .map(one -> one.at("/securityContext/capabilities").toString()))
                .containsExactly(
                        "{\"drop\":[\"ALL\"],\"add\":[\"NET_ADMIN\"]}",
                        "{\"drop\":[\"ALL\"]}",
                        "{\"drop\":[\"ALL\"]}");
        // no token, no key, and nothing of the pod's, nor what an API server would put there
        assertThat(patched.at("/spec/initContainers/0/volumeMounts").toString())
                .isEqualTo(
                        "[{\"name\":\"hansa-tmp\",\"mountPath\":\"/tmp\"},{\"name\":\"hansa-tmp\",\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\",\"readOnly\":true}]");
    }

    @Test
    void whatIsExcludedIsToldToTheCommand() {
        var patched =
                patched(
                        pod(
                                ON
                                        + ", hansa.dev/transparent-proxy-exclude-inbound-ports: '9090, 9091'"
                                        + ", consul.hashicorp.com/transparent-proxy-exclude-outbound-ports: '5432'"
                                        + ", hansa.dev/transparent-proxy-exclude-outbound-cidrs: '10.0.0.0/8,192.0.2.7'"
                                        + ", hansa.dev/transparent-proxy-exclude-uids: '1000,1000'"
                                        + ", hansa.dev/enable-metrics: 'true'",
                                ""),
                        false);

        assertThat(redirection(patched))
                .containsExactly(
                        "connect",
                        "redirect-traffic",
                        "--nf-tables",
                        "--proxy-uid=5995",
                        "--proxy-outbound-port=15001",
                        "--exclude-uid=1000",
                        "--exclude-outbound-port=5432",
                        "--exclude-outbound-cidr=10.0.0.0/8",
                        "--exclude-outbound-cidr=192.0.2.7",
                        "--proxy-inbound-port=20000",
                        "--exclude-inbound-port=20200",
                        "--exclude-inbound-port=20201",
                        "--exclude-inbound-port=9090",
                        "--exclude-inbound-port=9091");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "transparent-proxy-exclude-inbound-ports: '80,web'         | BadAnnotation: annotation 'hansa.dev/transparent-proxy-exclude-inbound-ports': expected at most 64 ports from 1 to 65535, separated by commas; found 'web'",
                "transparent-proxy-exclude-outbound-ports: '65536'         | BadAnnotation: annotation 'hansa.dev/transparent-proxy-exclude-outbound-ports': expected at most 64 ports from 1 to 65535, separated by commas; found '65536'",
                "transparent-proxy-exclude-outbound-cidrs: 'fd00::/8'      | BadAnnotation: annotation 'hansa.dev/transparent-proxy-exclude-outbound-cidrs': expected at most 64 IPv4 networks such as 10.0.0.0/8, separated by commas; found 'fd00::/8'",
                "transparent-proxy-exclude-outbound-cidrs: '10.0.0.256/8'  | BadAnnotation: annotation 'hansa.dev/transparent-proxy-exclude-outbound-cidrs'",
                "transparent-proxy-exclude-uids: 'root'                    | BadAnnotation: annotation 'hansa.dev/transparent-proxy-exclude-uids': expected at most 64 users' numbers, separated by commas; found 'root'",
                "transparent-proxy-overwrite-probes: 'no'                  | BadAnnotation: annotation 'hansa.dev/transparent-proxy-overwrite-probes': expected true or false; found 'no'",
                "connect-service-upstreams: 'a:15001'                      | PortTaken: port 15001, where the sidecar takes redirected connections: expected that nothing else in the pod listens there; found that of upstream 'a:15001'",
                "enable-metrics: 'true', hansa.dev/prometheus-scrape-port: '15001' | PortTaken: port 15001, where the sidecar takes redirected connections: expected that nothing else in the pod listens there; found that of the sidecar's metrics",
            })
    void podThatCannotBeRedirectedAsItIsWrittenIsRefusedByName(String annotation, String expected) {
        assertThat(refusal(pod(ON + ", hansa.dev/" + annotation, ""))).startsWith(expected);
    }

    @Test
    void listThatIsTooLongIsRefused() {
        var ports =
                IntStream.rangeClosed(1, 65)
                        .mapToObj(String::valueOf)
                        .collect(Collectors.joining(","));

        assertThat(
                        refusal(
                                pod(
                                        ON
                                                + ", hansa.dev/transparent-proxy-exclude-outbound-ports: '"
                                                + ports
                                                + "'",
                                        "")))
                .endsWith("found '65 of them'");
    }

    @Test
    void applicationAsTheSidecarsUserIsRefusedAsItWouldGoAroundIt() {
        var own = pod(ON, "securityContext: {runAsUser: 5995}");
        assertThat(refusal(own))
                .isEqualTo(
                        "TransparentProxy: container 'web': expected another user than 5995, whose connections are the sidecar's and go around it; found that one in runAsUser");

        var ofPod = pod(ON, "");
        ((ObjectNode) ofPod.path("spec")).putObject("securityContext").put("runAsUser", 5995);
        assertThat(refusal(ofPod)).startsWith("TransparentProxy: container 'web'");
        ((ObjectNode) ofPod.at("/spec/containers/0"))
                .putObject("securityContext")
                .put("runAsUser", 1000);
        assertThat(refusal(ofPod)).isEmpty();
    }

    @Test
    void containerThatListensWhereTheSidecarWouldIsRefused() {
        var pod = pod(ON, "");
        ((ObjectNode) pod.at("/spec/containers/0/ports/1")).put("containerPort", 15001);

        assertThat(refusal(pod)).endsWith("found that of container 'web'");
        assertThat(refusal(pod(ON + ", hansa.dev/connect-service-port: '15001'", "")))
                .startsWith("PortTaken: ")
                .endsWith("found the application's");
    }

    @Test
    void podThatAKubeletAsksAtMorePortsThanTheKernelIsToKnowIsRefused() {
        var pod = pod(ON, "");
        var containers = ((ObjectNode) pod.path("spec")).withArray("containers");
        for (var port = 1; port <= 33; port++) {
            containers
                    .addObject()
                    .put("name", "c" + port)
                    .putObject("livenessProbe")
                    .putObject("tcpSocket")
                    .put("port", port);
        }

        assertThat(refusal(pod))
                .startsWith(
                        "Probe: livenessProbe of container 'c33': expected at most 32 ports beside the application's that a kubelet asks at, or");
        containers.remove(containers.size() - 1);
        assertThat(decide(pod, false)).isInstanceOf(Inject.class);
    }

    @Test
    void podOnItsNodesNetworkIsNeverRedirected() {
        var pod = pod(ON + ", hansa.dev/connect-inject: 'true'", "");
        ((ObjectNode) pod.path("spec")).put("hostNetwork", true);

        // rules there would be those of the whole node
        assertThat(refusal(pod)).startsWith("HostNetwork: ");
        ((ObjectNode) pod.at("/metadata/annotations")).remove("hansa.dev/connect-inject");
        assertThat(decide(pod, true)).isInstanceOf(LeaveAlone.class);
    }

    @Test
    void probesAtTheApplicationsPortAreAnsweredByTheSidecarAndOthersGoPastIt() {
        var pod =
                pod(
                        ON,
                        "readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 2}\n    livenessProbe: {httpGet: {path: /live, port: admin}}");
        var decision = (Inject) decide(pod, false);
        var patched = TestingPods.patched(pod, decision.patch());

        assertThat(patched.at("/spec/containers/0/readinessProbe").toString())
                .isEqualTo(
                        "{\"periodSeconds\":2,\"httpGet\":{\"path\":\"/check\",\"port\":20200}}");
        assertThat(patched.at("/spec/containers/0/livenessProbe"))
                .isEqualTo(pod.at("/spec/containers/0/livenessProbe"));
        assertThat(redirection(patched)).endsWith("--exclude-inbound-port=9090");
        assertThat(decision.warnings())
                .containsExactly(
                        "port 9090 is asked by a kubelet (livenessProbe of container 'web') and is reached past the sidecar");
    }

    @Test
    void eachWayOfAskingHasAnAnswerOfItsOwn() {
        var patched =
                patched(
                        pod(
                                ON,
                                "readinessProbe: {httpGet: {path: /ready, port: 8080}}\n    livenessProbe: {httpGet: {path: /live, port: 8080}}\n    startupProbe: {tcpSocket: {port: 8080}}"),
                        false);

        for (var expected :
                Map.of("readiness", "/check", "startup", "/check/1", "liveness", "/check/2")
                        .entrySet()) {
            assertThat(
                            patched.at(
                                            "/spec/containers/0/"
                                                    + expected.getKey()
                                                    + "Probe/httpGet/path")
                                    .asText())
                    .isEqualTo(expected.getValue());
        }
        assertThat(patched.at("/spec/initContainers/2/args").toString())
                .contains(
                        "--set=service.web.check=http:/ready\"",
                        "--set=service.web.probes=tcp http:/live\"");
    }

    private static final String COOKIE =
            "readinessProbe: {httpGet: {path: /, port: 8080, httpHeaders: [{name: Cookie, value: a}]}}";

    @Test
    void probeThatNoSidecarCanAskNeedsItsPortLeftOut() {
        assertThat(refusal(pod(ON, COOKIE)))
                .startsWith(
                        "Probe: readinessProbe of container 'web': expected one that the sidecar can ask in the kubelet's place")
                .contains(
                        "or that annotation 'hansa.dev/transparent-proxy-exclude-inbound-ports' has port 8080");
        assertThat(refusal(pod(ON, "lifecycle: {preStop: {httpGet: {path: /, port: 8080}}}")))
                .startsWith(
                        "Probe: preStop of container 'web': expected no hook at the application's port");

        for (var way :
                List.of(
                        "hansa.dev/transparent-proxy-exclude-inbound-ports: '8080'",
                        "consul.hashicorp.com/transparent-proxy-overwrite-probes: 'false'")) {
            var pod = pod(ON + ", " + way, COOKIE);
            assertThat(patched(pod, false).at("/spec/containers/0/readinessProbe"))
                    .isEqualTo(pod.at("/spec/containers/0/readinessProbe"));
        }
    }

    @Test
    void probeElsewhereAndCommandsStayAsTheyAre() {
        var pod =
                pod(
                        ON,
                        "livenessProbe: {exec: {command: [/bin/true]}}\n    readinessProbe: {httpGet: {path: /, port: 8080, host: example.com}}");
        var decision = (Inject) decide(pod, false);

        assertThat(
                        TestingPods.patched(pod, decision.patch())
                                .at("/spec/containers/0/readinessProbe"))
                .isEqualTo(pod.at("/spec/containers/0/readinessProbe"));
        assertThat(decision.warnings()).isEmpty();
    }
}
