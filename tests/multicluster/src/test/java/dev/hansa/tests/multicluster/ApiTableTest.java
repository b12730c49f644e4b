package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// docs/API.md has a row for each route that the server has, no other, and a test for each row.
class ApiTableTest {
    private static final Path API =
            Checkout.ROOT.resolve("peering-service/src/main/java/dev/hansa/peering/api");

    /// As Routes registers them.
    private static final Pattern ROUTE =
            Pattern.compile("\\bon\\(\\s*\"([A-Z]+)\",\\s*\"(/v1/[^\"]*)\"");

    /// Those that go from socket to disk, or stay open, beside the other routes.
    private static final List<String> STREAMS =
            List.of(
                    "GET /v1/agent/monitor",
                    "GET /v1/hansa/events",
                    "GET /v1/snapshot",
                    "PUT /v1/snapshot");

    private static final Pattern ROW =
            Pattern.compile(
                    "(?m)^\\| `([A-Z]+ /v1/[^`]*)` \\| (supported|differs|hansa's own) \\| ([^|]*?) ?\\| ([^|]*) \\|$");

    private static final Pattern REFUSAL =
            Pattern.compile("(?m)^\\| `([^`]+)` \\| (everywhere|`[A-Z]+ /v1/.*`) \\|$");

    private static final Pattern NAMED = Pattern.compile("`([A-Za-z]+)(?:\\.([A-Za-z]+))?`");

    private static String table() throws IOException {
        return Files.readString(Checkout.ROOT.resolve("docs/API.md"));
    }

    private static List<MatchResult> rows() throws IOException {
        return ROW.matcher(table()).results().toList();
    }

    private static List<String> routes() throws IOException {
        var registered =
                ROUTE.matcher(Files.readString(API.resolve("Routes.java")))
                        .results()
                        .map(found -> found.group(1) + " " + found.group(2));
        var routes = Stream.concat(registered, STREAMS.stream()).toList();
        assertThat(routes).hasSizeGreaterThan(60);
        return routes;
    }

    @Test
    void eachRouteHasOneRowAndEachRowARoute() throws IOException {
        assertThat(rows().stream().map(row -> row.group(1)))
                .containsExactlyInAnyOrderElementsOf(routes());
    }

    @Test
    void documentHasEachRouteAndNoOther() throws IOException {
        assertThat(DocumentParts.read().operations().keySet())
                .containsExactlyInAnyOrderElementsOf(routes());
    }

    @Test
    void textsOfStatus500AreThoseOfTheDocument() throws IOException {
        var listed = new TreeSet<String>();
        for (var row : REFUSAL.matcher(table()).results().toList()) {
            for (var place : row.group(2).split(", ")) {
                listed.add(place.replace("`", "") + ": " + row.group(1));
            }
        }

        assertThat(listed).hasSizeGreaterThan(20).isEqualTo(DocumentParts.read().refusals());
    }

    @Test
    void rowThatDiffersSaysHow() throws IOException {
        assertThat(rows())
                .filteredOn(row -> row.group(2).equals("differs"))
                .isNotEmpty()
                .allSatisfy(row -> assertThat(row.group(3)).as(row.group(1)).isNotBlank());
    }

    @Test
    void eachRowNamesATestThatExists() throws IOException {
        var go = text(Checkout.ROOT.resolve("tests/go-client"), "_test.go");
        var java =
                text(Checkout.ROOT.resolve("peering-service/src/test"), ".java")
                        + text(Checkout.ROOT.resolve("tests/multicluster/src/test"), ".java");

        assertThat(rows())
                .allSatisfy(row -> {
                    var named = NAMED.matcher(row.group(4)).results().toList();
                    assertThat(named).as(row.group(1)).isNotEmpty();
                    for (var one : named) {
                        if (one.group(1).startsWith("Test")) {
                            assertThat(go).contains("func " + one.group(1) + "(t *testing.T)");
                        } else {
                            assertThat(java).contains("class " + one.group(1) + " ");
                        }
                        if (one.group(2) != null) {
                            assertThat(java).contains("void " + one.group(2) + "(");
                        }
                    }
                });
    }

    private static String text(Path folder, String ending) throws IOException {
        try (var files = Files.walk(folder)) {
            return String.join(
                    "\n",
                    files.filter(file -> file.toString().endsWith(ending))
                            .map(ApiTableTest::read)
                            .toList());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read '" + file + "'", e);
        }
    }
}
