package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
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
