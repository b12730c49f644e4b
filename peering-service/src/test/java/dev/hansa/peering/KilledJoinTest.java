package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.cluster.MemberIdentity;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.peering.store.MemberNotes;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A second server that is killed while it joins the first. From the moment when the log says that
/// there are two, neither leads without the other.
class KilledJoinTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path directory;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Clock clock = Clock.systemUTC();
    private final int http = FreePorts.one();
    private final int admin = FreePorts.one();
    private PeeringService first;

    /// What the second server's disk says when it is killed.
    enum Killed {
        /// What the token has bought, and nothing of a log.
        CERTIFIED,
        /// A log that nobody has told anything.
        OPENED,
        /// That there are two; the entries of the log are not in the database yet.
        ADDED,
        /// The same, and the whole state.
        APPLIED
    }

    @BeforeEach
    void startTheFirst() throws Exception {
        first = PeeringService.start(config("first", http, admin, List.of()), clock);
    }

    @AfterEach
    void stop() throws Exception {
        first.close();
        client.close();
    }

    private PeeringServiceConfig config(String name, int http, int admin, List<String> more)
            throws Exception {
        var settings =
                new HashMap<>(
                        Map.of(
                                "datacenter",
                                "eks",
                                "data-dir",
                                directory.resolve(name).toString(),
                                "http.address",
                                "127.0.0.1:" + http,
                                "proxy.address",
                                "127.0.0.1:" + FreePorts.one(),
                                "dns.address",
                                "none",
                                "peer.address",
                                "127.0.0.1:" + FreePorts.one(),
                                "raft.address",
                                "127.0.0.1:" + FreePorts.one(),
                                "admin.address",
                                "127.0.0.1:" + admin));
        if (!more.isEmpty()) {
            settings.put("join-token-file", more.getFirst());
        }
        return PeeringServiceConfig.read(Settings.of(settings, Map.of(), Optional.empty()));
    }

    private HttpResponse<String> send(int port, String method, String path, String body)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofSeconds(20))
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode must(int port, String method, String path, String body) throws Exception {
        var answer = send(port, method, path, body);
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private Path token() throws Exception {
        var token = must(http, "POST", "/v1/hansa/join-token", "{\"Server\":true}");
        return Files.writeString(
                directory.resolve("token"), token.path("JoinToken").asText() + "\n");
    }

    private MemberIdentity identity(PeeringServiceConfig config) {
        return new MemberIdentity(
                config.datacenter(),
                () -> {
                    throw new AssertionError("a server that joins makes no authority");
                },
                clock);
    }

    /// The first steps of a life that ends before it has joined; what it leaves on its disk is
    /// there.
    private void join(PeeringServiceConfig config, Killed killed) throws Exception {
        var member = identity(config);
        var join = new ServerJoin(config, clock, _ -> {});
        var ticket = join.ticket(member);
        if (killed == Killed.CERTIFIED) {
            return;
        }
        var data = config.dataDir();
        var joining = MemberNotes.joining(data).orElseThrow();
        var bought = MemberNotes.bought(data).orElseThrow();
        try (var store =
                RaftStore.open(
                        data, config.sealKey(), ticket.membership(), member::tls, _ -> {}, clock)) {
            if (killed != Killed.OPENED) {
                join.complete(ticket, store);
            }
        }
        // the last thing that it did is not done
        MemberNotes.joining(data, joining);
        MemberNotes.bought(data, bought);
        if (killed == Killed.ADDED) {
            try (var files = Files.newDirectoryStream(data, "hansa.db*")) {
                for (var file : files) {
                    Files.delete(file);
                }
            }
        }
    }

    private boolean firstLeads() throws Exception {
        return must(admin, "GET", "/health", "").path("leads").asBoolean();
    }

    private void comesBack(PeeringServiceConfig config, int http) throws Exception {
        try (var _ = PeeringService.start(config, clock)) {
            for (var asked : List.of(this.http, http)) {
                await().atMost(SOON)
                        .until(() ->
                                send(
                                                        asked,
                                                        "PUT",
                                                        "/v1/config",
                                                        "{\"Kind\":\"service-resolver\",\"Name\":\"s"
                                                                + asked
                                                                + "\"}")
                                                .statusCode()
                                        == 200);
            }
            assertThat(must(http, "GET", "/v1/operator/raft/configuration", "").path("Servers"))
                    .hasSize(2);
            assertThat(MemberNotes.joining(config.dataDir())).isEmpty();
            assertThat(MemberNotes.bought(config.dataDir())).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Killed.class)
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void secondServerThatIsKilledOnItsWayComesBackAndBothGoOn(Killed killed) throws Exception {
        var http = FreePorts.one();
        var config = config("second", http, FreePorts.one(), List.of(token().toString()));
        join(config, killed);
        if (killed == Killed.ADDED || killed == Killed.APPLIED) {
            // one of two, so that nobody is there to ask
            await().atMost(SOON).until(() -> !firstLeads());
        }

        comesBack(config, http);
    }

    /// What it has bought it has; the token may have been thrown away once it was used.
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void serverThatHasTheStateNeedsItsTokenNoMore() throws Exception {
        var http = FreePorts.one();
        var token = token();
        var config = config("second", http, FreePorts.one(), List.of(token.toString()));
        join(config, Killed.APPLIED);
        Files.delete(token);

        comesBack(config, http);
    }

    @Test
    void keysOfAJoinAreItsOwnersAlone() throws Exception {
        var config =
                config("second", FreePorts.one(), FreePorts.one(), List.of(token().toString()));

        join(config, Killed.CERTIFIED);

        for (var note : List.of("joining", "joining.bought")) {
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(
                                            config.dataDir().resolve("raft").resolve(note))))
                    .as(note)
                    .isEqualTo("rw-------");
        }
    }
}
