package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.SniRoute;
import dev.hansa.gateway.TestingDoor;
import dev.hansa.gateway.route.AheadOutcome;
import dev.hansa.gateway.route.PassiveHealth.Way;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What stands, for how long, and who takes it.
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class ConnectionsAheadTest extends ConnectionsAheadSetting {
    @Test
    void helloLeavesOnAConnectionThatStoodBeforeItsCallerCame() throws Exception {
        serve(FOR_EVER, upstream);
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            awaitStanding();
            // whoever connects from now on is refused
            upstream.close();

            try (var client = call()) {
                var heard = whoHears(one, two);
                assertThat(heard.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
                heard.getOutputStream().write(5);
                assertThat(client.getInputStream().read()).isEqualTo(5);
                client.shutdownOutput();
                assertThat(heard.getInputStream().read()).isEqualTo(-1);
            }
        }
        assertThat(told(AheadOutcome.USED)).isOne();
        awaitRecord("finished");
        assertThat(told(AheadOutcome.UNANSWERED)).isZero();
    }

    /// Before there is one nobody knows whom to name, and nothing is said.
    @Test
    void headerOfProxyProtocolIsSaidWhenTheCallerComes() throws Exception {
        gateway.announceBy(route -> route.purpose().equals(SniRoute.IMPORTED));
        serve(FOR_EVER, upstream);
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            upstream.close();

            try (var client = call()) {
                var header =
                        ProxyHeader.of(
                                Optional.of(
                                        new ProxyHeader.Ends(
                                                (InetSocketAddress) client.getLocalSocketAddress(),
                                                address)));
                var heard = whoHears(one, two);
                assertThat(heard.getInputStream().readNBytes(header.length)).isEqualTo(header);
                assertThat(heard.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
            }
        }
        assertThat(told(AheadOutcome.USED)).isOne();
    }

    @Test
    void takenOneIsReplacedAtOnce() throws Exception {
        serve(FOR_EVER, upstream);
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            awaitStanding();
            try (var client = call();
                    var third = upstream.accept()) {
                assertThat(whoHears(one, two).isConnected()).isTrue();
                assertThat(third.getInputStream().available()).isZero();
                assertThat(client.isConnected()).isTrue();
            }
        }
    }

    @Test
    void whoComesWhenAllAreTakenIsConnectedAsEver() throws Exception {
        serve(FOR_EVER, upstream);
        var acceptor =
                acceptor(
                        upstream,
                        socket -> {
                            accepted.add(closer.add(socket));
                        });
        awaitStanding();
        var callers = 20;
        for (var i = 0; i < callers; i++) {
            closer.add(call());
        }

        await().until(() ->
                accepted.stream().filter(ConnectionsAheadSetting::hears).count() == callers);
        assertThat(told(AheadOutcome.USED)).isPositive();
        upstream.close();
        acceptor.join();
    }

    @Test
    void endpointThatIsNotListedAnyMoreLosesItsConnections() throws Exception {
        serve(FOR_EVER, upstream);
        try (var one = upstream.accept();
                var two = upstream.accept()) {
            awaitStanding();
            gateway.expect(Set.of());

            assertThat(one.getInputStream().read()).isEqualTo(-1);
            assertThat(two.getInputStream().read()).isEqualTo(-1);
        }
        upstream.setSoTimeout(100);
        assertThatThrownBy(upstream::accept).isInstanceOf(SocketTimeoutException.class);
        assertThat(told(AheadOutcome.DROPPED)).isEqualTo(2);
    }

    @Test
    void oldOneIsReplaced() throws Exception {
        serve(Duration.ofMillis(50), upstream);
        try (var old = upstream.accept()) {
            assertThat(old.getInputStream().read()).isEqualTo(-1);
        }
        closer.add(upstream.accept());
        closer.add(upstream.accept());
        assertThat(told(AheadOutcome.AGED)).isPositive();
        assertThat(told(AheadOutcome.LOST)).isZero();
    }

    @Test
    void noneIsSoOldThatTheOtherGatewayMayHaveLostItsPatience() {
        var oldest = ConnectionsAhead.AGE.multipliedBy(7).dividedBy(5);

        assertThat(oldest).isLessThan(HelloGate.HELLO_TIMEOUT.minusSeconds(2));
    }

    @Test
    void whatIsBeingConnectedIsCalledOffWithItsEndpoint() throws Exception {
        var hole = closer.add(TestingDoor.full());
        var ahead = ahead(EACH);
        onLoop(() -> {
            // in one go: the connects fail by themselves soon
            ahead.wants(Set.of(way(hole.port())));
            ahead.wants(Set.of());
            return ahead;
        });

        // each connect would have failed after half a second
        await().during(Duration.ofMillis(800)).until(() -> told(AheadOutcome.FAILED) == 0);
        assertThat(seen.isSuspect(way(hole.port()))).isFalse();
    }

    @Test
    void soManyStandInAllHoweverManyGatewaysPeersHave() throws Exception {
        upstream.close();
        var port = closer.add(new ServerSocket(0, 500));
        var acceptor =
                acceptor(
                        port,
                        socket -> {
                            closer.add(socket);
                            taken.incrementAndGet();
                        });
        var ahead = ahead(8);

        ahead.wants(
                IntStream.rangeClosed(1, 200)
                        .mapToObj(i ->
                                new Way("", new Endpoint("127.77.0." + i, port.getLocalPort())))
                        .toList());

        await().until(() -> taken.get() == ConnectionsAhead.MOST);
        await().during(Duration.ofMillis(300)).until(() -> taken.get() == ConnectionsAhead.MOST);
        ahead.close();
        await().until(() -> told(AheadOutcome.DROPPED) == ConnectionsAhead.MOST);
        port.close();
        acceptor.join();
    }
}
