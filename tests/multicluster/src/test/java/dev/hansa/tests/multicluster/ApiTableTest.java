package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// docs/API.md has what the document of the API and the tests say; `-Dgolden.update=true` writes
/// it. The document has an operation for each route that the server has, and each has a test.
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

    private static final Set<String> STATES = Set.of("supported", "differs", "hansa's own");

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
    void tableIsWhatDocumentAndTestsSay() throws IOException {
        var text = new ApiTable(DocumentParts.read(), ShowingTests.read()).text();
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(ApiTable.FILE, text);
        }

        assertThat(Files.readString(ApiTable.FILE))
                .as("docs/API.md; -Dgolden.update=true writes it anew")
                .isEqualTo(text);
    }

    @Test
    void documentHasEachRouteAndNoOther() throws IOException {
        assertThat(DocumentParts.read().operations().keySet())
                .containsExactlyInAnyOrderElementsOf(routes());
    }

    @Test
    void eachRouteIsShownByATestAndEachTestShowsARoute() throws IOException {
        assertThat(ShowingTests.read().keySet()).containsExactlyInAnyOrderElementsOf(routes());
    }

    @Test
    void eachOperationSaysHowItComparesWithConsul() throws IOException {
        assertThat(DocumentParts.read().operations())
                .allSatisfy((route, operation) -> {
                    assertThat(operation.path("x-consul").asText()).as(route).isIn(STATES);
                    assertThat(operation.path("x-difference").asText())
                            .as(route)
                            .doesNotContain("|", "\n");
                    if (operation.path("x-consul").asText().equals("differs")) {
                        assertThat(operation.path("x-difference").asText()).as(route).isNotBlank();
                    }
                });
    }

    @Test
    void textsOfStatus500AreListed() throws IOException {
        assertThat(DocumentParts.read().refusals()).hasSizeGreaterThan(20);
    }
}
