package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What of Consul's API docs/API.md calls not planned is not found, and who asks is told why.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NotPlannedTest {
    private static final Path LIST = Path.of("src/main/resources/openapi/not-planned.yaml");

    private ApiWorld world;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterAll
    void stop() throws Exception {
        world.close();
    }

    static Stream<Arguments> requests() throws Exception {
        var all = new ArrayList<Arguments>();
        for (var row : new YAMLMapper().readTree(LIST.toFile())) {
            assertThat(row.path("asked")).as(row.path("endpoints").toString()).isNotEmpty();
            var why = row.path("why").asText();
            var status = row.path("status").asInt(404);
            row.path("asked")
                    .forEach(request -> all.add(Arguments.of(request.asText(), status, why)));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("requests")
    void whoAsksForWhatIsNotPlannedIsToldWhy(String request, int status, String why)
            throws Exception {
        var words = request.split(" ", 2);

        var answer = world.send(words[0], words[1], words[0].equals("GET") ? "" : "{}");

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).isEqualTo("not planned: " + why);
    }

    /// As clients take a 404.
    @Test
    void keyIsNotJustNotThere() throws Exception {
        assertThat(world.get("/v1/kv/some/key").statusCode()).isEqualTo(501);
    }

    @Test
    void otherPathsAreJustNotFound() throws Exception {
        for (var path : List.of("/v1/kvx", "/v1/moon", "/v1")) {
            var answer = world.get(path);

            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.body()).as(path).isEqualTo("404 page not found");
        }
    }
}
