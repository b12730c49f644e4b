package dev.hansa.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Readers that wait for a change, each on a connection of its own; one thread reads them all.
final class WaitingCrowd implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    /// All have been sent and none was answered: those that the server has still to read are read.
    private static final Duration SETTLE = Duration.ofSeconds(5);

    /// What has come of one.
    private static final class Answer {
        private final StringBuilder text = new StringBuilder();
    }

    private final Selector selector;
    private final List<SocketChannel> channels;

    private WaitingCrowd(Selector selector, List<SocketChannel> channels) {
        this.selector = selector;
        this.channels = channels;
    }

    /// Returns when all wait.
    ///
    /// @throws IllegalStateException when one is answered before anything has changed
    static WaitingCrowd gather(ServerProcess server, String path, int readers)
            throws IOException, InterruptedException {
        var index = server.read(path + "?pretty", "0").index();
        var host = server.host();
        var request = KeptConnection.request(host + ":8500", path + "?wait=10m&index=" + index);
        var selector = Selector.open();
        var crowd = new WaitingCrowd(selector, new ArrayList<>());
        for (var i = 0; i < readers; i++) {
            var channel = SocketChannel.open(new InetSocketAddress(host, 8500));
            crowd.channels.add(channel);
            channel.write(ByteBuffer.wrap(request));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Answer());
        }
        if (selector.select(SETTLE.toMillis()) > 0) {
            crowd.close();
            throw new IllegalStateException(
                    "waiting readers: expected none to be answered; found one that was");
        }
        return crowd;
    }

    /// When the last of them had its whole answer, by the clock of [System#nanoTime].
    long lastAnswer() throws IOException {
        var deadline = System.nanoTime() + ANSWER_LIMIT.toNanos();
        var buffer = ByteBuffer.allocate(64 * 1024);
        var left = channels.size();
        while (left > 0) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "waiting readers: expected all to be answered within "
                                + ANSWER_LIMIT.toSeconds()
                                + " s; found "
                                + left
                                + " that were not");
            }
            selector.select(100);
            for (var key : selector.selectedKeys()) {
                left -= read(key, buffer) ? 1 : 0;
            }
            selector.selectedKeys().clear();
        }
        return System.nanoTime();
    }

    private static boolean read(SelectionKey key, ByteBuffer buffer) throws IOException {
        var text = ((Answer) key.attachment()).text;
        var channel = (SocketChannel) key.channel();
        buffer.clear();
        var count = channel.read(buffer);
        if (count < 0) {
            throw new IOException("waiting readers: expected answers; found the end of one");
        }
        text.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
        if (!isWhole(text)) {
            return false;
        }
        if (!text.substring(0, 12).equals("HTTP/1.1 200")) {
            throw new IllegalStateException(
                    "waiting readers: expected 200; found '" + text.substring(0, 60) + "'");
        }
        key.cancel();
        return true;
    }

    private static boolean isWhole(StringBuilder text) {
        var end = text.indexOf("\r\n\r\n");
        var at = text.indexOf("content-length: ");
        if (end < 0 || at < 0) {
            return false;
        }
        var from = at + "content-length: ".length();
        var length = Integer.parseInt(text.substring(from, text.indexOf("\r", from)));
        return text.length() >= end + 4 + length;
    }

    @Override
    public void close() throws IOException {
        for (var channel : channels) {
            channel.close();
        }
        selector.close();
    }
}
