package dev.hansa.gateway.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/// ClientHellos: as real libraries send them, and as nobody should.
public final class Hellos {
    private Hellos() {}

    static byte[] ofJdk(String name, String... protocols)
            throws NoSuchAlgorithmException, SSLException {
        var engine = SSLContext.getDefault().createSSLEngine(name, 443);
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(protocols);
        return first(engine);
    }

    public static byte[] ofBoringSsl(String name, String... protocols) throws SSLException {
        var context =
                SslContextBuilder.forClient()
                        .sslProvider(SslProvider.OPENSSL)
                        .protocols(protocols)
                        .build();
        var engine = context.newEngine(UnpooledByteBufAllocator.DEFAULT, name, 443);
        try {
            return first(engine);
        } finally {
            ReferenceCountUtil.release(engine);
        }
    }

    private static byte[] first(SSLEngine engine) throws SSLException {
        var out = ByteBuffer.allocate(64 * 1024);
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    /// The handshake message in the records of `wire`.
    static byte[] message(byte[] wire) {
        var out = Unpooled.buffer();
        for (var at = 0; at < wire.length; ) {
            var length = (wire[at + 3] & 0xff) << 8 | wire[at + 4] & 0xff;
            out.writeBytes(wire, at + 5, length);
            at += 5 + length;
        }
        return bytes(out);
    }

    /// The message in one record, or in records that end at `cuts`.
    static byte[] records(byte[] message, int... cuts) {
        var out = Unpooled.buffer();
        var from = 0;
        for (var to : Arrays.copyOf(cuts, cuts.length + 1)) {
            var end = to == 0 ? message.length : to;
            out.writeByte(22).writeShort(0x0301).writeShort(end - from);
            out.writeBytes(message, from, end - from);
            from = end;
        }
        return bytes(out);
    }

    /// Records of `size` bytes each.
    static byte[] inRecordsOf(int size, byte[] message) {
        var cuts = new ArrayList<Integer>();
        for (var at = size; at < message.length; at += size) {
            cuts.add(at);
        }
        return records(message, cuts.stream().mapToInt(Integer::intValue).toArray());
    }

    /// A hello with these extensions, each whole with its type and length.
    static byte[] with(byte[]... extensions) {
        var all = Unpooled.buffer();
        List.of(extensions).forEach(all::writeBytes);
        var body = Unpooled.buffer();
        body.writeShort(0x0303).writeZero(32);
        body.writeByte(32).writeZero(32);
        body.writeShort(4).writeShort(0x0a0a).writeShort(0x1301);
        body.writeByte(1).writeByte(0);
        body.writeShort(all.readableBytes()).writeBytes(all);
        return message(1, bytes(body));
    }

    static byte[] message(int type, byte[] body) {
        var out = Unpooled.buffer();
        out.writeByte(type).writeMedium(body.length).writeBytes(body);
        return bytes(out);
    }

    static byte[] extension(int type, byte[] content) {
        var out = Unpooled.buffer();
        out.writeShort(type).writeShort(content.length).writeBytes(content);
        return bytes(out);
    }

    static byte[] serverName(String name) {
        return serverName(name.getBytes(US_ASCII));
    }

    static byte[] serverName(byte[] name) {
        var out = Unpooled.buffer();
        out.writeShort(name.length + 3).writeByte(0).writeShort(name.length).writeBytes(name);
        return extension(0, bytes(out));
    }

    private static byte[] bytes(ByteBuf buffer) {
        var bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        buffer.release();
        return bytes;
    }
}
