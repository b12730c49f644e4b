package dev.hansa.benchmarks.failover;

import dev.hansa.cli.ParentWatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// A long way between datacenters, as a process in a network namespace that routes between them:
/// each packet that the kernel routes into its TUN device comes back out of it after the delay. It
/// delays packets, not connections: a relay that accepts connections would answer a caller's SYN at
/// once, and no connect would take the round trip.
final class DelayedLink {
    private static final int MTU = 1500;

    /// A second of 20,000 packets; what a router cannot keep it drops, and TCP sends it again.
    private static final int MOST_PACKETS = 20_000;

    private final BlockingQueue<Packet> onTheWay = new ArrayBlockingQueue<>(MOST_PACKETS);
    private final AtomicLong dropped = new AtomicLong();

    private record Packet(long dueNanos, ByteBuffer bytes) {}

    /// `DelayedLink DEVICE MILLIS`; prints `ready` when the device is there.
    public static void main(String[] arguments) throws IOException {
        ParentWatch.start();
        var link = new DelayedLink();
        var device = Libc.openTun(arguments[0]);
        var delay = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(arguments[1]));
        Thread.ofPlatform().daemon().name("out").start(() -> link.deliver(device));
        System.out.println("ready");
        link.take(device, delay);
    }

    private void take(int device, long delay) throws IOException {
        var end = new Libc.End(device, MTU);
        while (true) {
            var bytes = ByteBuffer.wrap(end.read());
            if (!onTheWay.offer(new Packet(System.nanoTime() + delay, bytes))) {
                System.err.println("packets dropped: " + dropped.incrementAndGet());
            }
        }
    }

    /// All have the same delay, so that the first that came is the first to go.
    private void deliver(int device) {
        var end = new Libc.End(device, MTU);
        try {
            while (true) {
                var packet = onTheWay.take();
                for (var left = packet.dueNanos() - System.nanoTime(); left > 0; ) {
                    LockSupport.parkNanos(left);
                    left = packet.dueNanos() - System.nanoTime();
                }
                end.write(packet.bytes().array());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException("the link is broken", e);
        }
    }
}
