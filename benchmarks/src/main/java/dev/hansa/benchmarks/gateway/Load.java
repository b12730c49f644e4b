package dev.hansa.benchmarks.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The load: one command a line on its standard input, one line of numbers for each on its standard
/// output. A process of its own, so that it shares nothing with what it measures but the machine.
///
/// A connection counts only when its whole welcome has come, a request when its whole answer has,
/// and bytes when all that were asked for have. Everything else has failed.
final class Load {
    static final int ANSWER = 512;

    /// Of a bulk transfer at once.
    private static final long PIECE = 64L << 20;

    /// What has not come by then after the end of the time has failed.
    private static final long TAIL = TimeUnit.SECONDS.toNanos(10);

    private final Selector selector = Selector.open();
    private final byte[] hello;
    private final List<SocketChannel> held = new ArrayList<>();
    private Kind kind = Kind.CONNECTIONS;
    private InetSocketAddress target = new InetSocketAddress(0);
    private long until;
    private long units;
    private long failed;
    private int running;

    /// What is asked for on each connection.
    enum Kind {
        /// Nothing after the welcome; then another connection.
        CONNECTIONS,
        /// [#ANSWER] bytes, again and again.
        REQUESTS,
        /// [#PIECE] bytes, again and again.
        BULK,
        /// Nothing, and it stays open.
        HOLD
    }

    private Load(String name) throws IOException {
        hello = Talk.hello(name);
    }

    public static void main(String[] arguments) throws IOException {
        var load = new Load(arguments[0]);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(load.obey(line.split(" ", -1)));
        }
    }

    /// `KIND HOST PORT HOW-MANY MILLISECONDS` → `UNITS FAILED NANOSECONDS`; `LATENCY HOST PORT
    /// HOW-MANY 0` → `P50 P99 FAILED`, nanoseconds; `DROP` → `0`.
    private String obey(String[] words) throws IOException {
        if (words[0].equals("DROP")) {
            for (var channel : held) {
                channel.close();
            }
            held.clear();
            selector.selectNow();
            return "0";
        }
        target = new InetSocketAddress(words[1], Integer.parseInt(words[2]));
        var count = Integer.parseInt(words[3]);
        if (words[0].equals("LATENCY")) {
            return latency(count);
        }
        kind = Kind.valueOf(words[0]);
        var began = System.nanoTime();
        until = began + TimeUnit.MILLISECONDS.toNanos(Long.parseLong(words[4]));
        units = 0;
        failed = 0;
        running = 0;
        if (kind == Kind.HOLD) {
            // no more at once than any proxy's backlog takes
            for (var left = count; left > 0; left -= Math.min(left, 100)) {
                begin(Math.min(left, 100));
                finish();
            }
        } else {
            begin(count);
            finish();
        }
        return units + " " + failed + " " + (System.nanoTime() - began);
    }

    private void begin(int count) {
        for (var i = 0; i < count; i++) {
            open();
        }
    }

    private void finish() throws IOException {
        while (running > 0) {
            selector.select(this::serve, 1000);
            if (System.nanoTime() - until > TAIL) {
                failed += running;
                running = 0;
                for (var key : selector.keys()) {
                    if (key.attachment() instanceof Call call && !call.settled) {
                        Children.closeQuietly(key);
                    }
                }
                selector.selectNow();
            }
        }
    }

    private boolean over() {
        return System.nanoTime() - until >= 0;
    }

    private void open() {
        running++;
        try {
            var channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            var call = new Call(channel);
            var isConnected = channel.connect(target);
            var key = channel.register(selector, SelectionKey.OP_CONNECT, call);
            if (isConnected) {
                call.connected(key);
            }
        } catch (IOException e) {
            running--;
            failed++;
        }
    }

    private void serve(SelectionKey key) {
        if (!(key.attachment() instanceof Call call) || call.settled) {
            Children.closeQuietly(key);
            return;
        }
        try {
            if (key.isConnectable() && call.channel.finishConnect()) {
                call.connected(key);
            } else if (key.isReadable()) {
                call.read(key);
            }
        } catch (IOException e) {
            call.fail(key);
        }
    }

    private final class Call {
        private final SocketChannel channel;
        private final ByteBuffer command =
                Talk.command(
                        switch (kind) {
                            case BULK -> PIECE;
                            case REQUESTS -> ANSWER;
                            case CONNECTIONS, HOLD -> 0;
                        });
        private boolean welcomed;
        private boolean settled;
        private long left = Talk.WELCOME;

        Call(SocketChannel channel) {
            this.channel = channel;
        }

        void connected(SelectionKey key) throws IOException {
            key.interestOps(SelectionKey.OP_READ);
            if (channel.write(ByteBuffer.wrap(hello)) != hello.length) {
                throw new IOException("a hello did not fit into an empty socket");
            }
        }

        void read(SelectionKey key) throws IOException {
            var in = Children.scratch();
            var count = channel.read(in);
            if (count < 0 || count > left) {
                fail(key);
                return;
            }
            left -= count;
            if (left == 0) {
                whole(key);
            }
        }

        private void whole(SelectionKey key) throws IOException {
            var first = !welcomed;
            welcomed = true;
            switch (kind) {
                case CONNECTIONS, HOLD -> units++;
                case REQUESTS -> units += first ? 0 : 1;
                case BULK -> units += first ? 0 : PIECE;
            }
            if (kind == Kind.HOLD) {
                settled = true;
                key.interestOps(0);
                held.add(channel);
                running--;
            } else if (kind == Kind.CONNECTIONS || over()) {
                settled = true;
                Children.closeQuietly(key);
                running--;
                if (!over()) {
                    open();
                }
            } else {
                ask();
            }
        }

        private void ask() throws IOException {
            left = command.getLong(0);
            if (channel.write(command.rewind()) != Talk.COMMAND) {
                throw new IOException("a command did not fit into an empty socket");
            }
        }

        void fail(SelectionKey key) {
            settled = true;
            failed++;
            running--;
            Children.closeQuietly(key);
            if (kind != Kind.HOLD && !over()) {
                open();
            }
        }
    }

    private String latency(int count) throws IOException {
        try (var channel = SocketChannel.open(target)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().setSoTimeout(5000);
            write(channel, ByteBuffer.wrap(hello));
            fill(channel, Talk.WELCOME);
            var command = Talk.command(ANSWER);
            var times = new long[count];
            for (var i = -count / 4; i < count; i++) {
                var began = System.nanoTime();
                write(channel, command.rewind());
                fill(channel, ANSWER);
                if (i >= 0) {
                    times[i] = System.nanoTime() - began;
                }
            }
            Arrays.sort(times);
            return times[count / 2] + " " + times[count * 99 / 100] + " 0";
        } catch (IOException e) {
            return "0 0 1";
        }
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void fill(SocketChannel channel, int count) throws IOException {
        var in = Children.scratch().limit(count);
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new IOException("expected " + in.remaining() + " more bytes; found the end");
            }
        }
    }
}
