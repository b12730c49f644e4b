package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is registered in the catalog and taken out again, as Consul takes it.
class CatalogWritesTest {
    @TempDir Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private JsonNode read(String path) throws Exception {
        var answer = world.get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    private void write(String path, String body) throws Exception {
        assertThat(world.put(path, body).body()).isEqualTo("true");
    }

    /// The service named decides: the check goes with it, and another's of that id does not.
    @Test
    void serviceThatIsDeregisteredTogetherWithACheckGoesWhole() throws Exception {
        for (var id : List.of("db-1", "db-2")) {
            write(
                    "/v1/catalog/register",
                    """
                    {"Node": "n1", "Address": "10.0.0.1", "Service": {"ID": "%s", "Service": "db"},
                     "Check": {"CheckID": "c", "Status": "passing"}}
                    """
                            .formatted(id));
        }

        write(
                "/v1/catalog/deregister",
                "{\"Node\":\"n1\",\"ServiceID\":\"db-1\",\"CheckID\":\"c\"}");

        var left = read("/v1/health/service/db");
        assertThat(left).hasSize(1);
        assertThat(left.get(0).path("Service").path("ID").asText()).isEqualTo("db-2");
        assertThat(read("/v1/health/checks/db")).hasSize(1);

        // a check alone, of whatever has it
        write("/v1/catalog/deregister", "{\"Node\":\"n1\",\"CheckID\":\"c\"}");
        assertThat(read("/v1/health/service/db")).hasSize(1);
        assertThat(read("/v1/health/checks/db")).isEmpty();
    }
}
