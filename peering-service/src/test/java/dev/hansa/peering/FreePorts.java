package dev.hansa.peering;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// Ports of loopback for what must know them before it listens. They lie below those that the
/// kernel gives to connections (32,768 and up) and apart from those of other modules' tests, which
/// run at the same time.
public final class FreePorts {
    private static final int FIRST = 11_000;
    private static final int COUNT = 9_000;
    private static final AtomicInteger NEXT = new AtomicInteger(new Random().nextInt(COUNT));

    private FreePorts() {}

    public static int one() {
        // so many taken ones would be a defect of the machine
        for (var tries = 0; tries < 1000; tries++) {
            var port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException _) {
                // taken: the next one
            }
        }
        throw new IllegalStateException("ports: expected a free one of 1000; found none");
    }

    public static List<Integer> some(int count) {
        return Stream.generate(FreePorts::one).limit(count).toList();
    }
}
