package dev.hansa.benchmarks.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Who attacks a gateway, from many addresses, one attack at a time: an order a line on its
/// standard input, one line of numbers for each on its standard output. A process of its own, so
/// that it shares nothing with what it measures but the machine.
public final class Strangers {
    /// Of those that do not stay, open at once; what a gateway gives a second to read its alert is
    /// no more.
    private static final int AT_ONCE = 500;

    private static final long TICK_MILLIS = 10;

    private final Selector selector = Selector.open();
    private final List<InetAddress> sources = new ArrayList<>();
    private final Deque<SelectionKey> dripping = new ArrayDeque<>();
    private Attack attack = Attack.CONNECT;
    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private InetSocketAddress target = new InetSocketAddress(0);
    private int standing;
    private long made;
    private long sent;
    private long failed;

    /// @param arguments the first two bytes of the addresses that they come from, and how many
    private Strangers(String[] arguments) throws IOException {
        for (var i = 0; i < Integer.parseInt(arguments[1]); i++) {
            sources.add(InetAddress.ofLiteral(arguments[0] + "." + i / 200 + "." + (1 + i % 200)));
        }
    }

    public static void main(String[] arguments) throws IOException {
        var strangers = new Strangers(arguments);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(strangers.obey(line.split(" ", -1)));
        }
    }

    /// `ATTACK HOST PORT AT-ONCE A-SECOND MILLISECONDS` → `CONNECTIONS BYTES FAILED STANDING`, all
    /// closed after that. Failed are those that could not be connected.
    private String obey(String[] words) throws IOException {
        attack = Attack.valueOf(words[0]);
        bytes = ByteBuffer.wrap(attack.bytes());
        target = new InetSocketAddress(words[1], Integer.parseInt(words[2]));
        var most = attack.stays() ? Integer.parseInt(words[3]) : AT_ONCE;
        var perSecond = Long.parseLong(words[4]);
        var lasts = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(words[5]));
        standing = 0;
        made = 0;
        sent = 0;
        failed = 0;
        var opened = 0L;
        var began = System.nanoTime();
        var dripped = 0L;
        for (var past = 0L; past < lasts; past = System.nanoTime() - began) {
            // what could not be opened in its time is not opened later
            var due = Math.min(past * perSecond / 1_000_000_000 - opened, perSecond / 10);
            opened += Math.max(due, 0);
            for (var i = 0; i < due && standing < most; i++) {
                open(sources.get((int) ((opened + i) % sources.size())));
            }
            if (past - dripped >= TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS)) {
                drip(past - dripped);
                dripped = past;
            }
            selector.select(this::serve, TICK_MILLIS);
        }
        var stood = standing;
        for (var key : selector.keys()) {
            Children.closeQuietly(key);
        }
        dripping.clear();
        selector.selectNow();
        return made + " " + sent + " " + failed + " " + stood;
    }

    private void open(InetAddress from) {
        try {
            var channel = SocketChannel.open();
            standing++;
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.bind(new InetSocketAddress(from, 0));
            var isConnected = channel.connect(target);
            var key = channel.register(selector, SelectionKey.OP_CONNECT, bytes.duplicate());
            if (isConnected) {
                connected(key);
            }
        } catch (IOException _) {
            failed++;
        }
    }

    private void serve(SelectionKey key) {
        try {
            if (key.isConnectable()) {
                ((SocketChannel) key.channel()).finishConnect();
                connected(key);
            } else if (key.isReadable()) {
                if (((SocketChannel) key.channel()).read(Children.scratch()) < 0) {
                    gone(key);
                }
            } else if (key.isWritable()) {
                say(key);
            }
        } catch (IOException _) {
            failed += key.isValid() && key.interestOps() == SelectionKey.OP_CONNECT ? 1 : 0;
            gone(key);
        }
    }

    private void gone(SelectionKey key) {
        if (key.isValid()) {
            standing--;
            Children.closeQuietly(key);
        }
    }

    private void connected(SelectionKey key) throws IOException {
        made++;
        switch (attack) {
            case CONNECT -> gone(key);
            case RESET -> {
                ((SocketChannel) key.channel()).setOption(StandardSocketOptions.SO_LINGER, 0);
                gone(key);
            }
            case SLOW -> {
                key.interestOps(SelectionKey.OP_READ);
                dripping.add(key);
            }
            case SILENT -> key.interestOps(SelectionKey.OP_READ);
            case GARBAGE, HTTP, SSLV2, LARGE -> say(key);
        }
    }

    private void say(SelectionKey key) throws IOException {
        var left = (ByteBuffer) key.attachment();
        sent += ((SocketChannel) key.channel()).write(left);
        key.interestOps(
                left.hasRemaining()
                        ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
                        : SelectionKey.OP_READ);
    }

    /// Each of them has its turn once a second.
    private void drip(long nanos) {
        var count = Math.ceilDiv(dripping.size() * nanos, 1_000_000_000L);
        for (var i = 0; i < count && !dripping.isEmpty(); i++) {
            var key = dripping.remove();
            if (key.isValid()) {
                var next = (ByteBuffer) key.attachment();
                try {
                    if (next.remaining() > 1) {
                        sent +=
                                ((SocketChannel) key.channel())
                                        .write(next.slice(next.position(), 1));
                        next.position(next.position() + 1);
                    }
                    dripping.add(key);
                } catch (IOException _) {
                    gone(key);
                }
            }
        }
    }
}
