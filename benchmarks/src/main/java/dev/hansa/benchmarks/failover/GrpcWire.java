package dev.hansa.benchmarks.failover;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/// gRPC: HTTP/2 with one stream at a time. A client of ours and not the library's, which tries a
/// request again by itself where it knows that nobody has seen it, and waits before it connects
/// again: here the sidecars are measured.
final class GrpcWire extends Wire {
    private static final byte DATA = 0;
    private static final byte HEADERS = 1;
    private static final byte SETTINGS = 4;
    private static final byte PING = 6;
    private static final byte WINDOW_UPDATE = 8;
    private static final byte ACKNOWLEDGED = 1;
    private static final byte END_OF_STREAM = 1;
    private static final byte END_OF_HEADERS = 4;
    private static final int FRAME_HEAD = 9;

    /// Not compressed, and the length.
    private static final int MESSAGE_HEAD = 5;

    /// More than a connection of ours ever carries, so that no window has to be opened again.
    private static final int WINDOW = 1 << 30;

    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
    private int stream = -1;

    GrpcWire(InetAddress source, InetSocketAddress to, long deadline) throws IOException {
        super(source, to, deadline);
    }

    @Override
    String ask(String number, long deadline) throws IOException {
        var out = Unpooled.buffer();
        if (stream < 0) {
            out.writeBytes(Http2CodecUtil.connectionPrefaceBuf());
            frame(out, SETTINGS, 0, 0, Unpooled.EMPTY_BUFFER);
            frame(out, WINDOW_UPDATE, 0, 0, Unpooled.buffer().writeInt(WINDOW));
        }
        stream += 2;
        frame(out, HEADERS, END_OF_HEADERS, stream, headers());
        frame(out, DATA, END_OF_STREAM, stream, message(number));
        write(ByteBufUtil.getBytes(out));
        return answer(number, deadline);
    }

    private ByteBuf headers() throws IOException {
        var headers =
                new DefaultHttp2Headers()
                        .method("POST")
                        .scheme("http")
                        .path("/" + Application.GRPC_METHOD)
                        .authority("rpc")
                        .add("content-type", "application/grpc")
                        .add("te", "trailers");
        var block = Unpooled.buffer();
        try {
            encoder.encodeHeaders(stream, headers, block);
        } catch (Http2Exception e) {
            throw new IOException("headers", e);
        }
        return block;
    }

    private static ByteBuf message(String text) {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        return Unpooled.buffer().writeByte(0).writeInt(bytes.length).writeBytes(bytes);
    }

    private static void frame(ByteBuf out, byte type, int flags, int stream, ByteBuf payload) {
        out.writeMedium(payload.readableBytes());
        out.writeByte(type).writeByte(flags).writeInt(stream).writeBytes(payload);
    }

    /// Reads frames until the stream's end.
    private String answer(String number, long deadline) throws IOException {
        var data = Unpooled.buffer();
        while (true) {
            var head = Unpooled.wrappedBuffer(await(FRAME_HEAD, deadline));
            var length = head.readUnsignedMedium();
            var type = head.readByte();
            var flags = head.readByte();
            var of = head.readInt();
            var payload =
                    Unpooled.copiedBuffer(await(FRAME_HEAD + length, deadline))
                            .slice(FRAME_HEAD, length);
            taken(FRAME_HEAD + length);
            switch (type) {
                case DATA -> data.writeBytes(payload);
                case HEADERS -> {
                    var headers = decoded(payload);
                    if ((flags & END_OF_STREAM) != 0 && of == stream) {
                        return told(headers, data, number);
                    }
                }
                case SETTINGS, PING -> acknowledge(type, flags, payload);
                case WINDOW_UPDATE -> {
                    // requests are too small to fill a window
                }
                default -> throw new IOException("expected an answer; found a frame of " + type);
            }
        }
    }

    private void acknowledge(byte type, byte flags, ByteBuf payload) throws IOException {
        if ((flags & ACKNOWLEDGED) == 0) {
            var out = Unpooled.buffer();
            frame(out, type, ACKNOWLEDGED, 0, type == PING ? payload : Unpooled.EMPTY_BUFFER);
            write(ByteBufUtil.getBytes(out));
        }
    }

    private Http2Headers decoded(ByteBuf block) throws IOException {
        try {
            return decoder.decodeHeaders(stream, block);
        } catch (Http2Exception e) {
            throw new IOException("headers of an answer", e);
        }
    }

    private static String told(Http2Headers trailers, ByteBuf data, String number)
            throws IOException {
        var status = trailers.get("grpc-status");
        if (status == null || !status.toString().equals("0")) {
            throw new IOException(
                    "expected grpc-status 0; found " + status + " " + trailers.get("grpc-message"));
        }
        if (data.readableBytes() < MESSAGE_HEAD) {
            throw new IOException("expected a message; found " + data.readableBytes() + " bytes");
        }
        data.skipBytes(MESSAGE_HEAD);
        return Answer.from(data.toString(StandardCharsets.US_ASCII), number);
    }
}
