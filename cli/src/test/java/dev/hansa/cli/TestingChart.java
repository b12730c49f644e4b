package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// The chart, rendered by Helm as a user's would be.
final class TestingChart {
    static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling(".").normalize();
    static final Path CHART = ROOT.resolve("deploy/helm/hansa");
    static final Path CASES = ROOT.resolve("cli/src/test/resources/chart");
    static final YAMLMapper YAML = new YAMLMapper();

    /// The oldest that the chart takes, where no case says otherwise.
    private static final String KUBERNETES = "1.30.0";

    private static final String SOURCE = "# Source: hansa/templates/";

    private static final Map<String, String> RENDERED = new ConcurrentHashMap<>();

    private TestingChart() {}

    /// Folders with a `values.yaml`.
    static List<String> cases() throws IOException {
        try (Stream<Path> all = Files.list(CASES)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    static Path values(String name) {
        return CASES.resolve(name).resolve("values.yaml");
    }

    /// @return what each template came to, without the definitions, which are files of their own
    static Map<String, String> render(Path values) {
        var text =
                new Helm(CHART)
                        .template()
                        .withName("eks")
                        .withNamespace("mesh")
                        .withKubeVersion(KUBERNETES)
                        .withValuesFile(values)
                        .set("operator.crds.install", false)
                        .call();
        var files = new TreeMap<String, StringBuilder>();
        // nothing at all is null
        for (var document : Objects.requireNonNullElse(text, "").split("(?m)^---\n")) {
            if (document.startsWith(SOURCE)) {
                var end = document.indexOf('\n');
                files.computeIfAbsent(
                                document.substring(SOURCE.length(), end), _ -> new StringBuilder())
                        .append("---\n")
                        .append(document.substring(end + 1).strip())
                        .append('\n');
            }
        }
        var rendered = new TreeMap<String, String>();
        files.forEach((name, content) -> rendered.put(name, content.toString()));
        return rendered;
    }

    static String notes(Path values, String namespace) {
        var output =
                new Helm(CHART)
                        .install()
                        .withName("eks")
                        .withNamespace(namespace)
                        .withKubeVersion(KUBERNETES)
                        .withValuesFile(values)
                        .clientOnly()
                        .dryRun()
                        .call()
                        .getOutput();
        return output.substring(output.indexOf("NOTES:"));
    }

    static List<JsonNode> documents(String yaml) throws IOException {
        var all = new ArrayList<JsonNode>();
        try (var parser = YAML.getFactory().createParser(yaml)) {
            YAML.readValues(parser, JsonNode.class).forEachRemaining(all::add);
        }
        all.removeIf(one -> one == null || one.isNull());
        return all;
    }

    /// All objects of a case, which are asked for by one test after another.
    static List<JsonNode> objects(String name) throws IOException {
        var text =
                RENDERED.computeIfAbsent(name, _ -> String.join("", render(values(name)).values()));
        return documents(text);
    }
}
