package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.inject.InjectorMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The manifests in deploy/operator against what the operator does.
class DeploymentTest {
    private static final Path FOLDER = Definition.ROOT.resolve("deploy/operator");

    private static List<JsonNode> documents(String file) throws IOException {
        return documents(FOLDER.resolve(file));
    }

    private static List<JsonNode> documents(Path file) throws IOException {
        var all = new ArrayList<JsonNode>();
        try (var parser = Definition.YAML.getFactory().createParser(Files.readString(file))) {
            Definition.YAML.readValues(parser, JsonNode.class).forEachRemaining(all::add);
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({
        "rbac.yaml, hansa.dev",
        "rbac-consul-group.yaml, consul.hashicorp.com",
    })
    void operatorMayReachEachKindAndNoMore(String file, String group) throws IOException {
        var objects = new TreeSet<String>();
        var statuses = new TreeSet<String>();
        for (var document : documents(file)) {
            for (var rule : document.path("rules")) {
                if (rule.at("/apiGroups/0").asText().equals(group)) {
                    for (var one : rule.path("resources")) {
                        var name = one.asText();
                        (name.endsWith("/status") ? statuses : objects)
                                .add(name.replace("/status", ""));
                    }
                    assertThat(rule.path("verbs").toString())
                            .isIn("[\"get\",\"list\",\"watch\",\"update\"]", "[\"update\"]");
                }
                assertThat(rule.toString()).doesNotContain("*");
            }
        }
        var expected =
                Arrays.stream(ResourceKind.values())
                        .map(ResourceKind::plural)
                        .collect(Collectors.toCollection(TreeSet::new));

        assertThat(objects).isEqualTo(expected);
        assertThat(statuses).isEqualTo(expected);
    }

    @Test
    void secretsAreReadByNameInNamespacesThatSayso() throws IOException {
        var text = documents("rbac.yaml").toString();

        assertThat(text)
                .contains(
                        "\"resources\":[\"secrets\"],\"verbs\":[\"get\",\"create\",\"update\",\"delete\"]");
        assertThat(text.split("\"kind\":\"ClusterRole\",\"name\":\"hansa-operator-tokens\"", -1))
                .as("no binding of it")
                .hasSize(1);
    }

    /// What the suite with a real API server finds lacking in one is lacking in the other.
    @Test
    void rightsAreThoseThatTheChartGives() throws IOException {
        var chart = Definition.ROOT.resolve("cli/src/test/resources/chart/three-servers/expected");

        assertThat(rights(FOLDER.resolve("rbac.yaml")))
                .isEqualTo(rights(chart.resolve("operator.yaml")));
        assertThat(rights(FOLDER.resolve("injector.yaml")))
                .isEqualTo(rights(chart.resolve("connect-injector.yaml")))
                .isNotEmpty();
    }

    /// Group, kind and verb each, without the names that an installation chooses.
    private static Set<String> rights(Path file) throws IOException {
        var rights = new TreeSet<String>();
        for (var document : documents(file)) {
            for (var rule : document.path("rules")) {
                for (var resource : rule.path("resources")) {
                    for (var verb : rule.path("verbs")) {
                        var named = rule.has("resourceNames") ? " by name " : " ";
                        rights.add(
                                verb.asText()
                                        + named
                                        + rule.path("apiGroups")
                                        + " "
                                        + resource.asText());
                    }
                }
            }
        }
        return rights;
    }

    @Test
    void podHasNothingThatItDoesNotNeed() throws IOException {
        var pod = documents("deployment.yaml").getFirst().at("/spec/template/spec");
        var container = pod.at("/containers/0");

        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                .isFalse();
        assertThat(container.at("/securityContext/capabilities/drop/0").asText()).isEqualTo("ALL");
        assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
        assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/health");
        assertThat(container.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/live");
        assertThat(container.path("args").toString()).isEqualTo("[\"kubernetes\",\"operator\"]");
    }

    @Test
    void eachVariableIsASetting() throws IOException {
        var known =
                OperatorConfig.KEYS.stream()
                        .map(key -> Settings.variable(key.name()))
                        .collect(Collectors.toSet());
        known.add("JAVA_TOOL_OPTIONS");
        var set =
                documents("deployment.yaml").getFirst().at("/spec/template/spec/containers/0/env");

        assertThat(Set.copyOf(set.findValuesAsText("name"))).isSubsetOf(known);
    }

    @Test
    void injectorsVariablesAreSettings() throws IOException {
        var known =
                InjectorMain.KEYS.stream()
                        .map(key -> Settings.variable(key.name()))
                        .collect(Collectors.toSet());
        known.add("JAVA_TOOL_OPTIONS");
        var deployment = documents("injector.yaml").getLast();
        var container = deployment.at("/spec/template/spec/containers/0");

        assertThat(Set.copyOf(container.path("env").findValuesAsText("name"))).isSubsetOf(known);
        assertThat(container.path("args").toString()).isEqualTo("[\"kubernetes\",\"injector\"]");
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/health");
        assertThat(container.at("/ports/0/containerPort").asInt()).isEqualTo(9443);
    }

    /// Nothing else than what it does: no pod is written, no Secret is listed, no other's webhook
    /// is changed.
    @Test
    void injectorMayWriteItsOwnObjectsAlone() throws IOException {
        var rights = new TreeSet<String>();
        for (var document : documents("injector.yaml")) {
            for (var rule : document.path("rules")) {
                rights.add(
                        rule.at("/resources/0").asText()
                                + " "
                                + rule.path("resourceNames")
                                + " "
                                + rule.path("verbs"));
            }
        }

        assertThat(rights)
                .containsExactly(
                        "events  [\"create\"]",
                        "leases  [\"create\"]",
                        "leases [\"hansa-injector\"] [\"get\",\"update\"]",
                        "mutatingwebhookconfigurations  [\"create\"]",
                        "mutatingwebhookconfigurations [\"hansa-injector\"] [\"get\",\"update\"]",
                        "pods  [\"list\",\"watch\"]",
                        "secrets [\"hansa-injector-webhook\"] [\"get\",\"update\"]");
    }

    @Test
    void kustomizationNamesEachDefinition() throws IOException {
        var named = documents("kustomization.yaml").getFirst().path("resources");

        assertThat(Definition.files())
                .allSatisfy(file -> assertThat(named.toString()).contains("\"crds/" + file + "\""));
        for (var one : named) {
            assertThat(FOLDER.resolve(one.asText())).exists();
        }
    }
}
