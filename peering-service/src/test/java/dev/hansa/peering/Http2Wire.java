package dev.hansa.peering;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// Frames over TLS, as RFC 9113 has them.
final class Http2Wire implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;
    static final int REFUSED_STREAM = 7;
    static final int ENHANCE_YOUR_CALM = 11;

    /// A frame as it comes.
    record Frame(int type, int flags, int stream, Buffer payload) {
        static final int DATA = 0;
        static final int HEADERS = 1;
        static final int RESET = 3;
        static final int SETTINGS = 4;
        static final int GO_AWAY = 7;
        static final int WINDOW_UPDATE = 8;
        static final int CONTINUATION = 9;

        boolean endsStream() {
            return (flags & END_STREAM) != 0;
        }

        /// Of a reset or a goodbye.
        int error() {
            return payload.getInt(type == GO_AWAY ? 4 : 0);
        }
    }

    private final SSLSocket socket;
    private final DataInputStream in;

    Http2Wire(SSLContext context, int port) throws IOException {
        socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.setSoTimeout((int) LIMIT.toMillis());
        socket.startHandshake();
        in = new DataInputStream(socket.getInputStream());
        socket.getOutputStream()
                .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        write(Frame.SETTINGS, 0, 0, new byte[0]);
        awaitFrame(Frame.SETTINGS);
        // theirs is taken
        write(Frame.SETTINGS, 1, 0, new byte[0]);
    }

    void write(int type, int flags, int stream, byte[] payload) throws IOException {
        var frame = new ByteArrayOutputStream();
        frame.write(payload.length >> 16);
        frame.write(payload.length >> 8);
        frame.write(payload.length);
        frame.write(type);
        frame.write(flags);
        for (var shift = 24; shift >= 0; shift -= 8) {
            frame.write(stream >> shift);
        }
        frame.write(payload);
        socket.getOutputStream().write(frame.toByteArray());
    }

    /// A GET, its headers neither compressed nor remembered.
    static byte[] get(String path) {
        return block(path, List.of());
    }

    /// A PUT, the same; its method is a literal.
    static byte[] put(String path) {
        return block(path, List.of(Map.entry(0x02, "PUT")));
    }

    private static byte[] block(String path, List<Map.Entry<Integer, String>> method) {
        var block = new ByteArrayOutputStream();
        for (var field : method) {
            block.write(field.getKey());
            block.write(field.getValue().length());
            block.writeBytes(field.getValue().getBytes(StandardCharsets.US_ASCII));
        }
        if (method.isEmpty()) {
            block.write(0x82);
        }
        block.write(0x87);
        for (var field : List.of(Map.entry(0x04, path), Map.entry(0x01, "localhost"))) {
            block.write(field.getKey());
            block.write(field.getValue().length());
            block.writeBytes(field.getValue().getBytes(StandardCharsets.US_ASCII));
        }
        return block.toByteArray();
    }

    Frame read() throws IOException {
        var length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        var type = in.readUnsignedByte();
        var flags = in.readUnsignedByte();
        var stream = in.readInt();
        return new Frame(type, flags, stream, Buffer.buffer(in.readNBytes(length)));
    }

    Frame awaitFrame(int type) throws IOException {
        for (var frame = read(); ; frame = read()) {
            if (frame.type() == type) {
                return frame;
            }
        }
    }

    boolean hearsNothingFor(Duration time) throws IOException {
        socket.setSoTimeout((int) time.toMillis());
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException _) {
            return true;
        } finally {
            socket.setSoTimeout((int) LIMIT.toMillis());
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
