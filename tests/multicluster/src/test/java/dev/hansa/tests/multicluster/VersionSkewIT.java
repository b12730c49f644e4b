package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The release before and this tree run together: servers of one datacenter, proxies and their
/// servers, datacenters that are peers; on the way up and back.
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VersionSkewIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final List<Integer> SERVERS = List.of(0, 1, 2);

    private final boolean[] isCurrent = new boolean[SERVERS.size()];
    private final List<String> acknowledged = new ArrayList<>();
    private final Path builds;
    private @Nullable OtherBuild found;

    VersionSkewIT(@TempDir Path builds) {
        this.builds = builds;
    }

    /// Each test asks for itself, so that each is told as left out where there is none.
    private OtherBuild other() throws IOException, InterruptedException {
        if (found == null) {
            found = OtherBuild.find(builds.resolve("other"));
        }
        return found;
    }

    @AfterAll
    void forget() throws IOException, InterruptedException {
        if (found != null) {
            found.close();
        }
    }

    /// The other build is made once for all tests; what one has written is not in the next one's.
    @BeforeEach
    void beginAnew() {
        acknowledged.clear();
    }

    private void write(ServerGroup eks, int asked) {
        var name = "s" + acknowledged.size();
        await().atMost(SOON).until(() -> eks.putResolver(asked, name) == 200);
        acknowledged.add(name);
    }

    /// Starts one anew, of a build.
    private void replace(ServerGroup eks, int server, boolean byCurrent) throws Exception {
        eks.kill(server);
        isCurrent[server] = byCurrent;
        eks.start(server);
    }

    /// One server after another, as an upgrade goes.
    private void replaceEach(ServerGroup eks, boolean byCurrent) throws Exception {
        for (var server : SERVERS) {
            replace(eks, server, byCurrent);
            eks.awaitAnswer(server);
            other().isProcessOf(eks.pid(server), byCurrent);
            for (var asked : SERVERS) {
                write(eks, asked);
            }
            showAll(eks, SERVERS);
        }
    }

    private void showAll(ServerGroup eks, List<Integer> servers) throws Exception {
        for (var asked : servers) {
            var entries = eks.send(asked, "GET", "/v1/config/service-resolver", "").body();
            assertThat(acknowledged)
                    .allSatisfy(name -> assertThat(entries).contains("\"" + name + "\""));
        }
    }

    /// Where the schema is another one there is no way back, and nothing is lost by trying.
    private void refuseTheWayBack(ServerGroup eks) throws Exception {
        replace(eks, 0, false);
        await().atMost(SOON).until(() -> !eks.isRunning(0));
        assertThat(eks.log(0)).content().contains("written by a newer one");
        replace(eks, 0, true);
        eks.awaitAnswer(0);
        showAll(eks, SERVERS);
    }

    @Test
    void serversOfTheReleaseBeforeAndOfThisTreeAreOneDatacenter(@TempDir Path folder)
            throws Exception {
        var other = other();
        try (var eks =
                new ServerGroup(
                        "eks",
                        "127.145.0",
                        folder,
                        SERVERS.size(),
                        List.of(),
                        server -> isCurrent[server] ? List.of() : other.words())) {
            eks.start();
            replaceEach(eks, true);
            if (other.hasTheSchemaOfThisBuild()) {
                replaceEach(eks, false);
            } else {
                refuseTheWayBack(eks);
            }
        }
    }

    /// What stands in the log means the same to both, or the older one stops before it: a database
    /// that was put back from a copy replays what the newer one has written since.
    @Test
    void olderBuildWithAnOlderDatabaseTakesNoRecordOfTheNewerForAnother(@TempDir Path folder)
            throws Exception {
        var other = other();
        isCurrent[0] = true;
        try (var eks =
                new ServerGroup(
                        "eks",
                        "127.150.0",
                        folder,
                        1,
                        List.of(),
                        server -> isCurrent[server] ? List.of() : other.words())) {
            eks.start();
            write(eks, 0);
            eks.kill(0);
            var copy = Files.createDirectory(folder.resolve("copy"));
            moveDatabase(eks.data(0), copy);
            try (var files = Files.list(copy)) {
                for (var file : files.toList()) {
                    Files.copy(file, eks.data(0).resolve(file.getFileName()));
                }
            }
            eks.start(0);
            eks.awaitAnswer(0);
            // the classes of form 2 begin, and have records
            while (records(eks, "?what=audit.apart").isEmpty()) {
                assertThat(acknowledged).hasSizeLessThan(10_000);
                write(eks, 0);
            }
            write(eks, 0);
            var newest = records(eks, "?limit=1").path(0);
            assertThat(newest.path("Class").asText()).isEqualTo("service");

            eks.kill(0);
            moveDatabase(eks.data(0), Files.createDirectory(folder.resolve("newer")));
            moveDatabase(copy, eks.data(0));
            isCurrent[0] = false;
            eks.start(0);
            await().atMost(SOON).until(() -> hasStopped(eks) || hasRead(eks, newest));
            eks.kill(0);

            isCurrent[0] = true;
            eks.start(0);
            eks.awaitAnswer(0);
            await().atMost(SOON).until(() -> hasRead(eks, newest));
            showAll(eks, List.of(0));
        }
    }

    /// With what SQLite has beside it.
    private static void moveDatabase(Path from, Path to) throws IOException {
        try (var files = Files.newDirectoryStream(from, "hansa.db*")) {
            for (var file : files) {
                Files.move(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static JsonNode records(ServerGroup eks, String query) throws Exception {
        return eks.must(0, "GET", "/v1/hansa/audit" + query, "").path("Records");
    }

    private static boolean hasStopped(ServerGroup eks) throws IOException {
        var said = Files.readString(eks.log(0));
        return said.contains("which a newer version may have written")
                || said.contains("written by a newer one");
    }

    /// The record of that number, which has to be that one.
    private static boolean hasRead(ServerGroup eks, JsonNode record) throws Exception {
        try {
            var found = records(eks, "?limit=1&before=" + (record.path("Number").asLong() + 1));
            if (found.path(0).path("Number").equals(record.path("Number"))) {
                assertThat(found.path(0).path("Hash")).isEqualTo(record.path("Hash"));
                return true;
            }
            return false;
        } catch (IOException _) {
            return false; // not listening yet, or no more
        }
    }

    @ParameterizedTest(name = "the dialer begins as this tree: {0}")
    @ValueSource(booleans = {false, true})
    void proxiesServersAndPeersOfEitherCarryCallsWithTheOther(
            boolean dialerIsCurrent, @TempDir Path folder) throws Exception {
        try (var pair = new SkewedPair(folder, other(), dialerIsCurrent)) {
            pair.start();
            pair.changeGateways();
            pair.changeSidecars();
            pair.changeServers();
        }
    }
}
