package dev.hansa.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/// Stands between dialers and their acceptor, as a network does: it can cut all connections, and
/// hold new ones back until a number of them is there, so that they begin together.
final class GatedRelay implements AutoCloseable {
    private static final int BUFFER = 64 * 1024;

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final List<Socket> open = new ArrayList<>();
    private int held;
    private int wanted;

    private GatedRelay(InetSocketAddress target, ServerSocket listener) {
        this.target = target;
        this.listener = listener;
    }

    static GatedRelay start(InetAddress listen, int port, InetSocketAddress target)
            throws IOException {
        var relay = new GatedRelay(target, new ServerSocket(port, 50, listen));
        Thread.ofVirtual().start(relay::accept);
        return relay;
    }

    private void accept() {
        try {
            while (true) {
                var caller = listener.accept();
                Thread.ofVirtual().start(() -> relay(caller));
            }
        } catch (IOException e) {
            if (!listener.isClosed()) {
                throw new UncheckedIOException("the relay stopped", e);
            }
        }
    }

    private void relay(Socket caller) {
        try (caller;
                var server = new Socket()) {
            caller.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            awaitTurn();
            server.connect(target);
            synchronized (this) {
                open.add(caller);
                open.add(server);
            }
            var back = Thread.ofVirtual().start(() -> copy(server, caller));
            copy(caller, server);
            back.join();
        } catch (IOException e) {
            // the dialer tries again, and a run that lacks it does not end well
            System.err.println("relay: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void awaitTurn() throws InterruptedException {
        held++;
        notifyAll();
        while (held < wanted) {
            wait();
        }
    }

    private static void copy(Socket from, Socket to) {
        var buffer = new byte[BUFFER];
        try (from;
                to) {
            while (true) {
                var read = from.getInputStream().read(buffer);
                if (read < 0) {
                    return;
                }
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException _) {
            // cut, by us or by an end: both sockets are closed on the way out
        }
    }

    /// Drops every connection, and lets new ones through when there are `together` of them.
    synchronized void cut(int together) throws IOException {
        held = 0;
        wanted = together;
        for (var socket : open) {
            socket.close();
        }
        open.clear();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut(0);
    }
}
