package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The tables of the documents name tests; each of them exists.
class DocumentedTestsTest {
    private static final Path ROOT = Checkout.ROOT;
    private static final Pattern CLASS =
            Pattern.compile("`([A-Z][A-Za-z]*(?:Test|IT|Contract))[.`]");
    private static final Pattern METHOD =
            Pattern.compile("`([A-Z][A-Za-z]*(?:Test|IT|Contract))\\.([a-z][A-Za-z]*)`");

    @TestFactory
    Stream<DynamicTest> eachTestThatADocumentNamesExists() throws IOException {
        var sources = sources();
        var tests = new ArrayList<DynamicTest>();
        for (var document : List.of("docs/OPERATIONS.md", "docs/PROTOCOL.md", "docs/SECURITY.md")) {
            var named =
                    METHOD.matcher(Files.readString(ROOT.resolve(document)))
                            .results()
                            .map(found -> Map.entry(found.group(1), found.group(2)))
                            .distinct()
                            .toList();
            assertThat(named).as(document).isNotEmpty();
            for (var one : named) {
                tests.add(
                        DynamicTest.dynamicTest(
                                document + ": " + one.getKey() + "." + one.getValue(),
                                () ->
                                        assertThat(sources.getOrDefault(one.getKey(), ""))
                                                .contains("void " + one.getValue() + "(")));
            }
        }
        return tests.stream();
    }

    /// A row that no test holds is a hope.
    @TestFactory
    Stream<DynamicTest> eachRowOfWhenXDiesNamesATest() throws IOException {
        var sources = sources();
        var text = Files.readString(ROOT.resolve("docs/OPERATIONS.md"));
        var rows =
                text.substring(text.indexOf("\n## When X dies\n"))
                        .lines()
                        .filter(line -> line.startsWith("| "))
                        .skip(1) // the heading
                        .toList();
        assertThat(rows).hasSizeGreaterThan(15);
        return rows.stream()
                .map(row ->
                        DynamicTest.dynamicTest(
                                row.substring(2, row.indexOf('|', 2)),
                                () ->
                                        assertThat(
                                                        CLASS.matcher(row)
                                                                .results()
                                                                .map(found -> found.group(1))
                                                                .toList())
                                                .as(row)
                                                .isNotEmpty()
                                                .allMatch(sources::containsKey)));
    }

    /// The text of each test class, by its name.
    private static Map<String, String> sources() throws IOException {
        try (var files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> file.toString().contains("/src/test/"))
                    .collect(
                            Collectors.toMap(
                                    file -> file.getFileName().toString().replace(".java", ""),
                                    DocumentedTestsTest::text,
                                    String::concat));
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read '" + file + "'", e);
        }
    }
}
