package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.StoreCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What checks are called that do not say it themselves.
class CheckIdTest {
    private static final String REGISTER = "/v1/agent/service/register";

    @TempDir private Path directory;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(directory);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private void put(String path, String body) throws Exception {
        var answer = world.put(path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private JsonNode checks(String service) throws Exception {
        return new ObjectMapper().readTree(world.get("/v1/health/checks/" + service).body());
    }

    private List<String> ids(String service) throws Exception {
        return StreamSupport.stream(checks(service).spliterator(), false)
                .map(check -> check.path("CheckID").asText())
                .toList();
    }

    @Test
    void onlyOneIsCalledByItsServiceAndSeveralAreCounted() throws Exception {
        put(REGISTER, "{\"Name\":\"one\",\"Check\":{\"TTL\":\"1h\"}}");
        put(REGISTER, "{\"Name\":\"alone\",\"Checks\":[{\"TTL\":\"1h\"}]}");
        put(REGISTER, "{\"Name\":\"none\",\"Check\":{\"TTL\":\"\",\"Args\":null}}");
        put(
                REGISTER,
                "{\"Name\":\"web\",\"Check\":{\"TTL\":\"1h\"},\"Checks\":[{\"CheckID\":\"own\",\"TTL\":\"1h\"},{\"TTL\":\"1h\"}]}");
        put(REGISTER, "{\"Name\":\"db\",\"Checks\":[{\"TTL\":\"1h\"},{\"TTL\":\"1h\"}]}");

        assertThat(ids("one")).containsExactly("service:one");
        assertThat(ids("alone")).containsExactly("service:alone");
        assertThat(ids("none")).isEmpty();
        assertThat(ids("web")).containsExactly("service:web:1", "own", "service:web:3");
        assertThat(ids("db")).containsExactly("service:db:1", "service:db:2");
    }

    /// As an older version has kept it, with a result that the next one is not to forget.
    private void formerly(String service, String... ids) throws Exception {
        var held =
                Objects.requireNonNull(
                                world.store
                                        .now()
                                        .registrations()
                                        .get(RegistrationRecord.key("eks-server", service)))
                        .instance();
        var checks = held.checks();
        var former =
                IntStream.range(0, ids.length)
                        .mapToObj(i -> {
                            var check = checks.get(i);
                            return new HealthCheck(
                                    ids[i],
                                    check.name(),
                                    CheckStatus.PASSING,
                                    "well",
                                    check.type(),
                                    check.definition());
                        })
                        .toList();
        world.store.apply(new StoreCommand.PutRegistration(held.withChecks(former, 0)));
    }

    @Test
    void whoRegistersAgainAfterAnUpgradeKeepsNoCheckOfTheFormerName() throws Exception {
        var defined = "{\"Name\":\"web\",\"Checks\":[{\"TTL\":\"1h\"},{\"TTL\":\"1h\"}]}";
        put(REGISTER, defined);
        formerly("web", "service:web", "service:web:2");
        assertThat(ids("web")).containsExactly("service:web", "service:web:2");

        put(REGISTER, defined);

        assertThat(ids("web")).containsExactly("service:web:1", "service:web:2");
        assertThat(checks("web"))
                .allSatisfy(
                        check -> assertThat(check.path("Status").asText()).isEqualTo("passing"));
        put("/v1/agent/check/warn/service:web:1", "");
        assertThat(checks("web").get(0).path("Status").asText()).isEqualTo("warning");
    }

    @Test
    void catalogsCheckIsCalledByItsName() throws Exception {
        var service = "{\"Node\":\"n1\",\"Address\":\"h\",\"Service\":{\"Service\":\"db\"},";
        put(
                "/v1/catalog/register",
                service + "\"Check\":{\"Name\":\"is it up\",\"Status\":\"passing\"}}");

        assertThat(ids("db")).containsExactly("is it up");

        put(
                "/v1/catalog/register",
                service + "\"Check\":{\"CheckID\":\"service:db\",\"Name\":\"disk\"}}");
        assertThat(ids("db")).containsExactly("is it up", "service:db");
        // formerly without an id of its own
        put("/v1/catalog/register", service + "\"Check\":{\"Name\":\"disk\"}}");
        assertThat(ids("db")).containsExactly("is it up", "disk");
        put("/v1/catalog/deregister", "{\"Node\":\"n1\",\"CheckID\":\"is it up\"}");
        assertThat(ids("db")).containsExactly("disk");
    }

    @Test
    void idMayBeAnyWordsThatArePrinted() throws Exception {
        put(REGISTER, "{\"Name\":\"web\"}");
        for (var name : List.of("Memory utilization", "GET /health", "größe")) {
            put(
                    "/v1/agent/check/register",
                    "{\"Name\":\"" + name + "\",\"ServiceID\":\"web\",\"TTL\":\"1h\"}");
        }
        assertThat(ids("web")).containsExactly("Memory utilization", "GET /health", "größe");
        put("/v1/agent/check/pass/Memory%20utilization", "");
        put("/v1/agent/check/deregister/Memory%20utilization", "");
        put("/v1/agent/check/deregister/GET%20%2Fhealth", "");
        assertThat(ids("web")).containsExactly("größe");

        for (var id : List.of(" ", " a", "a ", "a\\tb", "a\\u0000", "x".repeat(254))) {
            var refused =
                    world.put(
                            "/v1/agent/check/register",
                            "{\"Name\":\"n\",\"CheckID\":\"" + id + "\",\"TTL\":\"1h\"}");
            assertThat(refused.statusCode()).as(id).isEqualTo(400);
            assertThat(refused.body())
                    .startsWith("CheckID: expected 1 to 253 characters that are printed");
        }
    }
}
