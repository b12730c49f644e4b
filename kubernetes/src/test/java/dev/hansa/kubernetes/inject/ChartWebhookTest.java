package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What manifests make before any injector runs is what it would write itself, but for the
/// certificate: a pod of the mesh that is made meanwhile would start outside of it.
class ChartWebhookTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path CHARTS = ROOT.resolve("cli/src/test/resources/chart");

    static List<Path> charts() throws IOException {
        try (var all = Files.walk(CHARTS)) {
            return all.filter(file -> file.endsWith("expected/connect-injector.yaml"))
                    .filter(file -> read(file).contains("kind: MutatingWebhookConfiguration"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void severalRenderingsAreLookedAt() throws IOException {
        assertThat(charts()).hasSizeGreaterThanOrEqualTo(5);
    }

    @ParameterizedTest
    @MethodSource("charts")
    void chartAsksAboutThePodsThatTheInjectorWouldAskAbout(Path file) {
        holds(file);
    }

    @Test
    void manifestAsksAboutThePodsThatTheInjectorWouldAskAbout() {
        holds(ROOT.resolve("deploy/operator/injector.yaml"));
    }

    private static void holds(Path file) {
        var deployment = one(file, Deployment.class);
        var arguments = new HashMap<String, String>();
        for (var word :
                deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs()) {
            if (word.startsWith("--")) {
                var parts = word.substring(2).split("=", 2);
                arguments.put(parts[0], parts[1]);
            }
        }
        var configuration = one(file, MutatingWebhookConfiguration.class);
        var rules =
                new InjectRules(
                        Boolean.parseBoolean(arguments.getOrDefault("default", "false")),
                        names(arguments, "allow-namespaces"),
                        names(arguments, "deny-namespaces"),
                        deployment.getMetadata().getNamespace());
        var names =
                new Upkeep.Names(
                        "secret",
                        configuration.getMetadata().getName(),
                        arguments.getOrDefault("service-name", "hansa-injector"),
                        443,
                        "Fail");

        assertThat(configuration.getWebhooks())
                .containsExactly(WebhookConfiguration.webhook(rules, names, null));
        assertThat(arguments.getOrDefault("configuration", "hansa-injector"))
                .isEqualTo(configuration.getMetadata().getName());
    }

    private static Set<String> names(Map<String, String> arguments, String key) {
        var said = arguments.getOrDefault(key, "");
        return said.isEmpty() || said.equals("*")
                ? Set.of()
                : Stream.of(said.split(",", -1)).collect(Collectors.toSet());
    }

    private static <T> T one(Path file, Class<T> kind) {
        var found =
                Stream.of(read(file).split("(?m)^---$", -1))
                        .filter(text -> text.contains("\nkind: " + kind.getSimpleName() + "\n"))
                        .toList();
        assertThat(found).as(kind.getSimpleName()).hasSize(1);
        return new KubernetesSerialization().unmarshal(found.getFirst(), kind);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
