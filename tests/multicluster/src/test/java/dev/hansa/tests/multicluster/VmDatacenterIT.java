package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A datacenter made of virtual machines alone, each in a namespace of its own, and the databases
/// on two of them, which a shop in another datacenter uses through the peering.
@Tag("namespaces")
class VmDatacenterIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    /// A word may have come just before the fault; a look follows within a second; the rest is what
    /// a machine that others share needs.
    private static final Duration MISSED = VmWorld.NODE_TTL.plusSeconds(4);

    /// Of a stream that has no end, as the server counts it.
    private static final Duration STREAM_MISSED = Duration.ofSeconds(25);

    @BeforeAll
    static void whatIsNeededIsThere() throws InterruptedException {
        for (var command :
                List.of(
                        List.of("ip", "netns", "add", "hvm-probe"),
                        List.of("ip", "netns", "del", "hvm-probe"),
                        List.of("redis-server", "--version"))) {
            try {
                SoakWorld.run(command.toArray(String[]::new));
            } catch (IOException e) {
                System.err.println(
                        "*** VmDatacenterIT SKIPPED, nothing was proved: expected root, namespaces, ip and redis-server; found "
                                + e.getMessage());
                abort(e.getMessage());
            }
        }
    }

    @Test
    void databaseOnAMachineServesTheShopOfAnotherDatacenterWhateverDies(@TempDir Path folder)
            throws Exception {
        try (var world = new VmWorld(folder)) {
            world.start();
            assertThat(world.asked("SET cart full")).isEqualTo("+OK");
            world.link("b", "down");
            becomes(MISSED, world, "log", "vm-a");
            // while the server waits for a word of the other machine's sidecar
            agentIsKilledAndNothingIsCut(world);
            becomes(STREAM_MISSED, world, "db", "vm-a");
            world.link("b", "up");
            becomes(SOON, world, "db", "vm-a", "vm-b");
            becomes(SOON, world, "log", "vm-a", "vm-b");
            databaseIsKilledAndTheOtherOneAnswers(world);
            lastDatabaseIsKilledAndTheCallerIsToldWhy(world);
        }
    }

    private static void becomes(Duration limit, VmWorld world, String service, String... machines) {
        await().atMost(limit).until(() -> world.passing(service).equals(List.of(machines)));
    }

    /// What stands without a sidecar is critical when its agent is silent; what has one goes on.
    private static void agentIsKilledAndNothingIsCut(VmWorld world) throws Exception {
        world.kill("agent-a");
        becomes(MISSED, world, "log");
        assertThat(world.passing("db")).contains("vm-a");
        assertThat(world.vmsSees("/v1/health/node/vm-a").toString())
                .contains("its owner has said nothing for 3000 ms");
        assertThat(world.asked("PING")).isEqualTo("+PONG");

        world.agent("a");
        becomes(SOON, world, "log", "vm-a");
        assertThat(world.agentLog("a")).contains("sidecar of 'db-a' runs already as process");
        assertThat(world.passing("db")).contains("vm-a");
    }

    private static void databaseIsKilledAndTheOtherOneAnswers(VmWorld world) throws Exception {
        world.kill("redis-a");
        becomes(MISSED, world, "db", "vm-b");
        becomes(MISSED, world, "log", "vm-b");
        await().atMost(SOON).until(() -> world.asked("PING").equals("+PONG"));

        world.database("a");
        becomes(SOON, world, "db", "vm-a", "vm-b");
    }

    private static void lastDatabaseIsKilledAndTheCallerIsToldWhy(VmWorld world) throws Exception {
        world.kill("redis-a");
        world.kill("redis-b");
        await().atMost(SOON)
                .until(() -> world.shopSees("/v1/health/service/db?peer=vms&passing").isEmpty());
        assertThat(world.asked("PING")).isNotEqualTo("+PONG");
        assertThat(world.lastRefusal()).contains("db").contains("critical");

        world.database("b");
        becomes(SOON, world, "db", "vm-b");
        await().atMost(SOON).until(() -> world.asked("PING").equals("+PONG"));
    }
}
