package dev.hansa.peering.dns;

import static dev.hansa.exportedservices.CheckStatus.PASSING;
import static dev.hansa.peering.dns.DnsWorld.answers;
import static dev.hansa.peering.dns.DnsWorld.framed;
import static dev.hansa.peering.dns.DnsWorld.instance;
import static dev.hansa.peering.dns.DnsWorld.readFrame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.ConnectionDoor;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.config.DnsSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// How answers travel: cut over UDP, whole over TCP, and what a connection may cost.
class TransportTest {
    private static final int CONNECTIONS = 16;
    private static final int MANY = 400;
    private static final Duration SOON = Duration.ofSeconds(20);

    private DnsWorld world;

    @BeforeEach
    void start() throws InterruptedException {
        world = new DnsWorld();
        world.publish(
                IntStream.range(0, MANY)
                        .mapToObj(i ->
                                instance(
                                        "web",
                                        "198.51." + i / 200 + "." + (1 + i % 200),
                                        8080,
                                        PASSING))
                        .toArray(ServiceInstance[]::new));
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    @ParameterizedTest
    @CsvSource({"0, 512", "100, 512", "512, 512", "1000, 1000", "1232, 1232", "4096, 1232"})
    void answerOverUdpIsAsLongAsTheClientTakesIt(int payload, int most) throws IOException {
        for (var type : new int[] {Type.A, Type.SRV, Type.ANY}) {
            var query =
                    payload == 0
                            ? world.query("web.service.consul", type)
                            : world.queryWithPayload("web.service.consul", type, payload);

            var bytes = world.overUdp(query.toWire());

            // no space is left in which one more would have fitted
            assertThat(bytes.length).isBetween(most - 70, most);
            var answer = new Message(bytes);
            assertThat(answer.getHeader().getFlag(Flags.TC)).isTrue();
            assertThat(answer.getSection(Section.ANSWER)).isNotEmpty();
            assertThat(answer.getOPT() != null).isEqualTo(payload > 0);
        }
        assertThat(world.outcomes()).containsOnly("truncated");
    }

    @Test
    void whatWasCutIsWholeOverTcp() throws IOException {
        var query = world.query("web.service.consul", Type.A);
        assertThat(new Message(world.overUdp(query.toWire())).getHeader().getFlag(Flags.TC))
                .isTrue();

        var answer = world.askTcp(query);

        assertThat(answer.getHeader().getFlag(Flags.TC)).isFalse();
        assertThat(new HashSet<>(answers(answer))).hasSize(MANY);
    }

    /// Each time another part: nobody is left out for good.
    @Test
    void whatIsLeftOfACutAnswerIsAnyPart() throws IOException {
        var seen = new HashSet<String>();
        for (var i = 0; i < 500 && seen.size() < MANY; i++) {
            seen.addAll(answers(world.ask("web.service.consul", Type.A)));
        }

        assertThat(seen).hasSize(MANY);
    }

    /// What is only additional is left out without a word.
    @Test
    void answersThatFitAreNotCutForWhatIsAdditional() throws IOException {
        world.publish(
                IntStream.range(0, 9)
                        .mapToObj(i -> instance("api", "192.0.2." + (10 + i), 80, PASSING))
                        .toArray(ServiceInstance[]::new));

        var answer = world.ask("api.service.consul", Type.SRV);

        assertThat(answer.getSection(Section.ANSWER)).hasSize(9);
        assertThat(answer.getSection(Section.ADDITIONAL).size()).isBetween(0, 8);
        assertThat(answer.getHeader().getFlag(Flags.TC)).isFalse();
        assertThat(
                        world.askTcp(world.query("api.service.consul", Type.SRV))
                                .getSection(Section.ADDITIONAL))
                .hasSize(9);
    }

    @Test
    void largestAnswerIsCutOverTcpToo() throws IOException {
        world.publish(
                IntStream.range(0, 6000)
                        .mapToObj(i ->
                                instance(
                                        "huge",
                                        "n",
                                        "192.0.2.1",
                                        "10." + i / 65_536 + "." + i / 256 % 256 + "." + i % 256,
                                        80,
                                        PASSING))
                        .toArray(ServiceInstance[]::new));

        var answer = world.askTcp(world.query("huge.service.consul", Type.A));

        assertThat(answer.getHeader().getFlag(Flags.TC)).isTrue();
        assertThat(answer.getSection(Section.ANSWER)).hasSizeBetween(4000, 4096);
    }

    @Test
    void manyQueriesAtOnceAreAnsweredInTheirOrder() throws IOException {
        var sent = new ByteArrayOutputStream();
        var ids = new ArrayList<Integer>();
        for (var i = 0; i < 200; i++) {
            var query = world.query("web.service.consul", i % 2 == 0 ? Type.A : Type.SOA);
            ids.add(query.getHeader().getID());
            sent.write(framed(query.toWire()));
        }
        try (var socket = world.connect()) {
            socket.getOutputStream().write(sent.toByteArray());

            for (var id : ids) {
                assertThat(readFrame(socket).getHeader().getID()).isEqualTo(id);
            }
        }
    }

    @Test
    void queryMayComeByteByByte() throws IOException {
        try (var socket = world.connect()) {
            socket.setTcpNoDelay(true);
            for (var each : framed(world.query("consul", Type.SOA).toWire())) {
                socket.getOutputStream().write(each);
                socket.getOutputStream().flush();
            }

            assertThat(answers(readFrame(socket))).hasSize(1);
        }
    }

    /// Answers of 6 KiB to queries of 40 bytes: who does not read them is not read any more.
    @Test
    void whoDoesNotReadGetsNoFurtherAnswersMade() throws IOException {
        var query = framed(world.query("web.service.consul", Type.A).toWire());
        var block = ByteBuffer.allocate(query.length * 1000);
        for (var i = 0; i < 1000; i++) {
            block.put(query);
        }
        try (var channel = SocketChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 32 * 1024);
            channel.connect(world.at());
            channel.configureBlocking(false);
            block.flip();
            await().atMost(SOON)
                    .during(Duration.ofMillis(500))
                    .until(() -> {
                        var isTaken = false;
                        // some megabytes go into the kernels' buffers
                        for (var i = 0; i < 1000; i++) {
                            if (!block.hasRemaining()) {
                                block.rewind();
                            }
                            if (channel.write(block) == 0) {
                                break;
                            }
                            isTaken = true;
                        }
                        return !isTaken;
                    });
            // both kernels' buffers are full, and others are answered meanwhile
            assertThat(answers(world.ask("consul", Type.SOA))).hasSize(1);
        }
    }

    @Test
    void lengthThatNoQueryHasEndsTheConnection() throws IOException {
        try (var socket = world.connect()) {
            socket.getOutputStream().write(new byte[] {0x10, 0x01});

            assertThat(isOver(socket)).isTrue();
        }
    }

    @Test
    void whatIsNoQueryEndsTheConnection() throws IOException {
        try (var socket = world.connect()) {
            socket.getOutputStream().write(new byte[] {0, 2, 1, 1});

            assertThat(isOver(socket)).isTrue();
        }
    }

    @Test
    void connectionWithoutAWholeQueryEnds() throws IOException {
        try (var socket = world.connect()) {
            socket.setSoTimeout((int) SOON.toMillis());
            socket.getOutputStream().write(0);

            assertThat(isOver(socket)).isTrue();
        }
    }

    @Test
    void oneConnectionTooManyIsClosedUntilAnotherEnds() throws IOException {
        var sockets = new ArrayList<Socket>();
        try {
            for (var i = 0; i < CONNECTIONS; i++) {
                var socket = world.connect();
                sockets.add(socket);
                assertThat(isAnswered(socket)).isTrue();
            }
            try (var more = world.connect()) {
                assertThat(isOver(more)).isTrue();
            }
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(world.events)
                                    .contains(
                                            new PeeringEvent.ConnectionRefused(
                                                    "dns", "too_many_connections")));

            sockets.removeFirst().close();
            await().atMost(SOON)
                    .until(() -> {
                        try (var next = world.connect()) {
                            return isAnswered(next);
                        } catch (SocketException _) {
                            return false;
                        }
                    });
        } finally {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void addressThatIsTakenIsNamedAndTriedAgain() throws Exception {
        var events = new CopyOnWriteArrayList<PeeringEvent>();
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var settings =
                    new DnsSettings(
                            InetSocketAddress.createUnresolved("127.0.0.1", taken.getLocalPort()),
                            "consul",
                            Duration.ZERO,
                            1232,
                            16);
            try (var server =
                    DnsServer.start(
                            settings,
                            DnsWorld.EKS,
                            "eks-server",
                            world.live.snapshots(),
                            _ -> Optional.empty(),
                            new ConnectionDoor(),
                            () -> false,
                            events::add)) {
                var health = JsonNodeFactory.instance.objectNode();
                server.health(health);
                assertThat(health.path("dns").path("problem").asText())
                        .startsWith("dns: cannot listen on 127.0.0.1:" + taken.getLocalPort());
                assertThat(events)
                        .hasSize(1)
                        .allMatch(PeeringEvent.DnsNotListening.class::isInstance);

                taken.close();
                await().atMost(SOON).until(() -> server.problem().isEmpty());
                var listening =
                        new PeeringEvent.DnsListening(
                                "127.0.0.1:" + server.bound().orElseThrow().getPort(), "consul");
                await().atMost(SOON).until(() -> events.getLast().equals(listening));
            }
        }
    }

    private boolean isAnswered(Socket socket) throws IOException {
        socket.getOutputStream().write(framed(world.query("consul", Type.SOA).toWire()));
        return socket.getInputStream().read() >= 0 && socket.getInputStream().skip(1) >= 0;
    }

    private static boolean isOver(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException _) {
            return true; // a reset
        }
    }
}
