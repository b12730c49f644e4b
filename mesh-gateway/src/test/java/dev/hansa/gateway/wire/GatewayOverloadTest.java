package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Beyond each limit new connections are reset, and those that stand go on.
@Timeout(60)
class GatewayOverloadTest {
    private static final long SECOND = 1_000_000_000;

    private final Transport transport = new Transport(2);
    private final Doors doors = new Doors(transport, false);
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final AtomicLong clock = new AtomicLong();
    private final AtomicBoolean memoryShort = new AtomicBoolean();
    private final AtomicInteger taken = new AtomicInteger();
    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
        doors.close();
        transport.close();
    }

    @Test
    void oneConnectionTooManyIsResetUntilAnotherEnds() throws Exception {
        var address = listen(2, 1000);
        var first = connect(address);
        assertEchoes(first);
        var second = connect(address);
        assertEchoes(second);

        assertReset(connect(address));

        assertRefused(Refusal.TOO_MANY_CONNECTIONS);
        assertEchoes(first);
        second.close();
        await().untilAsserted(() -> assertEchoes(connect(address)));
        assertEchoes(first);
    }

    @Test
    void connectionsBeyondTheRateAreResetUntilThereIsAllowanceAgain() throws Exception {
        var address = listen(1000, 5);
        var standing = new ArrayList<Socket>();
        for (var i = 0; i < 5; i++) {
            standing.add(connect(address));
            assertEchoes(standing.getLast());
        }

        assertReset(connect(address));

        assertRefused(Refusal.TOO_MANY_AT_ONCE);
        for (var socket : standing) {
            assertEchoes(socket);
        }
        clock.addAndGet(SECOND / 5);
        assertEchoes(connect(address));
        assertReset(connect(address));
    }

    @Test
    void connectionsAreResetWhileMemoryIsShort() throws Exception {
        var address = listen(1000, 1000);
        var standing = connect(address);
        assertEchoes(standing);
        memoryShort.set(true);

        assertReset(connect(address));

        assertRefused(Refusal.MEMORY_SHORT);
        assertEchoes(standing);
        memoryShort.set(false);
        assertEchoes(connect(address));
    }

    @Test
    void whatIsRefusedReachesNobody() throws Exception {
        var address = listen(1, 1000);
        assertEchoes(connect(address));
        for (var i = 0; i < 100; i++) {
            assertReset(connect(address));
        }
        assertThat(taken).hasValue(1);
        await().until(() -> events.size() == 100);
    }

    @Test
    void buffersThatStandAreSeenAndGoneWhenTheyAreReleased() {
        var before = Transport.directUse();
        var held = new ArrayList<ByteBuf>();
        for (var i = 0; i < 64; i++) {
            held.add(Transport.BUFFERS.directBuffer(1 << 20));
        }
        var with = Transport.directUse();
        held.forEach(ByteBuf::release);

        assertThat(with - before)
                .isGreaterThan(0.9 * (64 << 20) / Runtime.getRuntime().maxMemory());
        assertThat(Transport.directUse()).isLessThan(with / 2);
    }

    private InetSocketAddress listen(int connections, int perSecond) throws IOException {
        var admission =
                new Admission(
                        "gateway",
                        connections,
                        perSecond,
                        memoryShort::get,
                        clock::get,
                        events::add);
        var channel =
                doors.open(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        admission,
                        this::echo);
        return (InetSocketAddress) channel.localAddress();
    }

    private void echo(Channel channel) {
        taken.incrementAndGet();
        channel.pipeline()
                .addLast(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object message) {
                                ctx.writeAndFlush(message);
                            }

                            @Override
                            public void userEventTriggered(
                                    ChannelHandlerContext ctx, Object event) {
                                ctx.close(); // it has said FIN
                            }
                        });
        channel.config().setAutoRead(true);
    }

    private Socket connect(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        sockets.add(socket);
        socket.connect(address);
        socket.setSoTimeout(Math.toIntExact(Duration.ofSeconds(20).toMillis()));
        return socket;
    }

    private static void assertEchoes(Socket socket) {
        try {
            socket.getOutputStream().write(7);
            assertThat(socket.getInputStream().read()).isEqualTo(7);
        } catch (IOException e) {
            throw new AssertionError("expected an echo", e);
        }
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    private void assertRefused(Refusal reason) {
        await().until(() -> events.contains(new GatewayEvent.NotAdmitted("gateway", reason)));
    }
}
