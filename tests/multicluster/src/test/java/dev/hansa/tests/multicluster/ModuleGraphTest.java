package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ModuleGraphTest {
    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
    private static final Pattern DEPENDENCY =
            Pattern.compile("<dependency>(.*?)</dependency>", Pattern.DOTALL);
    private static final Pattern OURS =
            Pattern.compile(
                    "<groupId>dev\\.hansa</groupId>\\s*<artifactId>hansa-([^<]+)</artifactId>");

    @Test
    void tableOfModulesIsWhatThePomsSay() throws IOException {
        assertThat(documented())
                .as("docs/ARCHITECTURE.md, the table under '## Modules', against the poms")
                .isEqualTo(built());
    }

    /// Compile dependencies on modules of ours, by module.
    private static Map<String, Set<String>> built() throws IOException {
        var graph = new TreeMap<String, Set<String>>();
        var modules = MODULE.matcher(Files.readString(Checkout.ROOT.resolve("pom.xml")));
        while (modules.find()) {
            var module = modules.group(1);
            var pom = Files.readString(Checkout.ROOT.resolve(module).resolve("pom.xml"));
            graph.put(
                    module,
                    DEPENDENCY
                            .matcher(pom)
                            .results()
                            .map(found -> found.group(1))
                            .filter(text -> !text.contains("<scope>test</scope>"))
                            .flatMap(text -> OURS.matcher(text).results())
                            .map(found -> found.group(1))
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
        return graph;
    }

    private static Map<String, Set<String>> documented() throws IOException {
        var graph = new TreeMap<String, Set<String>>();
        var page = Files.readString(Checkout.ROOT.resolve("docs/ARCHITECTURE.md"));
        var start = page.indexOf("\n## Modules\n");
        assertThat(start).as("the heading '## Modules'").isNotNegative();
        var end = page.indexOf("\n## ", start + 1);
        page.substring(start, end < 0 ? page.length() : end)
                .lines()
                .filter(line -> line.startsWith("| `"))
                .forEach(line -> {
                    var cells = line.split("\\|");
                    graph.put(
                            cells[1].replace("`", "").strip(),
                            Arrays.stream(cells[3].replace("`", "").split(","))
                                    .map(String::strip)
                                    .filter(name -> !name.equals("-"))
                                    .collect(Collectors.toCollection(TreeSet::new)));
                });
        return graph;
    }
}
