package dev.hansa.cli.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.cli.TestingAuthority;
import dev.hansa.cli.TestingServer;
import dev.hansa.kubernetes.api.ApiAccess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerApiTest {
    private static final String BEAT = "PUT /v1/hansa/agent/heartbeat";
    private static final String HELD =
            "{\"Known\":true,\"Services\":{\"db\":{\"Digest\":\"d\",\"Checks\":{\"c\":\"passing\"}}}}";

    @TempDir private Path folder;

    private static ApiAccess access(String url, Optional<Path> ca, Optional<Path> token) {
        return new ApiAccess(ApiAccess.parse(url), ca, token);
    }

    private static ServerException failure(ServerApi api) {
        return catchThrowableOfType(
                ServerException.class, () -> api.beat(new ObjectMapper().createObjectNode()));
    }

    @Test
    void serverIsBelievedByTheCaFileAloneAndShownTheTokenOfTheFile() throws Exception {
        var authority = new TestingAuthority();
        var token = Optional.of(Files.writeString(folder.resolve("token"), "a-secret\n"));
        var ca = Optional.of(authority.pem(folder));
        try (var server = TestingServer.tls(authority.server("127.0.0.1")).on(BEAT, 200, HELD);
                var stranger = TestingServer.tls(new TestingAuthority().server("127.0.0.1"));
                var api = new ServerApi(List.of(access("https://" + server.address(), ca, token)));
                var other =
                        new ServerApi(
                                List.of(access("https://" + stranger.address(), ca, token)))) {
            assertThat(api.beat(new ObjectMapper().createObjectNode()))
                    .isEqualTo(Map.of("db", new ServerApi.Held("d", Map.of("c", "passing"))));
            assertThat(server.tokens()).containsExactly("a-secret");

            var failure = failure(other);
            assertThat(failure.isRefused()).isFalse();
            assertThat(failure.sentence()).doesNotContain("a-secret");
            assertThat(stranger.asked()).isEmpty();
        }
    }

    @Test
    void nextServerIsAskedWhereOneIsAwayAndNotWhereOneHasRefused() throws Exception {
        try (var gone = new TestingServer();
                var well = new TestingServer().on(BEAT, 200, HELD);
                var refusing = new TestingServer().on(BEAT, 403, "Permission denied: no")) {
            gone.close();
            try (var api =
                    new ServerApi(
                            List.of(
                                    access(gone.address(), Optional.empty(), Optional.empty()),
                                    access(well.address(), Optional.empty(), Optional.empty())))) {
                assertThat(api.beat(new ObjectMapper().createObjectNode())).hasSize(1);
            }
            try (var api =
                    new ServerApi(
                            List.of(
                                    access(refusing.address(), Optional.empty(), Optional.empty()),
                                    access(well.address(), Optional.empty(), Optional.empty())))) {
                var failure = failure(api);
                assertThat(failure.isRefused()).isTrue();
                assertThat(failure.sentence()).endsWith("HTTP 403: Permission denied: no");
                assertThat(well.asked()).hasSize(1);
            }
        }
    }

    @Test
    void serverThatKnowsNoHeartbeatIsPassedOver() throws Exception {
        try (var earlier = new TestingServer().on(BEAT, 404, "not found");
                var well = new TestingServer().on(BEAT, 200, HELD);
                var api =
                        new ServerApi(
                                List.of(
                                        access(
                                                earlier.address(),
                                                Optional.empty(),
                                                Optional.empty()),
                                        access(
                                                well.address(),
                                                Optional.empty(),
                                                Optional.empty())))) {
            assertThat(api.beat(new ObjectMapper().createObjectNode())).hasSize(1);
        }
    }

    @Test
    void tokenFileThatIsNotThereIsNamedAndNobodyIsAsked() throws Exception {
        try (var server = new TestingServer();
                var api =
                        new ServerApi(
                                List.of(
                                        access(
                                                server.address(),
                                                Optional.empty(),
                                                Optional.of(folder.resolve("none")))))) {
            assertThat(failure(api).sentence()).startsWith("token file '" + folder);
            assertThat(server.asked()).isEmpty();
        }
    }
}
