package dev.hansa.benchmarks.gateway;

import dev.hansa.tests.support.Conversation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Both ends of conversations through a gateway: callers who say a hello and a number first, and
/// the endpoint that they are carried to. Each end knows every byte that the other will say, and
/// compares it. An order a line on its standard input, a line of numbers for each on its standard
/// output; what was wrong on its standard error. A process of its own.
public final class Conversations {
    private static final int BACKLOG = 4096;
    private static final int FAILURES_TOLD = 10;

    /// A stream that does not move for so long has been lost.
    private static final int LOST_MILLIS = 30_000;

    /// What has come to the endpoint may still be compared when its caller has gone.
    private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final ServerSocket listener;
    private final byte[] hello;
    private final long seed;
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger talking = new AtomicInteger();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong compared = new AtomicLong();
    private final AtomicLong resets = new AtomicLong();

    private Conversations(InetSocketAddress endpoint, String name, long seed) throws IOException {
        listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(endpoint, BACKLOG);
        hello = Talk.hello(name);
        this.seed = seed;
    }

    /// @param arguments where the endpoint is, the name that leads to it, and the run's number
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var conversations =
                new Conversations(
                        new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])),
                        arguments[2],
                        Long.parseLong(arguments[3]));
        Thread.ofVirtual().start(conversations::acceptAll);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(conversations.obey(line.split(" ", -1)));
        }
        System.exit(0);
    }

    /// `HOST PORT FIRST HOW-MANY AT-ONCE` → `BYTES RESETS DIFFERENCES`: bytes that were compared,
    /// resets that were passed on, and conversations that were not as they should have been.
    private String obey(String[] words) throws InterruptedException {
        var to = new InetSocketAddress(words[0], Integer.parseInt(words[1]));
        var first = Long.parseLong(words[2]);
        var end = first + Long.parseLong(words[3]);
        failures.clear();
        answered.set(0);
        compared.set(0);
        resets.set(0);
        var next = new AtomicLong(first);
        var callers = new ArrayList<Thread>();
        for (var i = 0; i < Integer.parseInt(words[4]); i++) {
            callers.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                for (var number = next.getAndIncrement();
                                        number < end && failures.size() < FAILURES_TOLD;
                                        number = next.getAndIncrement()) {
                                    call(to, number);
                                }
                            }));
        }
        for (var caller : callers) {
            caller.join();
        }
        var expected = 0L;
        for (var number = first; number < end; number++) {
            expected += conversation(number).caller().resets() ? 0 : 1;
        }
        var until = System.nanoTime() + LAST_NANOS;
        while ((talking.get() > 0 || answered.get() < expected)
                && failures.isEmpty()
                && System.nanoTime() < until) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        if (failures.isEmpty() && answered.get() != expected) {
            failures.add("expected " + expected + " that were answered; found " + answered);
        }
        failures.forEach(System.err::println);
        return compared + " " + resets + " " + failures.size();
    }

    private void call(InetSocketAddress to, long number) {
        try (var socket = new Socket()) {
            // as many addresses as keep the ports of none busy
            socket.bind(new InetSocketAddress(source(number), 0));
            socket.connect(to, LOST_MILLIS);
            socket.setSoTimeout(LOST_MILLIS);
            socket.setTcpNoDelay(true);
            var first = ByteBuffer.allocate(hello.length + Long.BYTES).put(hello).putLong(number);
            socket.getOutputStream().write(first.array());
            talk(socket, conversation(number), true);
        } catch (IOException | InterruptedException e) {
            failures.add("conversation " + number + ", caller: " + e);
        }
    }

    private static InetAddress source(long number) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 112, 0, (byte) (1 + number % 64)});
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                var accepted = listener.accept();
                Thread.ofVirtual().start(() -> answer(accepted));
            } catch (IOException e) {
                failures.add("the endpoint: " + e);
                return;
            }
        }
    }

    /// One whose hello does not come is the loser of a race, which a slow machine makes, or its
    /// caller has gone; the others are counted.
    private void answer(Socket accepted) {
        talking.incrementAndGet();
        try (var socket = accepted) {
            socket.setSoTimeout(LOST_MILLIS);
            socket.setTcpNoDelay(true);
            var head = head(socket);
            if (head.length == hello.length + Long.BYTES) {
                var number = ByteBuffer.wrap(head).getLong(hello.length);
                var conversation = conversation(number);
                if (!Arrays.equals(head, 0, hello.length, hello, 0, hello.length)) {
                    failures.add("conversation " + number + ": another hello");
                }
                talk(socket, conversation, false);
                if (!conversation.caller().resets()) {
                    answered.incrementAndGet();
                }
            }
        } catch (IOException | InterruptedException e) {
            failures.add("an endpoint: " + e);
        } finally {
            talking.decrementAndGet();
        }
    }

    private byte[] head(Socket socket) {
        try {
            return socket.getInputStream().readNBytes(hello.length + Long.BYTES);
        } catch (IOException _) {
            return new byte[0];
        }
    }

    private Conversation conversation(long number) {
        return Conversation.of(seed, number, Conversation.Lengths.SHORT);
    }

    private void talk(Socket socket, Conversation conversation, boolean caller)
            throws IOException, InterruptedException {
        var outcome = conversation.talk(socket, caller);
        compared.addAndGet(outcome.compared());
        resets.addAndGet(outcome.isReset() ? 1 : 0);
        failures.addAll(outcome.failures());
    }
}
