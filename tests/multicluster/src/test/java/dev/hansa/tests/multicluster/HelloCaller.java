package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/// Strangers that say a ClientHello to a gateway and expect its answer, unrecognized_name, each on
/// a connection of its own. Nothing on the way tries a second time for them.
final class HelloCaller implements AutoCloseable {
    private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};
    private static final int TIMEOUT_MILLIS = 10_000;

    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answers = new AtomicInteger();
    private final List<Thread> callers = new ArrayList<>();
    private volatile boolean isOver;

    void start(InetSocketAddress gateway, int count) throws SSLException, NoSuchAlgorithmException {
        var hello = hello();
        for (var i = 0; i < count; i++) {
            callers.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                while (!isOver) {
                                    call(gateway, hello);
                                    pause();
                                }
                            }));
        }
    }

    private void call(InetSocketAddress gateway, byte[] hello) {
        try (var socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(gateway, TIMEOUT_MILLIS);
            socket.getOutputStream().write(hello);
            var heard = socket.getInputStream().readNBytes(UNRECOGNIZED_NAME.length);
            if (!Arrays.equals(heard, UNRECOGNIZED_NAME)) {
                throw new IOException("expected an alert; found " + heard.length + " bytes");
            }
            answers.incrementAndGet();
        } catch (IOException e) {
            failures.add(Instant.now() + " " + e);
        }
    }

    /// So that a few callers stay within what a gateway takes a second.
    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(10);
        } catch (InterruptedException _) {
            isOver = true;
        }
    }

    private static byte[] hello() throws SSLException, NoSuchAlgorithmException {
        var engine = SSLContext.getDefault().createSSLEngine("nobody.example", 443);
        engine.setUseClientMode(true);
        var bytes = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), bytes);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    int answers() {
        return answers.get();
    }

    Queue<String> failures() {
        return failures;
    }

    void stop() throws InterruptedException {
        isOver = true;
        for (var caller : callers) {
            caller.join();
        }
    }

    @Override
    public void close() {
        isOver = true;
    }
}
