package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.gateway.GatewayConfig;
import dev.hansa.kubernetes.OperatorConfig;
import dev.hansa.kubernetes.install.BootstrapConfig;
import dev.hansa.peering.config.PeeringServiceConfig;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/// The chart's objects against the model of Kubernetes' API, against one another, and against the
/// processes that they start.
class ChartManifestsTest {
    /// What the bootstrap makes, the injector makes, or Kubernetes has in each namespace.
    private static final List<String> MADE_LATER =
            List.of(
                    "Secret/%s-bootstrap-acl-token",
                    "Secret/%s-operator-acl-token",
                    "Secret/%s-server-cert",
                    "ConfigMap/%s-ca-cert",
                    "ConfigMap/kube-root-ca.crt");

    private static final Pattern VARIABLE = Pattern.compile("\\$\\(([A-Z_]+)\\)");

    /// One of those that `deploy/image/build` makes.
    private static final String GATEWAYS_LAUNCHER = "[\"/hansa/bin/hansa-gateway\"]";

    /// A command that a build may not have yet.
    private static final String INJECTOR = "kubernetes injector";

    private static final boolean HAS_INJECTOR =
            KubernetesCommands.commandLine(Surroundings.ofProcess())
                    .getSubcommands()
                    .containsKey("injector");

    /// All commands: reading their annotations takes longer than all else here.
    private static final CommandLine HANSA = Main.commandLine(Surroundings.ofProcess());

    private static final KubernetesSerialization MODEL = new KubernetesSerialization();

    @TempDir private Path folder;

    static List<String> cases() throws IOException {
        return TestingChart.cases();
    }

    private record Pod(String owner, Map<String, String> labels, JsonNode spec) {
        List<JsonNode> all() {
            var all = new ArrayList<JsonNode>();
            spec.path("initContainers").forEach(all::add);
            spec.path("containers").forEach(all::add);
            return all;
        }
    }

    private static List<Pod> pods(List<JsonNode> objects) {
        var pods = new ArrayList<Pod>();
        for (var object : objects) {
            var at =
                    switch (object.path("kind").asText()) {
                        case "Deployment", "StatefulSet", "Job" -> "/spec/template";
                        case "CronJob" -> "/spec/jobTemplate/spec/template";
                        default -> "";
                    };
            if (!at.isEmpty()) {
                // a StatefulSet's pods bear their names as a label, others of one owner are alike
                var isNumbered = object.path("kind").asText().equals("StatefulSet");
                var count = isNumbered ? object.at("/spec/replicas").asInt() : 1;
                for (var number = 0; number < count; number++) {
                    var labels = texts(object.at(at).at("/metadata/labels"));
                    if (isNumbered) {
                        labels.put(
                                "statefulset.kubernetes.io/pod-name",
                                object.at("/metadata/name").asText() + "-" + number);
                    }
                    pods.add(new Pod(name(object), labels, object.at(at).path("spec")));
                }
            }
        }
        return pods;
    }

    private static String name(JsonNode object) {
        return object.path("kind").asText() + "/" + object.at("/metadata/name").asText();
    }

    private static Map<String, String> texts(JsonNode map) {
        var texts = new HashMap<String, String>();
        map.properties().forEach(one -> texts.put(one.getKey(), one.getValue().asText()));
        return texts;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void apiOfKubernetesKnowsEachField(String name) throws Exception {
        for (var object : TestingChart.objects(name)) {
            KubernetesResource typed = MODEL.unmarshal(object.toString());
            assertThat(typed.getClass().getSimpleName()).isEqualTo(object.path("kind").asText());
            assertKnown(name(object), typed);
        }
    }

    private static void assertKnown(String path, @Nullable Object value)
            throws IllegalAccessException, InvocationTargetException {
        if (value instanceof Collection<?> items) {
            for (var item : items) {
                assertKnown(path + "[]", item);
            }
            return;
        }
        if (value == null
                || !value.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")) {
            return;
        }
        for (var method : value.getClass().getMethods()) {
            if (!method.getName().startsWith("get") || method.getParameterCount() > 0) {
                continue;
            }
            if (method.getName().equals("getAdditionalProperties")) {
                assertThat((Map<?, ?>) method.invoke(value)).as(path).isEmpty();
            } else if (method.getDeclaringClass() != Object.class) {
                assertKnown(path + "." + method.getName().substring(3), method.invoke(value));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void podsHaveNothingThatTheyDoNotNeed(String name) throws IOException {
        for (var pod : pods(TestingChart.objects(name))) {
            assertThat(pod.spec().at("/securityContext/runAsNonRoot").asBoolean())
                    .as(pod.owner())
                    .isTrue();
            assertThat(pod.spec().at("/securityContext/runAsUser").asInt()).isEqualTo(65532);
            assertThat(pod.spec().at("/securityContext/seccompProfile/type").asText())
                    .isEqualTo("RuntimeDefault");
            assertThat(pod.spec().path("enableServiceLinks").asBoolean(true))
                    .as(pod.owner())
                    .isFalse();
            for (var key : List.of("hostNetwork", "hostPID", "hostIPC")) {
                assertThat(pod.spec().has(key)).as(pod.owner() + " " + key).isFalse();
            }
            assertThat(pod.spec().findValues("hostPath")).as(pod.owner()).isEmpty();
            for (var container : pod.all()) {
                var what = pod.owner() + " " + container.path("name").asText();
                var security = container.path("securityContext");
                assertThat(security.path("runAsNonRoot").asBoolean()).as(what).isTrue();
                assertThat(security.path("readOnlyRootFilesystem").asBoolean()).as(what).isTrue();
                assertThat(security.path("allowPrivilegeEscalation").asBoolean(true))
                        .as(what)
                        .isFalse();
                assertThat(security.at("/capabilities/drop/0").asText()).as(what).isEqualTo("ALL");
                assertThat(container.at("/resources/requests/cpu").asText()).as(what).isNotEmpty();
                assertThat(container.at("/resources/requests/memory").asText())
                        .as(what)
                        .isNotEmpty();
                assertThat(container.at("/resources/limits/memory").asText()).as(what).isNotEmpty();
                assertThat(container.path("image").asText())
                        .as(what)
                        .contains(":")
                        .doesNotEndWith(":latest");
                // the image has no shell, and its entry point is hansa; a gateway has a launcher
                var first = container.at("/args/0").asText();
                assertThat(first).as(what).isIn("server", "gateway", "kubernetes");
                assertThat(container.path("command").toString())
                        .as(what)
                        .isEqualTo(first.equals("gateway") ? GATEWAYS_LAUNCHER : "");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatRunsOnIsProbedAndBudgetedAndItsProbesAskPortsThatItHas(String name)
            throws IOException {
        var objects = TestingChart.objects(name);
        for (var pod : pods(objects)) {
            for (var container : pod.spec().path("containers")) {
                var ports = portNames(container);
                var runsOn = !pod.spec().has("restartPolicy");
                for (var probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                    assertThat(container.has(probe))
                            .as(pod.owner() + " " + probe)
                            .isEqualTo(runsOn);
                    if (runsOn) {
                        assertThat(ports)
                                .contains(container.path(probe).at("/httpGet/port").asText());
                    }
                }
            }
        }
        var budgets = selected(objects, "PodDisruptionBudget", "/spec/selector/matchLabels");
        if (!name.equals("other-way")) {
            assertThat(budgets)
                    .containsAll(
                            pods(objects).stream()
                                    .filter(pod -> !pod.spec().has("restartPolicy"))
                                    .map(Pod::owner)
                                    .toList());
        }
    }

    private static Set<String> portNames(JsonNode container) {
        return StreamSupport.stream(container.path("ports").spliterator(), false)
                .map(port -> port.path("name").asText())
                .collect(Collectors.toSet());
    }

    /// Owners of the pods that objects of a kind select; each has to select some.
    private static Set<String> selected(List<JsonNode> objects, String kind, String at) {
        var selected = new TreeSet<String>();
        for (var object : objects) {
            if (object.path("kind").asText().equals(kind)) {
                var found = select(pods(objects), object.at(at));
                assertThat(found).as(name(object) + " selects a pod").isNotEmpty();
                found.forEach(pod -> selected.add(pod.owner()));
            }
        }
        return selected;
    }

    private static List<Pod> select(List<Pod> pods, JsonNode labels) {
        var wanted = texts(labels).entrySet();
        return pods.stream().filter(pod -> pod.labels().entrySet().containsAll(wanted)).toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void servicesAndPoliciesMeanPortsOfPodsThatAreThere(String name) throws IOException {
        var objects = TestingChart.objects(name);
        for (var object : objects) {
            switch (object.path("kind").asText()) {
                case "Service" -> {
                    var found = select(pods(objects), object.at("/spec/selector"));
                    assertThat(found).as(name(object)).isNotEmpty();
                    for (var pod : found) {
                        for (var port : object.at("/spec/ports")) {
                            assertThat(portNames(pod.spec().at("/containers/0")))
                                    .as(name(object))
                                    .contains(port.path("targetPort").asText());
                        }
                    }
                }
                case "NetworkPolicy" -> {
                    var found = select(pods(objects), object.at("/spec/podSelector/matchLabels"));
                    assertThat(found).as(name(object)).isNotEmpty();
                    var named = new TreeSet<String>();
                    for (var port : object.at("/spec/ingress").findValues("port")) {
                        if (port.isTextual()) {
                            named.add(port.asText());
                        }
                    }
                    // each port of a pod is opened to somebody, and none that it does not have
                    assertThat(named)
                            .as(name(object))
                            .isEqualTo(
                                    new TreeSet<>(
                                            portNames(
                                                    found.getFirst().spec().at("/containers/0"))));
                }
                default -> {}
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsReferredToIsThereOrIsMade(String name) throws IOException {
        var objects = TestingChart.objects(name);
        var there = objects.stream().map(ChartManifestsTest::name).collect(Collectors.toSet());
        var prefix =
                TestingChart.YAML
                        .readTree(Files.readString(TestingChart.values(name)))
                        .at("/global/name")
                        .asText("eks-hansa");
        MADE_LATER.forEach(made -> there.add(made.replace("%s", prefix)));
        // the user's own, of the case's values
        var values = Files.readString(TestingChart.values(name));
        for (var pod : pods(objects)) {
            var wanted = new ArrayList<String>();
            wanted.add("ServiceAccount/" + pod.spec().path("serviceAccountName").asText());
            for (var volume : pod.spec().path("volumes")) {
                volume.findValues("secretName")
                        .forEach(one -> wanted.add("Secret/" + one.asText()));
                volume.findValues("configMap")
                        .forEach(one -> wanted.add("ConfigMap/" + one.path("name").asText()));
            }
            for (var one : wanted) {
                assertThat(
                                there.contains(one)
                                        || values.contains(one.substring(one.indexOf('/') + 1)))
                        .as(pod.owner() + ": " + one)
                        .isTrue();
            }
            for (var container : pod.all()) {
                var volumes =
                        StreamSupport.stream(pod.spec().path("volumes").spliterator(), false)
                                .map(volume -> volume.path("name").asText())
                                .collect(Collectors.toSet());
                volumes.add("data");
                assertThat(volumes)
                        .as(pod.owner())
                        .containsAll(container.path("volumeMounts").findValuesAsText("name"));
            }
        }
        for (var object : objects) {
            if (object.path("kind").asText().endsWith("RoleBinding")) {
                var role = object.path("roleRef");
                assertThat(there)
                        .contains(role.path("kind").asText() + "/" + role.path("name").asText());
                for (var subject : object.path("subjects")) {
                    assertThat(there).contains("ServiceAccount/" + subject.path("name").asText());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rightsNameTheirResources(String name) throws IOException {
        for (var object : TestingChart.objects(name)) {
            for (var rule : object.path("rules")) {
                assertThat(rule.toString()).as(name(object)).doesNotContain("*");
                // the first token and the authority's key are in the chart's own namespace
                if (rule.path("resources").toString().contains("\"secrets\"")) {
                    assertThat(name(object))
                            .satisfiesAnyOf(
                                    role -> assertThat(role).endsWith("-bootstrap"),
                                    _ -> assertThat(rule.has("resourceNames")).isTrue(),
                                    _ ->
                                            assertThat(object.at("/metadata/namespace").asText())
                                                    .isNotEqualTo("mesh"));
                }
                if (rule.path("resources").toString().contains("\"secrets\"")
                        && !name(object).endsWith("-operator-tokens")
                        && !rule.path("verbs").toString().equals("[\"create\"]")) {
                    assertThat(rule.path("resourceNames")).as(name(object)).isNotEmpty();
                }
                assertThat(rule.toString().contains("secrets") && rule.toString().contains("list"))
                        .as(name(object))
                        .isFalse();
            }
        }
    }

    /// As the kubelet puts a container's arguments together.
    private static List<String> arguments(JsonNode container) {
        var known =
                Map.of(
                        "POD_NAME", "eks-hansa-server-0",
                        "POD_NAMESPACE", "mesh",
                        "POD_IP", "10.0.0.7",
                        "HOST_IP", "192.0.2.7",
                        "NODE_NAME", "node-1");
        var declared = container.path("env").findValuesAsText("name");
        return StreamSupport.stream(container.path("args").spliterator(), false)
                .map(JsonNode::asText)
                .map(text ->
                        VARIABLE.matcher(text)
                                .replaceAll(found -> {
                                    assertThat(declared).contains(found.group(1));
                                    return known.getOrDefault(found.group(1), "");
                                }))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void processesUnderstandTheirArgumentsAndListenWhereTheyAreSaidTo(String name)
            throws Exception {
        for (var pod : pods(TestingChart.objects(name))) {
            for (var container : pod.all()) {
                var arguments = arguments(container);
                var words =
                        String.join(
                                " ",
                                arguments.subList(
                                        0, arguments.get(0).equals("kubernetes") ? 2 : 1));
                assertThat(HANSA.getSubcommands()).containsKey(arguments.getFirst());
                if (words.equals(INJECTOR) && !HAS_INJECTOR) {
                    continue;
                }
                HANSA.parseArgs(arguments.toArray(String[]::new));
                var listening = listening(words, arguments);
                if (!container.path("ports").isEmpty() && !words.equals(INJECTOR)) {
                    assertThat(ports(container)).as(pod.owner()).isEqualTo(listening);
                }
            }
        }
    }

    private static Set<Integer> ports(JsonNode container) {
        return StreamSupport.stream(container.path("ports").spliterator(), false)
                .map(port -> port.path("containerPort").asInt())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// The settings as the process reads them, and the ports of the listeners that it would open.
    private Set<Integer> listening(String words, List<String> arguments)
            throws IOException, InvalidConfigException {
        return switch (words) {
            case "server" -> {
                var config =
                        PeeringServiceConfig.read(
                                settings(PeeringServiceConfig.KEYS, arguments, true));
                assertThat(config.door().access().enabled()).isTrue();
                assertThat(config.door().tls()).isPresent();
                var open = new TreeSet<Integer>();
                open.add(config.httpAddress().getPort());
                open.add(config.proxyAddress().getPort());
                open.add(config.peerAddress().getPort());
                open.add(config.adminAddress().getPort());
                open.add(config.raftAddress().getPort());
                config.dns().ifPresent(dns -> open.add(dns.address().getPort()));
                yield open;
            }
            case "gateway" -> {
                var config = GatewayConfig.read(settings(GatewayConfig.KEYS, arguments, true));
                yield new TreeSet<>(
                        Set.of(
                                config.listen().getFirst().getPort(),
                                config.adminAddress().getPort()));
            }
            case "kubernetes operator" -> {
                var config =
                        OperatorConfig.read(settings(OperatorConfig.KEYS, arguments, false), "pod");
                yield new TreeSet<>(Set.of(config.adminAddress().getPort()));
            }
            case "kubernetes bootstrap" -> {
                BootstrapConfig.read(settings(BootstrapConfig.KEYS, arguments, false));
                yield Set.of();
            }
            default -> Set.of();
        };
    }

    /// @param hasFile with the file that the init container leaves
    private Settings settings(List<Settings.Key> keys, List<String> arguments, boolean hasFile)
            throws IOException {
        var flags = new HashMap<String, String>();
        for (var argument : arguments) {
            var equals = argument.indexOf('=');
            if (argument.startsWith("--set=")) {
                var pair = argument.substring("--set=".length()).split("=", 2);
                flags.put(pair[0], pair[1]);
                continue;
            }
            for (var key : keys) {
                if (equals > 0 && argument.substring(0, equals).equals("--" + key.flag())) {
                    flags.put(key.name(), argument.substring(equals + 1));
                }
            }
        }
        return Settings.of(
                flags,
                Map.of(),
                hasFile
                        ? Optional.of(
                                Files.writeString(
                                        folder.resolve("init.properties"),
                                        "join-token-file = /hansa/connect/join-token\n"))
                        : Optional.empty());
    }
}
