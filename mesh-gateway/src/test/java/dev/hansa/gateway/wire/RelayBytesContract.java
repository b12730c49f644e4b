package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.ByteCounts;
import dev.hansa.tests.support.Conversation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Many connections at once through a gateway, each with a conversation of its own that follows
/// from its number: both ends know every byte that the other will say, in which pieces, where it
/// pauses, and whether it ends with FIN or RST. Every byte is compared.
///
/// `-Dhansa.relay.connections=1000000` makes a long run of it; `-Dhansa.relay.first=N` begins with
/// another number, as a failure names one.
abstract class RelayBytesContract {
    private static final int CONNECTIONS = Integer.getInteger("hansa.relay.connections", 2000);
    private static final int FIRST = Integer.getInteger("hansa.relay.first", 1);
    private static final int AT_ONCE = 48;

    /// A stream that does not move for so long has been lost.
    private static final int LOST_MILLIS = 30_000;

    private static final int FAILURES_TOLD = 10;
    private static final String NAME = "billing.default.west.internal.1a2b.consul";
    private static final byte[] HELLO = Hellos.records(Hellos.with(Hellos.serverName(NAME)));

    final Transport transport = new Transport(2);
    private final PassiveHealth seen = new PassiveHealth((_, _, _) -> {});
    private final Latest<RouteTable> table = new Latest<>(RouteTable.EMPTY);
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicLong compared = new AtomicLong();
    private final AtomicLong in = new AtomicLong();
    private final AtomicLong out = new AtomicLong();

    /// Opens a socket on any port of the loopback interface for it.
    abstract InetSocketAddress listen(SniGateway gateway) throws IOException;

    @AfterEach
    void close() throws Exception {
        transport.close();
    }

    @Test
    void everyByteArrivesInItsOrderAndEveryEndAsWhatItWas() throws Exception {
        var gateway =
                new SniGateway(
                        transport,
                        new SniRouter(table, () -> false, seen),
                        seen,
                        Duration.ofHours(1),
                        Clock.systemUTC(),
                        _ -> {},
                        in::addAndGet,
                        out::addAndGet,
                        _ -> ByteCounts.NONE);
        var listener = listen(gateway);
        var next = new AtomicInteger(FIRST);
        try (var upstream = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            serve(upstream);
            threads.submit(() -> {
                while (true) {
                    var accepted = upstream.accept();
                    threads.submit(() -> answer(accepted));
                }
            });
            var callers =
                    IntStream.range(0, AT_ONCE)
                            .mapToObj(_ ->
                                    threads.submit(() -> {
                                        var seed = next.getAndIncrement();
                                        while (seed < FIRST + CONNECTIONS
                                                && failures.size() < FAILURES_TOLD) {
                                            call(listener, seed);
                                            seed = next.getAndIncrement();
                                        }
                                    }))
                            .toList();
            for (var caller : callers) {
                caller.get();
            }
            await().until(() -> gateway.open() == 0);
            upstream.close();
        }
        assertThat(failures).isEmpty();
        assertThat(answered)
                .hasValue(
                        (int)
                                IntStream.range(FIRST, FIRST + CONNECTIONS)
                                        .filter(seed -> !conversation(seed).caller().resets())
                                        .count());
        assertThat(compared.get()).isGreaterThan(CONNECTIONS * 5000L);
        System.out.println(
                getClass().getSimpleName()
                        + ": "
                        + CONNECTIONS
                        + " connections, "
                        + compared
                        + " bytes compared, 0 differences");
    }

    private void serve(ServerSocket server) {
        table.set(TestingGateway.exported(NAME, server.getLocalPort()));
    }

    private void call(InetSocketAddress listener, int seed) {
        try (var socket = new Socket(listener.getAddress(), listener.getPort())) {
            socket.setSoTimeout(LOST_MILLIS);
            var first = ByteBuffer.allocate(HELLO.length + Integer.BYTES).put(HELLO).putInt(seed);
            socket.getOutputStream().write(first.array());
            talk(socket, conversation(seed), true);
        } catch (IOException | InterruptedException e) {
            failures.add("connection " + seed + ", caller: " + e);
        }
    }

    /// One whose hello does not come is the loser of a race, which a slow machine makes, or its
    /// caller has gone; the others are counted.
    private void answer(Socket accepted) {
        try (var socket = accepted) {
            socket.setSoTimeout(LOST_MILLIS);
            var head = head(socket);
            if (head.length == HELLO.length + Integer.BYTES) {
                var conversation = conversation(ByteBuffer.wrap(head).getInt(HELLO.length));
                if (!Arrays.equals(head, 0, HELLO.length, HELLO, 0, HELLO.length)) {
                    failures.add("another hello");
                }
                if (!conversation.caller().resets()) {
                    answered.incrementAndGet();
                }
                talk(socket, conversation, false);
            }
        } catch (IOException | InterruptedException e) {
            failures.add("an endpoint: " + e);
        }
    }

    private static byte[] head(Socket socket) {
        try {
            return socket.getInputStream().readNBytes(HELLO.length + Integer.BYTES);
        } catch (IOException _) {
            return new byte[0];
        }
    }

    private static Conversation conversation(int seed) {
        return Conversation.of(0, seed, Conversation.Lengths.LONG);
    }

    private void talk(Socket socket, Conversation conversation, boolean caller)
            throws IOException, InterruptedException {
        var outcome = conversation.talk(socket, caller);
        compared.addAndGet(outcome.compared());
        failures.addAll(outcome.failures());
    }
}
