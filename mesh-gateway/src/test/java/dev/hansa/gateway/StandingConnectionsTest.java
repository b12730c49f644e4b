package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What was allowed once is closed when it is not allowed any more.
@Timeout(90)
class StandingConnectionsTest {
    @TempDir Path directory;
    private TestingMesh mesh;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        mesh.start();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    private Socket standing() throws IOException {
        var socket = mesh.dial();
        say(socket, 1);
        return socket;
    }

    private static void say(Socket socket, int word) throws IOException {
        socket.getOutputStream().write(word);
        assertThat(socket.getInputStream().read()).isEqualTo(word);
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

    @Test
    void denyClosesWhatItForbids() throws Exception {
        try (var socket = standing()) {
            mesh.publishEast(false);

            assertReset(socket);
        }
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.eastAdmin, "/metrics"))
                        .contains(
                                "hansa_intention_denials_total{destination=\"billing\",intention=\"default\",source=\""
                                        + mesh.west.service("web").uri()
                                        + "\"} 1.0"));
        await().untilAsserted(() ->
                assertThat(mesh.east.denials().get())
                        .singleElement()
                        .satisfies(denial -> {
                            assertThat(denial.getSource())
                                    .isEqualTo(mesh.west.service("web").uri());
                            assertThat(denial.getIntention()).isEqualTo("default");
                        }));
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.eastAdmin, "/connections"))
                        .contains("intention_denied")
                        .contains("'web' of peer 'west' may not call 'billing'"));
    }

    @Test
    void changeThatForbidsNothingClosesNothing() throws Exception {
        try (var socket = standing()) {
            var before = mesh.east.acks().get().size();
            mesh.publishEast(true);
            await().until(() -> mesh.east.acks().get().size() == before + 2);

            say(socket, 2);
        }
    }

    @Test
    void peerThatIsGoneCallsNoMore() throws Exception {
        try (var socket = standing()) {
            mesh.publishEastWithoutPeer();

            assertReset(socket);
        }
    }

    @Test
    void peerThatIsGoneIsCalledNoMore() throws Exception {
        try (var socket = standing()) {
            mesh.publishWestWithoutPeer();

            assertReset(socket);
        }
    }
}
