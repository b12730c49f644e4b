package dev.hansa.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/// An application that says what it hears, until it hears the end.
public final class EchoServer implements AutoCloseable {
    private final ServerSocket server;
    private final AtomicLong heard = new AtomicLong();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile CountDownLatch gate = new CountDownLatch(0);

    public EchoServer(int port) throws IOException {
        this.server = new ServerSocket(port, 100, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /// From now on nobody is answered until the latch is counted down, and nobody accepted but one
    /// for whom it waits already.
    void busy(CountDownLatch until) {
        gate = until;
    }

    /// Bytes that it has heard from all who came.
    long heard() {
        return heard.get();
    }

    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var socket = server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> echo(socket));
                gate.await();
            } catch (IOException e) {
                // closed: the loop ends
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void echo(Socket socket) {
        try (socket) {
            var buffer = new byte[8192];
            for (int read; (read = socket.getInputStream().read(buffer)) >= 0; ) {
                heard.addAndGet(read);
                gate.await();
                socket.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException e) {
            // the other end is gone, and so is this one
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (var socket : open) {
            socket.close();
        }
    }
}
