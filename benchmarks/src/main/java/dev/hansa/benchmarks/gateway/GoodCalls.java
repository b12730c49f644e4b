package dev.hansa.benchmarks.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Callers whom a gateway serves while it is attacked, at a pace of their own: requests on
/// connections that stand, and calls on new ones. Each is timed from the moment at which it was
/// due, so that one that is late makes the next ones late too. A process of its own.
public final class GoodCalls {
    private static final int LINES = 8;
    private static final int LIMIT_MILLIS = 5000;

    private final byte[] hello;
    private final byte[] command = new byte[Talk.COMMAND];
    private final Queue<Long> standing = new ConcurrentLinkedQueue<>();
    private final Queue<Long> fresh = new ConcurrentLinkedQueue<>();
    private final AtomicLong failed = new AtomicLong();

    private GoodCalls(String name) {
        hello = Talk.hello(name);
        Talk.command(Load.ANSWER).get(0, command);
    }

    /// One call, or another.
    private interface Call {
        void make() throws IOException;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(new GoodCalls(arguments[0]).obey(line.split(" ", -1)));
        }
    }

    /// `HOST PORT REQUESTS-A-SECOND CALLS-A-SECOND MILLISECONDS` → `P50 P99 HOW-MANY` of requests,
    /// the same of calls, nanoseconds, and how many have `FAILED`.
    private String obey(String[] words) throws IOException, InterruptedException {
        var to = new InetSocketAddress(words[0], Integer.parseInt(words[1]));
        var lasts = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(words[4]));
        var threads = new ArrayList<Thread>();
        for (var i = 0; i < LINES; i++) {
            threads.add(Thread.ofPlatform().start(() -> stand(to, words[2], lasts)));
            threads.add(
                    Thread.ofPlatform()
                            .start(() -> pace(words[3], lasts, fresh, () -> open(to).close())));
        }
        for (var thread : threads) {
            thread.join();
        }
        return of(standing) + " " + of(fresh) + " " + failed;
    }

    private void stand(InetSocketAddress to, String perSecond, long lasts) {
        try (var socket = open(to)) {
            pace(
                    perSecond,
                    lasts,
                    standing,
                    () -> {
                        socket.getOutputStream().write(command);
                        fill(socket, Load.ANSWER);
                    });
        } catch (IOException _) {
            failed.incrementAndGet();
        }
    }

    private Socket open(InetSocketAddress to) throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.connect(to, LIMIT_MILLIS);
            socket.getOutputStream().write(hello);
            fill(socket, Talk.WELCOME);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /// @param perSecond of all lines together
    private void pace(String perSecond, long lasts, Queue<Long> times, Call call) {
        var between = TimeUnit.SECONDS.toNanos(LINES) / Long.parseLong(perSecond);
        var began = System.nanoTime();
        for (var due = between / 2; due < lasts; due += between) {
            var left = due - (System.nanoTime() - began);
            while (left > 0) {
                LockSupport.parkNanos(left);
                left = due - (System.nanoTime() - began);
            }
            try {
                call.make();
                times.add(System.nanoTime() - began - due);
            } catch (IOException _) {
                failed.incrementAndGet();
            }
        }
    }

    private static String of(Queue<Long> times) {
        var sorted = times.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted.length == 0
                ? "0 0 0"
                : sorted[sorted.length / 2]
                        + " "
                        + sorted[sorted.length * 99 / 100]
                        + " "
                        + sorted.length;
    }

    private static void fill(Socket socket, int count) throws IOException {
        var found = socket.getInputStream().readNBytes(count).length;
        if (found < count) {
            throw new IOException("expected " + count + " bytes; found " + found);
        }
    }
}
