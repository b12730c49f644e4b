package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.hansa.bootstrap.Closer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class MemberCallsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /// Of five connections the first is the first call's, and one may be the channel's own, which
    /// tries again after a second by itself; the second comes at once.
    private static final Duration OF_FIVE = MemberCalls.RECONNECT.multipliedBy(2);

    private static void hangUp(ServerSocket member, Semaphore connections) {
        try {
            while (true) {
                member.accept().close();
                connections.release();
            }
        } catch (IOException _) {
            // closed
        }
    }

    /// Its kernel drops what would begin a connection, as a link does that is cut in silence: the
    /// caller's would try again later and later, and not see for seconds that the link is back.
    @Test
    void connectionThatNobodyTakesIsGivenUpSoon() throws Exception {
        var tls = LogTransport.tls(TestStore.tls(TestStore.authority()));
        try (var member = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var waiting = new Closer();
                var calls = new MemberCalls(tls, _ -> {})) {
            fill(member, waiting);
            var begun = System.nanoTime();

            assertThatThrownBy(() -> calls.term("127.0.0.1:" + member.getLocalPort(), SOON))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("UNAVAILABLE");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON.dividedBy(2));
        }
    }

    /// Until no more connections fit among those that wait to be taken.
    private static void fill(ServerSocket member, Closer waiting) throws IOException {
        for (var i = 0; i < 100; i++) {
            var socket = waiting.add(new Socket());
            try {
                socket.connect(member.getLocalSocketAddress(), 200);
            } catch (SocketTimeoutException _) {
                return;
            }
        }
        throw new IllegalStateException("expected a backlog of one; found 100 connections in it");
    }

    /// As the leader's reads do, each of which asks all members.
    @Test
    void memberThatIsDownIsDialledAFewTimesASecondHoweverOftenItIsAsked() throws Exception {
        var tls = LogTransport.tls(TestStore.tls(TestStore.authority()));
        try (var member = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var calls = new MemberCalls(tls, _ -> {})) {
            var connections = new Semaphore(0);
            Thread.ofVirtual().start(() -> hangUp(member, connections));
            var begun = System.nanoTime();
            while (connections.availablePermits() < 5
                    && System.nanoTime() - begun < SOON.toNanos()) {
                try {
                    fail(
                            "expected no answer; found term "
                                    + calls.term("127.0.0.1:" + member.getLocalPort(), SOON));
                } catch (StoreFailure _) {
                    // it hangs up
                }
            }

            assertThat(connections.availablePermits()).isGreaterThanOrEqualTo(5);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(OF_FIVE);
        }
    }
}
