package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.TestingDoor;
import dev.hansa.gateway.route.AheadOutcome;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.tests.support.FreePorts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What ends before a caller takes it, or after.
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class ConnectionsAheadLossTest extends ConnectionsAheadSetting {
    @Test
    void closedOneIsNotTaken() throws Exception {
        serve(FOR_EVER, upstream);
        var closed = upstream.accept();
        var reset = upstream.accept();
        // before, a reset is a connect that failed
        awaitStanding();
        closed.close();
        reset.setSoLinger(true, 0);
        reset.close();
        await().until(() -> told(AheadOutcome.LOST) == 2);

        try (var client = call();
                var heard = winner(upstream)) {
            heard.getOutputStream().write(5);
            assertThat(client.getInputStream().read()).isEqualTo(5);
        }
    }

    @Test
    void endThatNoEventHasToldOfYetIsSeenWhenItIsTaken() throws Exception {
        var ahead = ahead(EACH);
        var way = way(upstream);
        ahead.wants(Set.of(way));
        var one = upstream.accept();
        var two = upstream.accept();
        awaitStanding();

        var found =
                onLoop(() -> {
                    // the loop is here, and hears of it afterwards
                    one.close();
                    two.getOutputStream().write(7);
                    return ahead.take(loop(), List.of(way));
                });

        assertThat(found).isEmpty();
        assertThat(told(AheadOutcome.LOST)).isEqualTo(2);
        assertThat(told(AheadOutcome.MISSED)).isOne();
        two.close();
    }

    @Test
    void otherEndThatSpeaksFirstIsGivenUp() throws Exception {
        serve(FOR_EVER, upstream);
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            one.getOutputStream().write(1);
            two.getOutputStream().write(1);

            await().until(() -> told(AheadOutcome.LOST) == 2);
        }
    }

    @Test
    void suspectEndpointLosesThemAndIsConnectedAsEver() throws Exception {
        serve(FOR_EVER, upstream);
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            awaitStanding();
            seen.failed(way(upstream), Sign.UNREACHED, System.nanoTime(), System.nanoTime());

            try (var client = call();
                    var heard = winner(upstream)) {
                assertThat(one.getInputStream().read()).isEqualTo(-1);
                assertThat(two.getInputStream().read()).isEqualTo(-1);
                heard.getOutputStream().write(5);
                assertThat(client.getInputStream().read()).isEqualTo(5);
            }
        }
    }

    @Test
    void endpointThatTakesNoneOrCannotBeReachedIsLeftAloneForLongerEachTime() throws Exception {
        var acceptor =
                acceptor(
                        upstream,
                        socket -> {
                            socket.close();
                            taken.incrementAndGet();
                        });
        var refusing = FreePorts.one();

        serve(FOR_EVER, upstream.getLocalPort(), refusing);

        await().until(() -> taken.get() > 2 && told(AheadOutcome.FAILED) > 2);
        // without a rest there were thousands
        await().during(Duration.ofMillis(700))
                .until(() -> taken.get() < 50 && told(AheadOutcome.FAILED) < 50);
        assertThat(seen.isSuspect(way(refusing))).isTrue();
        assertThat(seen.isSuspect(way(upstream))).isFalse();
        upstream.close();
        acceptor.join();
    }

    @Test
    void silentEndpointIsKnownBeforeACallerComes() throws Exception {
        var hole = closer.add(TestingDoor.full());
        serve(FOR_EVER, hole.port(), upstream.getLocalPort());

        await().until(() -> seen.isSuspect(way(hole.port())));

        assertThat(seen.view(way(hole.port()), System.nanoTime()).suspicion().orElseThrow().sign())
                .isEqualTo(Sign.UNREACHED);
        await().untilAsserted(() ->
                assertThat(seen.view(way(upstream), System.nanoTime()).usual()).isPresent());
    }

    /// The hello is on its way when the next gateway dies. Nobody else gets it: its caller is told,
    /// and makes another.
    @Test
    void whatIsLostUnansweredIsToldToTheCallerAndNotSentAgain() throws Exception {
        var other = server();
        route(upstream.getLocalPort(), other.getLocalPort());
        gateway.keepAhead(raw, EACH, FOR_EVER);
        gateway.expect(Set.of(way(upstream)));
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            awaitStanding();
            try (var client = call()) {
                var heard = whoHears(one, two);
                assertThat(heard.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
                heard.setSoLinger(true, 0);
                heard.close();

                assertThatThrownBy(() -> client.getInputStream().read())
                        .isInstanceOf(SocketException.class)
                        .hasMessageContaining("reset");
                assertThat((heard == one ? two : one).getInputStream().available()).isZero();
            }
        }
        other.setSoTimeout(200);
        assertThatThrownBy(other::accept).isInstanceOf(SocketTimeoutException.class);
        awaitRecord("reset");
        assertThat(told(AheadOutcome.UNANSWERED)).isOne();
    }

    /// As behind a firewall that has forgotten all connections: whoever comes anew gets through.
    @Test
    void whoseHelloIsNotAcknowledgedIsToldAndAllThatStandThereGo() throws Exception {
        var small = closer.add(new ServerSocket());
        // so that the kernel cannot take what its application does not read
        small.setReceiveBufferSize(1);
        small.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        serve(FOR_EVER, small);
        try (var one = small.accept();
                var two = small.accept()) {
            awaitStanding();
            try (var client = call()) {
                client.getOutputStream().write(new byte[64 << 10]);

                assertThatThrownBy(() -> client.getInputStream().read())
                        .isInstanceOf(SocketException.class)
                        .hasMessageContaining("reset");
            }
            await().until(() -> told(AheadOutcome.DROPPED) > 0);
            one.setSoTimeout(20_000);
            two.setSoTimeout(20_000);
            // one was taken, and was reset with its caller
            assertThat(List.of(isAtItsEnd(one), isAtItsEnd(two)))
                    .containsExactlyInAnyOrder(true, false);
        }
        assertThat(told(AheadOutcome.UNANSWERED)).isOne();
        assertThat(sentence()).contains("did not acknowledge the hello in");
    }

    @Test
    void helloThatIsAcknowledgedMayWaitLongForItsAnswer() throws Exception {
        serve(FOR_EVER, upstream);
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            awaitStanding();
            try (var client = call()) {
                var heard = whoHears(one, two);
                // longer than anybody waits for the kernel's acknowledgement
                client.setSoTimeout(800);
                assertThatThrownBy(() -> client.getInputStream().read())
                        .isInstanceOf(SocketTimeoutException.class);
                client.setSoTimeout(20_000);

                heard.getOutputStream().write(5);
                assertThat(client.getInputStream().read()).isEqualTo(5);
            }
        }
    }

    @Test
    void loneConnectWithoutAnAnswerIsNoSign() throws Exception {
        var hole = closer.add(TestingDoor.full());
        ahead(1).wants(Set.of(way(hole.port())));

        await().until(() -> seen.isSuspect(way(hole.port())));

        assertThat(told(AheadOutcome.FAILED)).isGreaterThan(1);
    }
}
