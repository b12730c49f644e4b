package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.failover.Target;
import dev.hansa.gateway.TestingDoor.Mood;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Connections to an endpoint that is dead end; those to one that only shuts its door do not.
@Timeout(90)
class StandingDeathTest {
    /// Half a second by design, on a machine that starves nobody.
    private static final Duration RESET = Duration.ofSeconds(5);

    @TempDir Path directory;
    private TestingMesh mesh;
    private TestingDoor door;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        mesh.closer.add(new EchoServer(mesh.localApplicationPort));
        door = mesh.closer.add(TestingDoor.mortal(mesh.localBillingPort));
        mesh.start();
        publish(mesh.localTarget(door.port()), peer());
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @Test
    void callerThatWaitsIsResetWhenNewConnectsGetNoAnswer() throws Exception {
        try (var waiting = standing();
                var idle = standing()) {
            door.die();
            waiting.getOutputStream().write(2);
            var began = System.nanoTime();
            // one attempt gets no answer, and the call is served elsewhere
            assertThat(mesh.call("elsewhere")).isTrue();

            assertReset(waiting);
            var after = Duration.ofNanos(System.nanoTime() - began);
            System.out.println(
                    "reset "
                            + after.toMillis()
                            + " ms after the first connection that nobody answered");
            assertThat(after).isLessThan(RESET);

            idle.getOutputStream().write(2);
            assertReset(idle);
        }
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.westAdmin, "/connections"))
                        .contains("endpoint_dead")
                        .contains("billing at 127.0.0.1:" + door.port() + " is dead: 3 connects"));
    }

    @Test
    void callerThatWaitsIsResetWhenASnapshotDropsAnEndpointThatIsDead() throws Exception {
        try (var waiting = standing()) {
            door.die();
            waiting.getOutputStream().write(2);
            mesh.publishWest(List.of(peer()));

            assertReset(waiting);
        }
    }

    @Test
    void callerThatWaitsForAFrozenProcessIsResetWhenTheServerDropsItToo() throws Exception {
        var frozen = new CountDownLatch(1);
        try (var waiting = standing();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // its kernel accepts, and nothing that it should say is said
            door.hold(frozen);
            door.mood(Mood.SILENT);
            waiting.getOutputStream().write(2);
            var reset = threads.submit(() -> assertReset(waiting));
            assertThat(mesh.call("elsewhere")).isTrue();
            // no silence alone is enough
            await().during(Duration.ofSeconds(1)).until(() -> !reset.isDone());

            publish(peer());

            reset.get(30, TimeUnit.SECONDS);
        } finally {
            frozen.countDown();
        }
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.westAdmin, "/connections"))
                        .contains("endpoint_dead")
                        .contains(
                                "billing at 127.0.0.1:" + door.port() + " is dead: 3 handshakes"));
    }

    @Test
    void callerOfAnEndpointThatTheServerDropsAndThatRefusesHandshakesIsNotCut() throws Exception {
        var gate = new CountDownLatch(1);
        try (var waiting = standing();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            door.hold(gate);
            door.mood(Mood.CLOSING);
            waiting.getOutputStream().write(7);
            var met = door.accepted();
            publish(peer());
            var answer = threads.submit(() -> waiting.getInputStream().read());

            // a connect and a handshake
            await().until(() -> door.accepted() >= met + 2);
            await().during(Duration.ofSeconds(1)).until(() -> !answer.isDone());
            gate.countDown();
            assertThat(answer.get()).isEqualTo(7);
        }
    }

    @Test
    void callerOfAnEndpointThatHasShutItsDoorIsNotCut() throws Exception {
        var gate = new CountDownLatch(1);
        try (var waiting = standing();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            door.hold(gate);
            door.shut();
            waiting.getOutputStream().write(7);
            assertThat(mesh.call("elsewhere")).isTrue();
            publish(peer());
            var answer = threads.submit(() -> waiting.getInputStream().read());

            await().during(Duration.ofSeconds(1)).until(() -> !answer.isDone());
            gate.countDown();
            assertThat(answer.get()).isEqualTo(7);
        }
    }

    private Target peer() {
        return mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain());
    }

    private void publish(Target... targets) {
        mesh.publishWest(List.of(targets));
        var first = targets[0].endpoints().getFirst().address().toString();
        await().until(() ->
                mesh.json(mesh.westAdmin, "/health")
                        .at("/services/web/upstreams/billing/endpoints/0/address")
                        .textValue()
                        .equals(first));
    }

    private Socket standing() throws IOException {
        var socket = mesh.dial();
        socket.getOutputStream().write(1);
        assertThat(socket.getInputStream().read()).isEqualTo(1);
        return socket;
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(
                        () -> {
                            if (socket.getInputStream().read() < 0) {
                                throw new AssertionError("expected a reset; found an orderly end");
                            }
                        })
                .isInstanceOf(SocketException.class);
    }
}
