package dev.hansa.benchmarks.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;

/// What the load and the backend say to each other through a proxy: a ClientHello and an answer to
/// it, as TLS begins, then commands in the clear, so that the proxy and not TLS is what is
/// measured.
public final class Talk {
    /// Of a ClientHello as browsers pad it.
    static final int HELLO = 517;

    /// What a server's first flight comes to.
    static final int WELCOME = 1200;

    /// Each asks for a number of bytes.
    public static final int COMMAND = 64;

    private Talk() {}

    /// A ClientHello record of [#HELLO] bytes with one name.
    static byte[] hello(String name) {
        var host = name.getBytes(US_ASCII);
        var hello = ByteBuffer.allocate(HELLO);
        hello.put((byte) 22).putShort((short) 0x0301).putShort((short) (HELLO - 5));
        hello.put((byte) 1).put((byte) 0).putShort((short) (HELLO - 9));
        hello.putShort((short) 0x0303).put(new byte[32]);
        hello.put((byte) 32).put(new byte[32]);
        hello.putShort((short) 4).putShort((short) 0x1301).putShort((short) 0x1302);
        hello.put((byte) 1).put((byte) 0);
        hello.putShort((short) (HELLO - hello.position() - 2));
        hello.putShort((short) 0).putShort((short) (host.length + 5));
        hello.putShort((short) (host.length + 3)).put((byte) 0);
        hello.putShort((short) host.length).put(host);
        // padding, RFC 7685
        hello.putShort((short) 21).putShort((short) (HELLO - hello.position() - 2));
        return hello.array();
    }

    /// @param bytes that the backend shall send
    static ByteBuffer command(long bytes) {
        return ByteBuffer.allocateDirect(COMMAND).putLong(0, bytes);
    }
}
