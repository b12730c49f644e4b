package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.TestingDoor.Mood;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
