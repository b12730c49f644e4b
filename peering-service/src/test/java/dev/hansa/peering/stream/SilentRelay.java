package dev.hansa.peering.stream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A middlebox: carries TCP to one port of loopback until it is told to lose its connections
/// without a word to either end. New ones are carried again.
final class SilentRelay implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<Socket> lost = ConcurrentHashMap.newKeySet();
    private final int target;

    SilentRelay(String target) throws IOException {
        this.target = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
        Thread.ofVirtual().start(this::serve);
    }

    String address() {
        return "127.0.0.1:" + door.getLocalPort();
    }

    /// From now on nothing passes on the connections there are.
    void fallSilent() {
        lost.addAll(sockets);
    }

    private void serve() {
        try {
            while (true) {
                var caller = door.accept();
                var called = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.add(caller);
                sockets.add(called);
                Thread.ofVirtual().start(() -> carry(caller, called));
                Thread.ofVirtual().start(() -> carry(called, caller));
            }
        } catch (IOException _) {
            // closed
        }
    }

    /// What is lost is still read, so that neither end sees a full buffer.
    private void carry(Socket from, Socket to) {
        var buffer = new byte[16 * 1024];
        try {
            for (var read = from.getInputStream().read(buffer);
                    read >= 0;
                    read = from.getInputStream().read(buffer)) {
                if (!lost.contains(from)) {
                    to.getOutputStream().write(buffer, 0, read);
                }
            }
            if (!lost.contains(from)) {
                to.shutdownOutput();
            }
        } catch (IOException _) {
            // one end is gone
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        for (var socket : sockets) {
            socket.close();
        }
    }
}
