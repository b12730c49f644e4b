package dev.hansa.benchmarks.failover;

import dev.hansa.cli.ParentWatch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A process on a gateway's machine that tells how long a TCP connect to the other gateway takes:
/// whoever connects to it is told the time in nanoseconds.
final class ConnectTimer {
    private static final int LIMIT_MILLIS = 5000;

    private ConnectTimer() {}

    /// `ConnectTimer HOST PORT TARGET-HOST TARGET-PORT`.
    public static void main(String[] arguments) throws IOException {
        ParentWatch.start();
        var target = new InetSocketAddress(arguments[2], Integer.parseInt(arguments[3]));
        try (var listener = new ServerSocket()) {
            listener.bind(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])));
            while (true) {
                try (var asking = listener.accept()) {
                    asking.getOutputStream()
                            .write(
                                    Long.toString(nanos(target))
                                            .getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    System.err.println("not measured: " + e.getMessage());
                }
            }
        }
    }

    /// Of one connect from here.
    static long nanos(InetSocketAddress target) throws IOException {
        try (var socket = new Socket()) {
            var began = System.nanoTime();
            socket.connect(target, LIMIT_MILLIS);
            return System.nanoTime() - began;
        }
    }

    /// What the timer at this address says.
    static double millis(InetSocketAddress timer) throws IOException {
        try (var socket = new Socket()) {
            socket.setSoTimeout(2 * LIMIT_MILLIS);
            socket.connect(timer, LIMIT_MILLIS);
            var text =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (text.isEmpty()) {
                throw new IOException(
                        "connect time between the gateways: expected a number; found none");
            }
            return Long.parseLong(text) / 1e6;
        }
    }
}
