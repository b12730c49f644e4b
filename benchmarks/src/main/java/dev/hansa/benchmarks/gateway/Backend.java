package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// What is behind the proxies: answers a hello with [Talk#WELCOME] bytes and each command with as
/// many as it asks for. A process of its own, which ends with its standard input.
public final class Backend {
    private static final int BACKLOG = 4096;

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final ByteBuffer source = ByteBuffer.allocateDirect(256 << 10);

    private Backend(InetSocketAddress address) throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        listener.bind(address, BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    public static void main(String[] arguments) throws IOException {
        var backend =
                new Backend(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])));
        Children.endWithParent();
        System.out.println("ready");
        backend.run();
    }

    @SuppressWarnings("InfiniteLoopStatement")
    private void run() throws IOException {
        while (true) {
            selector.select(this::serve);
        }
    }

    private void serve(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept();
            } else if (key.attachment() instanceof Caller caller) {
                caller.serve(key);
            }
        } catch (IOException e) {
            Children.closeQuietly(key);
        }
    }

    private void accept() throws IOException {
        var channel = listener.accept();
        while (channel != null) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.register(selector, SelectionKey.OP_READ, new Caller(channel));
            channel = listener.accept();
        }
    }

    private final class Caller {
        private final SocketChannel channel;
        private int helloLeft = Talk.HELLO;
        private int commandRead;
        private long asked;
        private long left;

        Caller(SocketChannel channel) {
            this.channel = channel;
        }

        void serve(SelectionKey key) throws IOException {
            if (key.isReadable() && !read(key)) {
                return;
            }
            while (left > 0) {
                var out = source.duplicate();
                out.limit((int) Math.min(left, out.capacity()));
                left -= channel.write(out);
                if (out.hasRemaining()) {
                    break;
                }
            }
            var wanted = left > 0 ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
            if (key.interestOps() != wanted) {
                key.interestOps(wanted);
            }
        }

        private boolean read(SelectionKey key) throws IOException {
            var in = Children.scratch();
            if (channel.read(in) < 0) {
                key.cancel();
                channel.close();
                return false;
            }
            in.flip();
            while (in.hasRemaining()) {
                take(in.get());
            }
            return true;
        }

        private void take(byte next) {
            if (helloLeft > 0) {
                if (--helloLeft == 0) {
                    left += Talk.WELCOME;
                }
                return;
            }
            if (commandRead < Long.BYTES) {
                asked = asked << 8 | next & 0xff;
            }
            if (++commandRead == Talk.COMMAND) {
                left += asked;
                asked = 0;
                commandRead = 0;
            }
        }
    }
}
