package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// An application that says again what it hears, and callers that hold it to that: some with a new
/// connection for each word, some with one for all.
final class EchoLoad implements AutoCloseable {
    private static final int WORD = 32;
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final Duration BETWEEN_WORDS = Duration.ofMillis(50);

    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger shortOnes = new AtomicInteger();
    private final AtomicInteger words = new AtomicInteger();
    private final List<ServerSocket> servers = new ArrayList<>();
    private final List<Thread> callers = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);

    void serve(String host, int port) throws IOException {
        serve(host, port, new AtomicInteger());
    }

    /// @param served counts connections on which something was said, from its first word
    void serve(String host, int port, AtomicInteger served) throws IOException {
        var server = new ServerSocket(port, 128, InetAddress.getByName(host));
        servers.add(server);
        Thread.ofVirtual()
                .start(() -> {
                    while (!server.isClosed()) {
                        try {
                            var socket = server.accept();
                            Thread.ofVirtual().start(() -> echo(socket, served));
                        } catch (IOException _) {
                            return;
                        }
                    }
                });
    }

    private static void echo(Socket socket, AtomicInteger served) {
        try (socket) {
            var word = new byte[WORD];
            var heard = socket.getInputStream().read(word);
            if (heard > 0) {
                // now, and not at the end, which a proxy may pass on late
                served.incrementAndGet();
                socket.getOutputStream().write(word, 0, heard);
                socket.getInputStream().transferTo(socket.getOutputStream());
            }
        } catch (IOException _) {
            // a check or a caller that went away
        }
    }

    /// One word there and back, on a connection of its own.
    static boolean answers(InetSocketAddress address) {
        try (var socket = connect(address)) {
            exchange(socket, 0);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    static boolean isListening(InetSocketAddress address) {
        try (var _ = connect(address)) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /// One that waits for 10 s at most, for the connection and for each word.
    static Socket connect(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        try {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            socket.connect(address, TIMEOUT_MILLIS);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static void exchange(Socket socket, int number) throws IOException {
        var word = "%032d".formatted(number).getBytes(StandardCharsets.US_ASCII);
        socket.getOutputStream().write(word);
        var heard = socket.getInputStream().readNBytes(WORD);
        if (!Arrays.equals(word, heard)) {
            throw new IOException("expected " + WORD + " bytes back; found " + heard.length);
        }
    }

    void start(InetSocketAddress address, int shortCallers, int longCallers) {
        start(address, shortCallers, longCallers, Duration.ofMillis(20));
    }

    /// @param pause of each short caller after a connection
    void start(InetSocketAddress address, int shortCallers, int longCallers, Duration pause) {
        for (var i = 0; i < shortCallers; i++) {
            caller(() -> {
                var number = 0;
                do {
                    try (var socket = connect(address)) {
                        exchange(socket, number++);
                        shortOnes.incrementAndGet();
                    }
                } while (!isOver(pause));
            });
        }
        for (var i = 0; i < longCallers; i++) {
            caller(() -> {
                try (var socket = connect(address)) {
                    var number = 0;
                    do {
                        exchange(socket, number++);
                        words.incrementAndGet();
                    } while (!isOver(BETWEEN_WORDS));
                }
            });
        }
    }

    /// Whether it is over, at the end of a pause that its end cuts short.
    private boolean isOver(Duration pause) throws InterruptedException {
        return over.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    @FunctionalInterface
    private interface Call {
        void run() throws IOException, InterruptedException;
    }

    private void caller(Call call) {
        callers.add(
                Thread.ofVirtual()
                        .start(() -> {
                            while (over.getCount() > 0) {
                                try {
                                    call.run();
                                } catch (IOException e) {
                                    failures.add(Instant.now() + " " + e);
                                } catch (InterruptedException _) {
                                    return;
                                }
                            }
                        }));
    }

    void stop() throws InterruptedException {
        over.countDown();
        for (var caller : callers) {
            caller.join();
        }
    }

    Queue<String> failures() {
        return failures;
    }

    int shortConnections() {
        return shortOnes.get();
    }

    int wordsOnLongConnections() {
        return words.get();
    }

    @Override
    public void close() throws IOException {
        over.countDown();
        for (var server : servers) {
            server.close();
        }
    }
}
