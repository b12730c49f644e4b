package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Maven takes a name that no test has for no test, and succeeds: what runs of suites name is
/// there, and what the build leaves out by its tag is named by a run.
class RunsOfSuitesTest {
    private static final Pattern NAMED = Pattern.compile("-Dit\\.test='?([A-Za-z*,]+)");
    private static final Pattern TAG = Pattern.compile("@Tag\\(\"([a-z]+)\"\\)");

    /// Which runs ask for the tests with a tag.
    private static final Map<String, List<String>> RUNS =
            Map.of(
                    "long", List.of("tests/long"),
                    "namespaces", List.of(".ci/run", "tests/long"),
                    "soak", List.of("tests/multicluster/soak"));

    private static Set<String> namedBy(String run) throws IOException {
        var named =
                NAMED.matcher(Files.readString(Checkout.ROOT.resolve(run)))
                        .results()
                        .flatMap(found -> Stream.of(found.group(1).split(",")))
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(named).as(run).isNotEmpty();
        return named;
    }

    /// The text of each class of tests, by its name.
    private static Map<String, String> classes(String module) throws IOException {
        var classes = new TreeMap<String, String>();
        try (var files = Files.walk(Checkout.ROOT.resolve(module).resolve("src/test/java"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                classes.put(
                        file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        return classes;
    }

    @Test
    void eachTestThatARunNamesExists() throws IOException {
        var there = new TreeSet<>(classes("tests/multicluster").keySet());
        there.addAll(classes("kubernetes").keySet());
        for (var run : RUNS.values().stream().flatMap(List::stream).distinct().toList()) {
            for (var name : namedBy(run)) {
                assertThat(there)
                        .as(run + ": " + name)
                        .anyMatch(Pattern.compile(name.replace("*", ".*")).asMatchPredicate());
            }
        }
    }

    @Test
    void eachTestThatTheBuildLeavesOutIsNamedByARunOfItsTag() throws IOException {
        var tagged = 0;
        for (var suite : classes("tests/multicluster").entrySet()) {
            for (var found : TAG.matcher(suite.getValue()).results().toList()) {
                var named = new TreeSet<String>();
                for (var run : RUNS.getOrDefault(found.group(1), List.of())) {
                    named.addAll(namedBy(run));
                }
                assertThat(named).as("tag '" + found.group(1) + "'").contains(suite.getKey());
                tagged++;
            }
        }
        assertThat(tagged).isGreaterThan(10);
    }
}
