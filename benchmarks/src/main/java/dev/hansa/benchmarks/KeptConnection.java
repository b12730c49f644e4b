package dev.hansa.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// One HTTP connection that is kept: as little of a client as there can be, so that the server is
/// what is measured.
final class KeptConnection implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Socket socket = new Socket();
    private final InputStream in;
    private final String host;

    KeptConnection(String host, int port) throws IOException {
        this.host = host + ":" + port;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(new InetSocketAddress(host, port));
        in = new BufferedInputStream(socket.getInputStream());
    }

    static byte[] request(String host, String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /// @throws IllegalStateException when the answer is not 200
    void get(String path) throws IOException {
        socket.getOutputStream().write(request(host, path));
        awaitAnswer(path);
    }

    /// @throws IllegalStateException when the answer is not 200
    void put(String path, String body) throws IOException {
        var request =
                "PUT "
                        + path
                        + " HTTP/1.1\r\nHost: "
                        + host
                        + "\r\nContent-Length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        awaitAnswer(path);
    }

    private void awaitAnswer(String path) throws IOException {
        var status = line();
        if (!status.startsWith("HTTP/1.1 200")) {
            throw new IllegalStateException(path + ": expected 200; found '" + status + "'");
        }
        var length = 0;
        for (var header = line(); !header.isEmpty(); header = line()) {
            var parts = header.toLowerCase(Locale.ROOT).split(": ?", 2);
            if (parts[0].equals("content-length")) {
                length = Integer.parseInt(parts[1]);
            }
        }
        in.skipNBytes(length);
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (var c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException(host + ": expected an answer; found the end");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
