package dev.hansa.tests.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// Ports of loopback for what must know them before it listens, or listens there again. Each
/// process has a block for itself, since modules are tested at the same time, some in two
/// processes, and another build may run on the machine. All blocks lie below what kernels give to
/// connections (32,768 and up) and to training runs (from 28,000).
public final class FreePorts {
    private static final int FIRST = 11_000;

    /// Of ten builds at a time, each with two modules.
    private static final int BLOCKS = 34;

    private static final int BLOCK = 500;

    /// Held as long as this process lives, at the first port of its block.
    private static final ServerSocket CLAIM = claim();

    private static final AtomicInteger NEXT = new AtomicInteger();

    private FreePorts() {}

    private static ServerSocket claim() {
        for (var block = 0; block < BLOCKS; block++) {
            try {
                return new ServerSocket(FIRST + block * BLOCK, 1, InetAddress.getLoopbackAddress());
            } catch (IOException _) {
                // another process's
            }
        }
        throw new IllegalStateException(
                "ports: expected a block of " + BLOCKS + " that no other process has; found none");
    }

    public static int one() {
        // so many taken ones would be a defect of the machine
        for (var tries = 0; tries < BLOCK; tries++) {
            var port = CLAIM.getLocalPort() + 1 + NEXT.getAndIncrement() % (BLOCK - 1);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("ports: expected a free one of " + BLOCK + "; found none");
    }

    /// Looks without listening: a bound socket that may share its port keeps nobody from listening
    /// there in the same moment.
    private static boolean isFree(int port) {
        try (var socket = new Socket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    public static List<Integer> some(int count) {
        return Stream.generate(FreePorts::one).limit(count).toList();
    }
}
