package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.failover.Target;
import dev.hansa.gateway.TestingDoor.Mood;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.gateway.sidecar.TlsEnds;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.ObjectName;
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
    private EchoServer application;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        // one that is slow is not critical for it
        mesh.check = new CheckKind.None();
        application = mesh.closer.add(new EchoServer(mesh.localApplicationPort));
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
                        .contains("billing at 127.0.0.1:" + door.port() + " is dead: 3 greetings"));
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

            await().until(() -> door.accepted() > met);
            await().during(Duration.ofSeconds(1)).until(() -> !answer.isDone());
            gate.countDown();
            assertThat(answer.get()).isEqualTo(7);
        }
    }

    @Test
    void callerOfAnApplicationThatAcceptsNobodyIsNotCutWhenTheServerDropsItsEndpoint()
            throws Exception {
        var gate = new CountDownLatch(1);
        try (var waiting = standing();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            application.busy(gate);
            waiting.getOutputStream().write(7);
            // the one for whom it waits already
            try (var _ = new Socket(InetAddress.getLoopbackAddress(), application.port())) {
                var met = door.accepted();
                publish(peer());
                var answer = threads.submit(() -> waiting.getInputStream().read());

                await().until(() -> door.accepted() > met);
                // three that get no answer take three seconds
                await().during(Duration.ofSeconds(4)).until(() -> !answer.isDone());
                gate.countDown();
                assertThat(answer.get()).isEqualTo(7);
            }
        } finally {
            gate.countDown();
        }
    }

    @Test
    void connectionThatStandsKeepsNothingOfTheSnapshotThatItBeganWith() throws Exception {
        var before = alive(TlsEnds.class);
        try (var open = new Closer()) {
            for (var i = 0; i < 8; i++) {
                open.add(standing());
                var local = mesh.localTarget(door.port());
                publish(i % 2 == 0 ? List.of(peer(), local) : List.of(local, peer()));
            }

            await().untilAsserted(() -> assertThat(alive(TlsEnds.class)).isLessThan(before + 4));
        }
    }

    /// Instances that are in use still.
    private static long alive(Class<?> type) throws JMException {
        var histogram =
                ManagementFactory.getPlatformMBeanServer()
                        .invoke(
                                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                                "gcClassHistogram",
                                new Object[] {new String[0]},
                                new String[] {String[].class.getName()});
        return String.valueOf(histogram)
                .lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(fields -> fields.length > 3 && fields[3].equals(type.getName()))
                .mapToLong(fields -> Long.parseLong(fields[1]))
                .sum();
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
        publish(List.of(targets));
    }

    private void publish(List<Target> targets) {
        mesh.publishWest(targets);
        var first = targets.getFirst().endpoints().getFirst().address().toString();
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
