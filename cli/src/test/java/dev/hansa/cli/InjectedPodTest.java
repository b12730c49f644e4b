package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.gateway.SidecarConfig;
import dev.hansa.kubernetes.inject.ConnectInitConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the injector writes into pods is what the commands of this build read: a flag that was
/// renamed, or a setting with another form, fails here.
class InjectedPodTest {
    private static final Path CASES = Path.of("../kubernetes/src/test/resources/inject");

    /// As a kubelet fills in.
    private static final Map<String, String> FIELDS =
            Map.of(
                    "$(POD_NAME)", "web-0",
                    "$(POD_NAMESPACE)", "shop",
                    "$(POD_UID)", "5b7c0d1e-0000-4000-8000-000000000000",
                    "$(POD_IP)", "2001:db8::7",
                    "$(NODE_NAME)", "node-1.example");

    @FunctionalInterface
    private interface Reader<T> {
        T read(Settings settings) throws InvalidConfigException;
    }

    static List<Path> pods() throws IOException {
        try (var all = Files.list(CASES)) {
            return all.map(each -> each.resolve("patched.yaml"))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pods")
    void commandsReadTheArgumentsOfInjectedContainers(Path file) throws IOException {
        var pod = new YAMLMapper().readTree(Files.readString(file));
        var account = pod.at("/spec/serviceAccountName").asText();
        var init = container(pod, "connect-init");
        var sidecar = container(pod, "hansa-sidecar");

        assertThat(arguments(init)).startsWith("kubernetes", "connect-init");
        var joining = config(init, 2, ConnectInitConfig.KEYS, ConnectInitConfig::read);
        assertThat(joining.member().name()).isEqualTo(account);
        assertThat(joining.caPem()).isPresent();
        assertThat(arguments(sidecar)).startsWith("sidecar");
        // one of those that deploy/image/build makes
        assertThat(sidecar.path("command").toString()).isEqualTo("[\"/hansa/bin/hansa-sidecar\"]");
        var config = config(sidecar, 1, SidecarConfig.KEYS, SidecarConfig::read);
        assertThat(config.joinTokenFile()).isEqualTo(joining.out());
        assertThat(config.probeAddress().orElseThrow().getHostString()).isEqualTo("2001:db8::7");
        assertThat(config.services())
                .singleElement()
                .satisfies(carried -> {
                    assertThat(carried.name().value()).isEqualTo(account);
                    carried.served()
                            .ifPresent(served ->
                                    assertThat(served.id()).contains("shop.web-0-" + account));
                });
    }

    private static JsonNode container(JsonNode pod, String name) {
        return pod.at("/spec/initContainers")
                .valueStream()
                .filter(one -> one.path("name").asText().equals(name))
                .findFirst()
                .orElseGet(MissingNode::getInstance);
    }

    @ParameterizedTest
    @MethodSource("pods")
    void rulesThatRedirectLeadToTheSidecarThatListensForThem(Path file) throws IOException {
        var pod = new YAMLMapper().readTree(Files.readString(file));
        var redirect = container(pod, "hansa-redirect");
        var sidecar = container(pod, "hansa-sidecar");
        var carried =
                config(sidecar, 1, SidecarConfig.KEYS, SidecarConfig::read).services().getFirst();
        assertThat(carried.transparent().isPresent()).isEqualTo(!redirect.isMissingNode());
        if (redirect.isMissingNode()) {
            return;
        }

        var words = arguments(redirect);
        words.add("--dry-run");
        var rules = Ran.hansa(Map.of(), "", words.toArray(String[]::new));

        assertThat(rules.status()).as(rules.err()).isZero();
        var own = sidecar.at("/securityContext/runAsUser").asText();
        assertThat(container(pod, "connect-init").at("/securityContext/runAsUser").asText())
                .isEqualTo(own);
        assertThat(rules.out())
                .contains(
                        "meta skuid " + own + " return",
                        "redirect to :" + carried.transparent().get().getPort());
        carried.served()
                .ifPresentOrElse(
                        served ->
                                assertThat(rules.out())
                                        .contains(
                                                "tcp dport 20200 return",
                                                "redirect to :" + served.listen().getPort()),
                        () -> assertThat(rules.out()).doesNotContain("prerouting"));
    }

    private static List<String> arguments(JsonNode container) {
        var arguments = new ArrayList<String>();
        for (var one : container.path("args")) {
            var text = one.asText();
            for (var field : FIELDS.entrySet()) {
                text = text.replace(field.getKey(), field.getValue());
            }
            arguments.add(text);
        }
        return arguments;
    }

    /// The real command's flags twice: as the whole command line knows them, and read to the end.
    private static <T> T config(
            JsonNode container, int words, List<Settings.Key> keys, Reader<T> reader) {
        var arguments = arguments(container);
        Main.commandLine(Surroundings.ofProcess()).parseArgs(arguments.toArray(String[]::new));
        var environment = new HashMap<String, String>();
        container
                .path("env")
                .forEach(each ->
                        environment.put(each.path("name").asText(), each.path("value").asText()));
        var read = new AtomicReference<Optional<T>>(Optional.empty());
        var problems = new ArrayList<String>();
        new ProcessCommands(environment)
                .commandLine(
                        new ProcessCommands.Role(
                                "read",
                                "Read.",
                                "hansa read",
                                keys,
                                settings -> {
                                    try {
                                        read.set(Optional.of(reader.read(settings)));
                                    } catch (InvalidConfigException e) {
                                        problems.add(e.getMessage());
                                    }
                                    return 0;
                                }))
                .execute(arguments.subList(words, arguments.size()).toArray(String[]::new));

        assertThat(problems).isEmpty();
        return read.get().orElseThrow();
    }
}
