package dev.hansa.gateway.wire;

import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A listener that asks the kernel of each connection what it had dialled (`SO_ORIGINAL_DST`).
///
/// That is asked of a descriptor, and Java tells none of its sockets'. A new socket has the lowest
/// number that is free, which is found out just before, and held against the addresses of the
/// connection after; where somebody else has opened something in between, all descriptors are gone
/// through.
final class RedirectedDoor extends NioServerSocketChannel {
    private static final int NONE = -1;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    RedirectedDoor() {}

    RedirectedDoor(ServerSocketChannel socket) {
        super(socket);
    }

    @Override
    protected int doReadMessages(List<Object> accepted) throws Exception {
        var guess = lowestFree();
        var socket = javaChannel().accept();
        if (socket == null) {
            return 0;
        }
        try {
            accepted.add(new RedirectedChannel(this, socket, dialled(socket, guess)));
            return 1;
        } catch (RuntimeException e) {
            // any other kind of failure would close the listener, for good
            try (socket) {
                throw new IOException("a connection that was redirected", e);
            }
        }
    }

    /// None where a process may open no more: then there is nothing to accept either.
    private static int lowestFree() {
        try {
            return Libc.lowestFree();
        } catch (IOException _) {
            return NONE;
        }
    }

    private static Optional<InetSocketAddress> dialled(SocketChannel socket, int guess) {
        try {
            var local = socket.getLocalAddress();
            var remote = socket.getRemoteAddress();
            if (Libc.connects(guess, local, remote)) {
                return Libc.originalDestination(guess);
            }
            return descriptor(local, remote).flatMap(Libc::originalDestination);
        } catch (IOException | DirectoryIteratorException _) {
            // it is refused, as one that was not redirected
            return Optional.empty();
        }
    }

    private static Optional<Integer> descriptor(SocketAddress local, SocketAddress remote)
            throws IOException {
        try (var all = Files.newDirectoryStream(DESCRIPTORS)) {
            for (var entry : all) {
                var descriptor = Integer.parseInt(entry.getFileName().toString());
                if (Libc.connects(descriptor, local, remote)) {
                    return Optional.of(descriptor);
                }
            }
        }
        return Optional.empty();
    }
}
