package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.TestingDoor.Mood;
import dev.hansa.gateway.route.RaceAllowance;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A peer with three instances behind its gateway, which a caller cannot tell apart. Real sockets
/// and TLS. The caller has another target too, which it should take when the peer has failed and
/// not before.
@Timeout(90)
class InstancesBehindAGatewayTest {
    private static final String WORD = "sixteen letters!";
    private static final int CALLS = 60;
    private static final int CALLERS = 4;
    private static final int CALLS_EACH = 150;

    @TempDir Path directory;
    private TestingMesh mesh;
    private EchoServer refuge;
    private List<TestingDoor> doors;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        mesh.connectTimeout = Duration.ofSeconds(10);
        refuge = mesh.closer.add(new EchoServer(mesh.localApplicationPort));
        doors = List.of(door(), door(), door());
        mesh.start();
        mesh.publishEastInstances(doors.stream().mapToInt(TestingDoor::port).toArray());
        mesh.publishWest(
                List.of(
                        mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain()),
                        mesh.localTarget()));
        await().pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    call();
                    return doors.stream().allMatch(door -> door.accepted() > 3);
                });
    }

    private TestingDoor door() throws IOException {
        return mesh.closer.add(new TestingDoor(mesh.eastBillingPort));
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSING", "FOREIGN", "SILENT"})
    void peerWithOneBadInstanceOfThreeIsNotLeft(Mood mood) throws Exception {
        doors.getFirst().mood(mood);
        var met = doors.getFirst().accepted();
        var before = elsewhere();
        for (var i = 0; i < CALLS; i++) {
            call();
        }

        assertThat(doors.getFirst().accepted() - met).as("calls that met it").isGreaterThan(10);
        // a machine that stalls for longer than a head start sends some
        assertThat(elsewhere() - before).as("calls that left the peer").isLessThan(CALLS / 4);
    }

    /// More than the allowance for second attempts is in stock for.
    @Test
    void frozenInstanceOfThreeCostsNobodyAConnectTimeoutHoweverManyCallsMeetIt() throws Exception {
        doors.getFirst().mood(Mood.SILENT);
        var met = doors.getFirst().accepted();
        var before = elsewhere();
        var longest = 0L;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var callers =
                    Stream.generate(() -> threads.submit(this::longestOfMany))
                            .limit(CALLERS)
                            .toList();
            for (var caller : callers) {
                longest = Math.max(longest, caller.get(60, TimeUnit.SECONDS));
            }
        }

        var took = Duration.ofNanos(longest);
        System.out.println(
                "longest call "
                        + took.toMillis()
                        + " ms, met "
                        + (doors.getFirst().accepted() - met)
                        + ", elsewhere "
                        + (elsewhere() - before));
        assertThat(doors.getFirst().accepted() - met)
                .as("calls that met it")
                .isGreaterThan(RaceAllowance.STOCK);
        assertThat(took).isLessThan(mesh.connectTimeout.dividedBy(2));
        assertThat(elsewhere() - before)
                .as("calls that left the peer")
                .isLessThan(CALLERS * CALLS_EACH / 2);
    }

    private long longestOfMany() throws IOException {
        var longest = 0L;
        for (var i = 0; i < CALLS_EACH; i++) {
            var began = System.nanoTime();
            call();
            longest = Math.max(longest, System.nanoTime() - began);
        }
        return longest;
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSING", "FOREIGN", "SILENT"})
    void peerWithNoGoodInstanceIsLeftAfterOneCallAndTakenAgainWhenItIsBack(Mood mood)
            throws Exception {
        doors.forEach(door -> door.mood(mood));
        var before = elsewhere();
        call();

        assertThat(suspect()).isTrue();
        for (var i = 0; i < 9; i++) {
            call();
        }
        assertThat(elsewhere() - before).isEqualTo(10);

        doors.forEach(door -> door.mood(Mood.OPEN));
        await().until(() -> {
            call();
            return !suspect();
        });
    }

    private long elsewhere() {
        return refuge.heard() / WORD.length();
    }

    private boolean suspect() throws Exception {
        return mesh.json(mesh.westAdmin, "/health")
                .at("/services/web/upstreams/billing/endpoints/0")
                .has("suspect");
    }

    private void call() throws IOException {
        assertThat(mesh.call(WORD)).isTrue();
    }
}
