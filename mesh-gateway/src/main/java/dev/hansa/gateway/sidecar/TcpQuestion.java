package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.wire.Acceptance;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Does it accept connections: where the kernel can be asked, the application itself, and not the
/// kernel alone. The connection is closed when it has been accepted.
final class TcpQuestion implements Question {
    /// One that waits is waited for again, so that an application that is stopped does not find a
    /// heap of them; but not for ever, as of several that listen at one port only one may hang.
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final int LONGEST_PAUSE_MILLIS = 8;

    private final Endpoint application;
    private final Duration timeout;
    private final Acceptance acceptance;
    private @Nullable Socket waiting;
    private long waitingSince;

    TcpQuestion(Endpoint application, Duration timeout, Acceptance acceptance) {
        this.application = application;
        this.timeout = timeout;
        this.acceptance = acceptance;
    }

    @Override
    public Answer ask() {
        var deadline = System.nanoTime() + timeout.toNanos();
        try {
            var socket = waiting;
            if (socket == null) {
                socket = connected();
                waiting = socket;
                waitingSince = System.nanoTime();
            }
            var answer = accepted(socket, deadline);
            if (!(answer instanceof Answer.Silent)
                    || System.nanoTime() - waitingSince > PATIENCE.toNanos()) {
                close();
            }
            return answer;
        } catch (SocketTimeoutException e) {
            close();
            return new Answer.Silent(
                    application + ": no connection within " + timeout.toMillis() + " ms");
        } catch (IOException e) {
            close();
            return new Answer.Bad(application + ": " + e.getMessage());
        }
    }

    private Socket connected() throws IOException {
        var socket = new Socket();
        try {
            socket.connect(
                    new InetSocketAddress(application.host(), application.port()),
                    Math.toIntExact(timeout.toMillis()));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private Answer accepted(Socket socket, long deadline) throws IOException {
        var there = (InetSocketAddress) socket.getRemoteSocketAddress();
        var here = (InetSocketAddress) socket.getLocalSocketAddress();
        for (var pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
            switch (acceptance.of(there, here)) {
                case ACCEPTED, UNKNOWN -> {
                    return new Answer.Good(application + " accepts connections");
                }
                case GONE -> {
                    return new Answer.Bad(application + ": closed before it was accepted");
                }
                case WAITING -> {
                    if (System.nanoTime() - deadline >= 0) {
                        return new Answer.Silent(
                                application
                                        + ": a connection was not accepted within "
                                        + timeout.toMillis()
                                        + " ms");
                    }
                    pause(socket, pause);
                }
            }
        }
    }

    /// Whatever is heard meanwhile, the kernel is asked again what it means.
    private static void pause(Socket socket, int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            socket.getInputStream().read();
        } catch (SocketTimeoutException e) {
            // the usual case: it was only to pass the time
        } catch (IOException e) {
            // reset: it may have been accepted before
        }
    }

    @Override
    public void close() {
        var socket = waiting;
        waiting = null;
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                // it is gone either way
            }
        }
    }
}
