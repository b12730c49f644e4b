package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What the chart comes to, and what it refuses. `-Dgolden.update=true` writes the expectations
/// anew; a case other than `defaults` has those files alone that differ from it.
class ChartTest {
    private static final String DEFAULTS = "defaults";

    /// In place of a file that a case does not have.
    private static final String NOTHING = "# nothing\n";

    @TempDir private Path folder;

    static List<String> cases() throws IOException {
        return TestingChart.cases();
    }

    @Test
    void helmHasNothingToSayAgainstIt() {
        var verdict = new Helm(TestingChart.CHART).lint().strict().call();

        assertThat(verdict.isFailed()).as(verdict.getMessages().toString()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void chartComesToWhatIsExpected(String name) throws IOException {
        var rendered = changes(name);
        var expected = TestingChart.CASES.resolve(name).resolve("expected");
        if (Boolean.getBoolean("golden.update")) {
            write(expected, rendered);
        }

        assertThat(rendered).isEqualTo(read(expected));
    }

    private static Map<String, String> changes(String name) {
        var rendered = TestingChart.render(TestingChart.values(name));
        if (name.equals(DEFAULTS)) {
            return rendered;
        }
        var changes = new TreeMap<String, String>();
        var defaults = TestingChart.render(TestingChart.values(DEFAULTS));
        defaults.forEach((file, text) -> {
            if (!text.equals(rendered.get(file))) {
                changes.put(file, rendered.getOrDefault(file, NOTHING));
            }
        });
        rendered.forEach((file, text) -> {
            if (!defaults.containsKey(file)) {
                changes.put(file, text);
            }
        });
        return changes;
    }

    private static Map<String, String> read(Path folder) throws IOException {
        var files = new TreeMap<String, String>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> all = Files.list(folder)) {
                for (var file : all.toList()) {
                    files.put(file.getFileName().toString(), Files.readString(file));
                }
            }
        }
        return files;
    }

    private static void write(Path folder, Map<String, String> files) throws IOException {
        for (var old : read(folder).keySet()) {
            Files.delete(folder.resolve(old));
        }
        Files.createDirectories(folder);
        for (var file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
    }

    @Test
    void definitionsComeWithItAndStayWhenItGoes() throws IOException {
        var text =
                new Helm(TestingChart.CHART)
                        .template()
                        .withName("eks")
                        .withKubeVersion("1.34.0")
                        .call();
        var definitions =
                TestingChart.documents(text).stream()
                        .filter(one -> one.path("kind").asText().equals("CustomResourceDefinition"))
                        .toList();
        try (Stream<Path> files = Files.list(TestingChart.ROOT.resolve("deploy/operator/crds"))) {
            assertThat(definitions).hasSize(Math.toIntExact(files.count()));
        }
        assertThat(definitions)
                .allSatisfy(one ->
                        assertThat(
                                        one.at("/metadata/annotations/helm.sh~1resource-policy")
                                                .asText())
                                .isEqualTo("keep"));
    }

    @Test
    void founderStaysWithTheVolumes() throws IOException {
        assertThat(TestingChart.objects(DEFAULTS))
                .filteredOn(one -> one.path("kind").asText().equals("ConfigMap"))
                .singleElement()
                .satisfies(one ->
                        assertThat(
                                        one.at("/metadata/annotations/helm.sh~1resource-policy")
                                                .asText())
                                .isEqualTo("keep"));
    }

    @Test
    void listsOfNamespacesSayWhoMayLogInAsAService() throws IOException {
        var selector =
                TestingChart.objects("node-port").stream()
                        .filter(one -> one.path("kind").asText().equals("Job"))
                        .flatMap(one -> one.findValue("args").valueStream())
                        .map(JsonNode::asText)
                        .filter(argument -> argument.startsWith("--services-selector="))
                        .toList();

        assertThat(selector)
                .containsExactly(
                        "--services-selector=(value.account != default)"
                                + " and (value.namespace == \"shop\" or value.namespace == \"billing\")"
                                + " and value.namespace != \"monitoring\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server: {replicas: 2} | at '/server/replicas': value must be one of 1, 3, 5",
                "server: {replicas: three} | at '/server/replicas': got string, want integer",
                "serverr: {} | at '': additional properties 'serverr' not allowed",
                "meshGateway: {replica: 2} | at '/meshGateway': additional properties 'replica' not allowed",
                "image: {tag: latest} | at '/image/tag': 'not' failed",
                "global: {tls: {enabled: false}} | at '/global/tls/enabled': value must be true",
                "server: {exposeService: {enabled: true}} | server.exposeService.host: expected the name by which each server is reached",
                "server: {replicas: 3, exposeService: {enabled: true, host: hansa.example.com}} | server.exposeService.host: expected $(POD_NAME) in it, for each of 3 servers",
                "server: {exposeService: {enabled: true, nodePort: {http: 1}}} | additional properties 'nodePort' not allowed",
                "externalServers: {enabled: true} | externalServers.enabled: expected server.enabled=false with it",
                "{dns: {enabled: true}, server: {extraSettings: {dns.address: '0.0.0.0:53'}}} | dns.enabled: expected without server.extraSettings dns.address",
                "server: {enabled: false} | meshGateway.enabled: expected servers, of this chart (server.enabled) or others (externalServers.enabled); found neither",
                "meshGateway: {wanAddress: {source: Static}} | meshGateway.wanAddress.static: expected an address",
                "meshGateway: {service: {type: NodePort}} | meshGateway.service.nodePort: expected a port",
                "connectInject: {k8sAllowNamespaces: ['*', shop]} | connectInject.k8sAllowNamespaces: expected \"*\" alone",
                "connectInject: {k8sAllowNamespaces: []} | at '/connectInject/k8sAllowNamespaces': minItems: got 0, want 1",
                "connectInject: {k8sAllowNamespaces: ['']} | at '/connectInject/k8sAllowNamespaces/0': '' does not match pattern",
                "connectInject: {aclBindingRuleSelector: ''} | at '/connectInject/aclBindingRuleSelector': minLength: got 0, want 1",
                "operator: {enabled: false} | operator.catalog: expected it, and operator.enabled, with connectInject.enabled",
                "operator: {catalog: false} | operator.catalog: expected it, and operator.enabled, with connectInject.enabled",
                "operator: {namespaces: [shop]} | operator.namespaces: expected each of connectInject.k8sAllowNamespaces, or none, which is all, for an injected pod waits until the operator has registered it; found no '*'",
                "global: {peering: {tokenNamespaces: [shop, mesh]}} | global.peering.tokenNamespaces: expected other namespaces than that of the release",
                "global: {acls: {bootstrapToken: {secretName: x}}} | global.acls.bootstrapToken.secretName: expected together with externalServers.enabled",
            })
    void whatCannotBeIsRefusedByName(String values, String sentence) throws IOException {
        var file = Files.writeString(folder.resolve("values.yaml"), values);

        assertThatThrownBy(() -> TestingChart.render(file)).hasMessageContaining(sentence);
    }

    @Test
    void valuesOfTheCourseInstallAndWhatHasNoMeaningIsNamed() {
        var notes = TestingChart.notes(TestingChart.values("course"), "default");

        assertThat(notes)
                .contains(
                        "\n  global.image: the image is image.repository and image.tag",
                        "\n  controller: the operator is operator.enabled",
                        "\n  server.bootstrapExpect: ",
                        "\n  server.extraConfig: ",
                        "kubectl -n default get secret eks-hansa-bootstrap-acl-token",
                        "eks-hansa-ca-cert -o jsonpath='{.data.fingerprint}'",
                        "{{with index .status.loadBalancer.ingress 0}}https://{{or .ip .hostname}}:443/ui/{{end}}",
                        "Pods of the namespace 'default' get no sidecar",
                        "WARNING: connectInject.default=true with all namespaces",
                        "global.peering.tokenNamespaces, of which 'default' cannot be one");
        assertThat(TestingChart.notes(TestingChart.values(DEFAULTS), "mesh"))
                .doesNotContain("passed over", "get no sidecar", "WARNING")
                .contains("port-forward service/eks-hansa-ui");
    }
}
