package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.failover.SniRoute;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A gateway behind proxies that say for whom their connections are (PROXY protocol v2), and one
/// that says it. The same for each kind of socket that it can have.
@Timeout(60)
abstract class ProxiedGatewayContract extends ProxiedGatewaySetting {
    @Test
    void callerIsWhoTheProxySaysItIs() throws Exception {
        serve(echo());
        try (var client = connect(listen())) {
            client.getOutputStream().write(header(CALLER, 4711));
            assertIsCarried(client);
        }

        assertThat(onlyRecord().downstream()).isEqualTo(CALLER + ":4711");
        assertThat(onlyRecord().end()).isEqualTo("finished");
        // the header is none of its bytes, nor passed on
        assertThat(onlyRecord().downstreamIn()).isEqualTo(HELLO.length);
        assertThat(onlyRecord().upstreamOut()).isEqualTo(HELLO.length);
    }

    @Test
    void callerOnIpv6IsNamedInBrackets() throws Exception {
        serve(echo());
        try (var client = connect(listen())) {
            client.getOutputStream().write(header("2001:db8::7", 4711));
            assertIsCarried(client);
        }
        assertThat(onlyRecord().downstream()).isEqualTo("[2001:db8:0:0:0:0:0:7]:4711");
    }

    /// The header in two pieces, and the second piece with all, some or none of the hello.
    @Test
    void anySplitIsTheSame() throws Exception {
        serve(echo());
        var address = listen();
        var said = concatenated(header(CALLER, 4711), HELLO);
        for (var cut = 1; cut < said.length; cut++) {
            try (var client = connect(address)) {
                client.setTcpNoDelay(true);
                var until = read.get() + cut;
                client.getOutputStream().write(said, 0, cut);
                // or the kernel may make one piece of both
                await().pollInterval(Duration.ofMillis(1)).until(() -> read.get() >= until);
                client.getOutputStream().write(said, cut, said.length - cut);
                assertThat(client.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
            }
        }
        await().until(() -> records().size() == said.length - 1);
        assertThat(records())
                .allSatisfy(record -> {
                    assertThat(record.downstream()).isEqualTo(CALLER + ":4711");
                    assertThat(record.downstreamIn()).isEqualTo(HELLO.length);
                });
    }

    @Test
    void headerOfOneByteSegmentsIsRead() throws Exception {
        serve(echo());
        try (var client = connect(listen())) {
            client.setTcpNoDelay(true);
            for (var each : concatenated(header(CALLER, 4711), HELLO)) {
                client.getOutputStream().write(each);
            }
            assertThat(client.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
        }
        assertThat(onlyRecord().downstream()).isEqualTo(CALLER + ":4711");
    }

    @Test
    void headerThatIsAsLongAsItMayIsRead() throws Exception {
        serve(echo());
        var length = ProxyHeader.MOST - 28 - 3;
        var longest = ByteBuffer.allocate(ProxyHeader.MOST).put(header(CALLER, 4711));
        longest.putShort(14, (short) (ProxyHeader.MOST - 16));
        longest.put((byte) 4).putShort((short) length);
        try (var client = connect(listen())) {
            client.getOutputStream().write(longest.array());
            assertIsCarried(client);
        }
        assertThat(onlyRecord().downstreamIn()).isEqualTo(HELLO.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // version 1
                "50524f58592054435034203139382e35312e3130302e37203230332e302e3131332e32203120320d0a",
                // version 3, and a command that is none
                "0d0a0d0a000d0a515549540a3111000cc6336407cb007102126701bb",
                "0d0a0d0a000d0a515549540a2211000cc6336407cb007102126701bb",
                // of nobody, of a datagram, of a unix socket
                "0d0a0d0a000d0a515549540a21000000",
                "0d0a0d0a000d0a515549540a2112000cc6336407cb007102126701bb",
                "0d0a0d0a000d0a515549540a213100d8",
                // too short, and longer than it may be
                "0d0a0d0a000d0a515549540a2111000b",
                "0d0a0d0a000d0a515549540a211107f1",
                "0d0a0d0a000d0a515549540a2000ffff",
                // what follows the addresses is cut off
                "0d0a0d0a000d0a515549540a2111000ec6336407cb007102126701bb0400"
            })
    void whatIsNoHeaderIsRefused(String hexadecimal) throws Exception {
        var upstream = server();
        serve(upstream.getLocalPort());
        try (var client = connect(listen())) {
            client.getOutputStream().write(HexFormat.of().parseHex(hexadecimal));
            assertEnds(client);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("bad_proxy_header");
        assertThat(onlyRecord().sentence()).contains("expected");
        assertThat(onlyRecord().downstream()).startsWith(PROXY + ":");
    }

    @Test
    void nothingIsTakenWithoutAHeader() throws Exception {
        serve(echo());
        try (var client = connect(listen())) {
            client.getOutputStream().write(HELLO);
            assertEnds(client);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("bad_proxy_header");
    }

    /// What comes after a header is the caller's, and a caller says a hello.
    @Test
    void headerAfterAHeaderIsNoHello() throws Exception {
        serve(echo());
        try (var client = connect(listen())) {
            client.getOutputStream().write(header(CALLER, 4711));
            client.getOutputStream().write(header(OTHER, 4711));
            client.getOutputStream().write(HELLO);
            assertEnds(client);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("not_tls");
        assertThat(onlyRecord().downstream()).isEqualTo(CALLER + ":4711");
    }

    /// Elsewhere it is what any bytes are.
    @Test
    void headerIsNoHelloWhereNoProxyIsExpected() throws Exception {
        serve(echo());
        var address = open(Admission.unlimited("gateway", events::add), gateway);
        try (var client = connect(address)) {
            client.getOutputStream().write(header(CALLER, 4711));
            client.getOutputStream().write(HELLO);
            assertEnds(client);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("not_tls");
        assertThat(onlyRecord().downstream()).startsWith(PROXY + ":");
    }

    @Test
    void whoIsNoProxyIsResetBeforeAByteIsRead() throws Exception {
        serve(echo());
        try (var client = connect(listen(), NO_PROXY)) {
            assertEnds(client);
        }
        assertThat(events)
                .containsExactly(new GatewayEvent.NotAdmitted("gateway", Refusal.NOT_A_PROXY));
        assertThat(gateway.open()).isZero();
    }

    /// As a proxy asks whether the gateway lives.
    @ParameterizedTest
    @ValueSource(strings = {"20000000", "20110000", "2031000400000000"})
    void proxyMaySpeakForItself(String start) throws Exception {
        serve(echo());
        var local = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a" + start);
        var address = listen();
        try (var client = connect(address)) {
            client.getOutputStream().write(local);
        }
        await().until(() -> records().size() == 1);
        assertThat(onlyRecord().refusal()).isEqualTo("closed_early");
        // which makes a probe of it (GatewayTelemetryTest)
        assertThat(onlyRecord().downstreamIn()).isZero();
        assertThat(onlyRecord().downstream()).startsWith(PROXY + ":");

        try (var client = connect(address)) {
            client.getOutputStream().write(local);
            assertIsCarried(client);
        }
        await().until(() -> records().size() == 2);
        assertThat(records().getLast().downstream()).startsWith(PROXY + ":");
    }

    /// One time for both, as a header that does not come costs what a hello does.
    @Test
    void headerAndHelloHaveTheTimeOfAHello() throws Exception {
        serve(echo());
        var address = listen();
        var began = System.nanoTime();
        try (var none = connect(address);
                var half = connect(address);
                var without = connect(address)) {
            half.getOutputStream().write(header(CALLER, 4711), 0, 20);
            without.getOutputStream().write(header(CALLER, 4711));
            for (var each : List.of(none, half, without)) {
                assertEnds(each);
            }
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isGreaterThanOrEqualTo(HelloGate.HELLO_TIMEOUT.minusMillis(100));
        await().until(() -> records().size() == 3);
        assertThat(records()).allMatch(record -> record.refusal().equals("hello_timeout"));
    }

    @Test
    void boundOfOneSourceCountsCallersAndNotTheProxy() throws Exception {
        serve(echo());
        var address = listen(bounds(MANY, MANY, 2, MANY));
        for (var i = 0; i < 2; i++) {
            carried(address, CALLER);
        }
        try (var third = connect(address)) {
            third.getOutputStream().write(header(CALLER, 4711));
            assertEnds(third);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("too_many_of_one_source");
        assertThat(onlyRecord().downstream()).isEqualTo(CALLER + ":4711");
        for (var i = 0; i < 2; i++) {
            carried(address, OTHER);
        }
        // the proxy has more than any of them may
        assertThat(gateway.open()).isEqualTo(4);
    }

    @Test
    void placeOfASourceComesFreeWithItsConnection() throws Exception {
        serve(echo());
        var address = listen(bounds(MANY, MANY, 1, MANY));
        for (var i = 0; i < 3; i++) {
            carried(address, CALLER).close();
            await().until(() -> gateway.open() == 0);
        }
        // those that never said whose they were have had no part of anybody's
        for (var i = 0; i < 3; i++) {
            connect(address).close();
            await().until(() -> gateway.open() == 0);
        }
        carried(address, CALLER);
    }

    @Test
    void rateOfOneSourceCountsCallersAndNotTheProxy() throws Exception {
        serve(echo());
        var address = listen(bounds(MANY, MANY, MANY, 2));
        carried(address, CALLER);
        carried(address, CALLER);
        try (var third = connect(address)) {
            third.getOutputStream().write(header(CALLER, 4711));
            assertEnds(third);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("too_many_of_one_source_at_once");
        carried(address, OTHER);
        clock.addAndGet(SECOND);
        carried(address, CALLER);
    }

    /// Many of one caller's through the proxy, after eight that another has ahead: of the latest
    /// one of the source goes that has many, and that is not the proxy.
    @Test
    void halfOpenOnesAreTheCallersToo() throws Exception {
        // a hundred that stand, 75 of the latest
        var address = listen(bounds(MANY, 200, MANY, MANY));
        for (var i = 0; i < 100; i++) {
            named(address, "192.0.2." + i);
        }
        var ahead = new ArrayList<Socket>();
        for (var i = 0; i < 8; i++) {
            ahead.add(named(address, OTHER));
        }
        for (var i = 0; i < 67 + 40; i++) {
            named(address, CALLER);
        }
        await().until(() -> gaveWay().size() == 40);

        assertThat(gaveWay()).doesNotContain(OTHER);
        assertStand(ahead);
    }

    @Test
    void wholeHeaderIsNoBeginningOfAHello() throws Exception {
        // of those that have begun one at most
        var address = listen(bounds(MANY, 8, MANY, MANY));
        var ahead = named(address, OTHER);
        for (var i = 0; i < 5; i++) {
            named(address, CALLER).getOutputStream().write(22);
        }
        await().until(() -> gaveWay().size() == 4);

        assertThat(gaveWay()).containsOnly(CALLER);
        assertStand(List.of(ahead));
    }

    @Test
    void otherEndIsToldWhoCallsByTheRoutesThatSaySo() throws Exception {
        var upstream = server();
        serve(upstream.getLocalPort());
        gateway.announceBy(route -> route.purpose().equals(SniRoute.EXPORTED));
        var address = open(Admission.unlimited("gateway", events::add), gateway);
        try (var client = connect(address)) {
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                var expected =
                        ProxyHeader.of(
                                Optional.of(
                                        new ProxyHeader.Ends(
                                                (InetSocketAddress) client.getLocalSocketAddress(),
                                                address)));
                assertThat(accepted.getInputStream().readNBytes(28 + HELLO.length))
                        .isEqualTo(concatenated(expected, HELLO));
            }
        }
        assertThat(onlyRecord().upstreamOut()).isEqualTo(HELLO.length);
    }

    @Test
    void otherEndIsToldOfNobodyByOtherRoutes() throws Exception {
        serve(echo());
        gateway.announceBy(route -> route.purpose().equals(SniRoute.IMPORTED));
        try (var client = connect(open(Admission.unlimited("gateway", events::add), gateway))) {
            assertIsCarried(client);
        }
    }

    /// Proxy, gateway, gateway of a peer: each knows of whom the one before has spoken.
    @Test
    void whatTheProxyHasSaidIsPassedOn() throws Exception {
        var farEvents = new ConcurrentLinkedQueue<GatewayEvent>();
        var far = gateway(farEvents, new Latest<>(routes(echo())));
        var farListener =
                open(
                        Admission.unlimited("gateway", _ -> {})
                                .throughProxies(Networks.parse("127.0.0.1")),
                        far);
        serve(farListener.getPort());
        gateway.announceBy(_ -> true);
        var said = concatenated(header(CALLER, 4711), HELLO);
        try (var client = connect(listen())) {
            client.getOutputStream().write(said);
            assertThat(client.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
        }
        assertThat(onlyRecord().downstream()).isEqualTo(CALLER + ":4711");
        await().until(() -> !records(farEvents).isEmpty());
        assertThat(records(farEvents).getFirst().downstream()).isEqualTo(CALLER + ":4711");
    }

    /// What the kernel has for the process before is read by the one after, from the first byte.
    @Test
    void connectionsThatWaitGoToTheSuccessorWithTheirHeaders() throws Exception {
        serve(echo());
        var before = new Doors(transport, true);
        var after = new Doors(transport, true);
        doors.addAll(List.of(before, after));
        var admission = Admission.unlimited("gateway", events::add).throughProxies(PROXIES);
        var address =
                before.open(
                        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                        admission,
                        raw(),
                        gateway);
        var succeeded = new CountDownLatch(1);
        try (var offer = HandOver.offer(directory, before, succeeded::countDown)) {
            offer.announce();
            try (var first = connect(address)) {
                first.getOutputStream().write(header(CALLER, 1), 0, 20);
                await().until(() -> gateway.open() == 1);
                try (var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
                    predecessor.passTo(after);
                    after.open(address, admission, raw(), gateway);
                    predecessor.succeed(after);
                }
                succeeded.await();
                before.close();
                try (var second = connect(address);
                        var stranger = connect(address, NO_PROXY)) {
                    second.getOutputStream().write(header(OTHER, 2));
                    assertIsCarried(second);
                    assertEnds(stranger);
                }
                first.getOutputStream().write(header(CALLER, 1), 20, 8);
                assertIsCarried(first);
            }
        }
        await().until(() -> records().size() == 2);
        assertThat(records())
                .extracting(ConnectionRecord::downstream)
                .containsExactlyInAnyOrder(CALLER + ":1", OTHER + ":2");
    }

    @Test
    void connectionsToOneNameLeaveThoseToOthersTheirPlaces() throws Exception {
        var echo = echo();
        serve(echo);
        gateway.limitNames(2);
        var address = open(Admission.unlimited("gateway", events::add), gateway);
        var first = connect(address);
        assertIsCarried(first);
        assertIsCarried(connect(address));

        try (var third = connect(address)) {
            third.getOutputStream().write(HELLO);
            assertThat(third.getInputStream().readAllBytes())
                    .isEqualTo(HelloGate.alert(HelloGate.INTERNAL_ERROR));
        }
        assertThat(onlyRecord().refusal()).isEqualTo("too_many_to_one_name");
        assertThat(onlyRecord().sentence())
                .isEqualTo("expected at most 2 connections to '" + NAME + "'");
        assertThat(onlyRecord().name()).isEqualTo(NAME);

        first.close();
        await().until(() -> gateway.open() == 1);
        assertIsCarried(connect(address));
    }
}
