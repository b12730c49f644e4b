package dev.hansa.benchmarks.failover;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/// A client's connection, on which one request at a time is asked. It tries nothing again.
abstract sealed class Wire implements Closeable permits HttpWire, GrpcWire {
    /// Larger than any answer together with its frames.
    private static final int BUFFER = 16 * 1024;

    private final SocketChannel channel;
    private final InputStream stream;
    private final long beganNanos;

    /// What has come and was not taken yet: from 0 to the position.
    private final ByteBuffer arrived = ByteBuffer.allocate(BUFFER);

    /// @param source the own address: many connections to one port need more than one
    Wire(InetAddress source, InetSocketAddress to, long deadline) throws IOException {
        beganNanos = System.nanoTime();
        channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.bind(new InetSocketAddress(source, 0));
            channel.socket().connect(to, millisLeft(deadline));
            stream = channel.socket().getInputStream();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    static Wire open(ClientKind kind, InetAddress source, InetSocketAddress to, long deadline)
            throws IOException {
        return kind.isGrpc()
                ? new GrpcWire(source, to, deadline)
                : new HttpWire(source, to, deadline, kind.keeps());
    }

    /// When it began to connect.
    long beganNanos() {
        return beganNanos;
    }

    /// Asks, and waits for the whole answer.
    ///
    /// @return who answered
    /// @throws IOException when the whole expected answer has not come by the deadline; then the
    ///   connection is of no more use
    abstract String ask(String number, long deadline) throws IOException;

    /// Whether the other end has not been heard to close it: what a client's pool looks at before
    /// it gives a connection out.
    boolean seemsOpen() {
        try {
            channel.configureBlocking(false);
            var read = channel.read(arrived);
            channel.configureBlocking(true);
            return read >= 0;
        } catch (IOException _) {
            return false;
        }
    }

    final void write(byte[] bytes) throws IOException {
        channel.socket().getOutputStream().write(bytes);
    }

    /// Waits for so many bytes.
    ///
    /// @return all that have come, from 0 to the limit
    final ByteBuffer await(int bytes, long deadline) throws IOException {
        while (arrived.position() < bytes) {
            channel.socket().setSoTimeout(millisLeft(deadline));
            var read = stream.read(arrived.array(), arrived.position(), arrived.remaining());
            if (read < 0) {
                throw new IOException("closed before the answer was whole");
            }
            arrived.position(arrived.position() + read);
        }
        return arrived.duplicate().flip();
    }

    /// Forgets the first bytes of what has come.
    final void taken(int bytes) {
        arrived.flip().position(bytes);
        arrived.compact();
    }

    final int waiting() {
        return arrived.position();
    }

    private static int millisLeft(long deadline) throws SocketTimeoutException {
        var left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
            throw new SocketTimeoutException("no whole answer in time");
        }
        return Math.toIntExact(left);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException _) {
            // it is gone either way
        }
    }
}
