package dev.hansa.peering.dns;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;

/// One TCP connection: queries with their lengths before them, as many at a time as a client likes,
/// answered in their order. Who does not read his answers gets no further ones made. On an event
/// loop.
final class Conversation {
    /// A query is a name, its type and an option or two; longer is no query.
    static final int MAX_QUERY = 4096;

    private static final int LENGTH = 2;

    private final NetSocket socket;
    private final Responder responder;
    private Buffer held = Buffer.buffer();
    private long lastQuery = System.nanoTime();
    private boolean over;

    Conversation(NetSocket socket, Responder responder) {
        this.socket = socket;
        this.responder = responder;
    }

    void begin(Runnable whenOver) {
        // whoever is gone needs no answer
        socket.exceptionHandler(_ -> socket.close());
        socket.closeHandler(_ -> {
            over = true;
            // what came while it was paused is let go of only when it is handed over
            socket.resume();
            whenOver.run();
        });
        socket.handler(more -> {
            if (!over) {
                held.appendBuffer(more);
                goOn();
            }
        });
    }

    private void goOn() {
        var at = 0;
        while (held.length() - at >= LENGTH) {
            if (socket.writeQueueFull()) {
                socket.pause();
                socket.drainHandler(_ -> {
                    socket.resume();
                    goOn();
                });
                break;
            }
            var length = held.getUnsignedShort(at);
            if (length > MAX_QUERY) {
                socket.close();
                return;
            }
            var end = at + LENGTH + length;
            if (end > held.length()) {
                break;
            }
            var answer = responder.overTcp(held.getBytes(at + LENGTH, end));
            if (answer.isEmpty()) {
                socket.close();
                return;
            }
            lastQuery = System.nanoTime();
            socket.write(framed(answer.get()));
            at = end;
        }
        if (at > 0) {
            held = held.getBuffer(at, held.length());
        }
    }

    private static Buffer framed(byte[] answer) {
        return Buffer.buffer(LENGTH + answer.length)
                .appendUnsignedShort(answer.length)
                .appendBytes(answer);
    }

    /// Since the last whole query, or the beginning: a byte now and then is no conversation.
    long idleNanos() {
        return System.nanoTime() - lastQuery;
    }

    void close() {
        socket.close();
    }
}
