package dev.hansa.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// A port that leads to another one, or does what doors of dying machines do.
public final class TestingDoor implements AutoCloseable {
    private final int to;
    private final ServerSocket server;
    private final AtomicReference<Mood> mood = new AtomicReference<>(Mood.OPEN);
    private final AtomicReference<CountDownLatch> gate =
            new AtomicReference<>(new CountDownLatch(0));
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Thread acceptor;
    private volatile boolean dead;
    private final List<Socket> fillers = new ArrayList<>();

    enum Mood {
        OPEN,
        /// Accepts and never says a word.
        SILENT,
        /// Accepts and closes.
        CLOSING,
        /// Answers in a language that is not TLS.
        FOREIGN
    }

    public TestingDoor(int to) throws IOException {
        this(to, 200);
    }

    private TestingDoor(int to, int backlog) throws IOException {
        this.to = to;
        this.server = new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
        this.acceptor = Thread.ofVirtual().start(this::accept);
    }

    /// One that may [#die].
    public static TestingDoor mortal(int to) throws IOException {
        return new TestingDoor(to, 1);
    }

    /// One whose kernel answers no connection any more.
    public static TestingDoor full() throws IOException {
        var door = mortal(0);
        door.die();
        return door;
    }

    /// As if the machine was gone: nothing that was sent to it is answered, and no connect is. Its
    /// queue is full, and nobody accepts.
    public void die() throws IOException {
        dead = true;
        // who waits in accept takes one more, and must not do so once the queue is full
        fill();
        try {
            acceptor.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
        for (var i = 0; i < 16; i++) {
            try {
                fill();
            } catch (IOException e) {
                return;
            }
        }
        throw new IllegalStateException("expected a queue that fills up; found one that does not");
    }

    private void fill() throws IOException {
        var filler = new Socket();
        fillers.add(filler);
        filler.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()),
                200);
    }

    /// No more connections are taken; those that stand go on.
    public void shut() throws IOException {
        server.close();
    }

    public int port() {
        return server.getLocalPort();
    }

    int accepted() {
        return accepted.get();
    }

    int open() {
        return open.size();
    }

    void mood(Mood next) {
        mood.set(next);
    }

    /// From now on nothing is passed on until the latch is counted down.
    public void hold(CountDownLatch until) {
        gate.set(until);
    }

    private void accept() {
        while (!server.isClosed() && !dead) {
            try {
                var socket = server.accept();
                accepted.incrementAndGet();
                open.add(socket);
                if (dead) {
                    return;
                }
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                // closed: the loop ends
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            switch (mood.get()) {
                case SILENT -> socket.getInputStream().readAllBytes();
                case CLOSING -> {}
                case FOREIGN -> {
                    socket.getOutputStream().write("220 good morning\r\n".getBytes(UTF_8));
                    socket.getInputStream().readAllBytes();
                }
                case OPEN -> {
                    gate.get().await();
                    relay(socket);
                }
            }
        } catch (IOException e) {
            // the other end is gone, and so is this one
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    private void relay(Socket from) throws IOException, InterruptedException {
        try (var onward = new Socket(InetAddress.getLoopbackAddress(), to)) {
            var back = Thread.ofVirtual().start(() -> pass(onward, from));
            pass(from, onward);
            back.join();
        }
    }

    private void pass(Socket from, Socket onward) {
        try {
            var buffer = new byte[8192];
            for (int read; (read = from.getInputStream().read(buffer)) >= 0; ) {
                gate.get().await();
                if (!dead) {
                    onward.getOutputStream().write(buffer, 0, read);
                }
            }
            if (!dead) {
                onward.shutdownOutput();
            }
        } catch (IOException e) {
            // seen by the other direction too
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (var socket : open) {
            socket.close();
        }
        for (var filler : fillers) {
            filler.close();
        }
    }
}
