package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
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
            showAll(eks);
        }
    }

    private void showAll(ServerGroup eks) throws Exception {
        for (var asked : SERVERS) {
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
        showAll(eks);
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
