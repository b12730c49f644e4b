package dev.hansa.gateway.sidecar;

import dev.hansa.gateway.wire.Acceptance;
import dev.hansa.gateway.wire.Carriage;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Ends connections that wait for an application which is stopped or hangs, so that their callers
/// connect anew, and to another instance, instead of waiting for as long as they have patience. Two
/// witnesses have to agree:
///
/// 1. The check of the application is critical, and [#SILENT] of its questions in a row got no
///    answer at all: newcomers are sent elsewhere after the first one and lose nothing by it, while
///    those who are within lose a call.
/// 2. For [#LEAST], and at each look after such a question, the caller has had the last word,
///    something of it has lain unread in the kernel, and the application has neither said nor read
///    a single byte of this connection. Who reads a big request slowly moves, and the time begins
///    anew.
///
/// What has been read is worked on, however long it takes and however few connections are served at
/// a time: such a connection is left alone. But what waits unread for a thread that works on
/// something else, be it of the same connection, is not told from what a stopped application does
/// not read: hence the time, and the setting that switches this off.
///
/// Safe for all event loops.
final class Unread {
    /// One or two may be a stall of a machine that has too much to do.
    private static final int SILENT = 3;

    /// Longer than an event loop is busy with one thing, as a rule, and than a collector of garbage
    /// stops a process; shorter than most callers' patience.
    static final Duration LEAST = Duration.ofSeconds(10);

    /// Between looks at least, of which each asks the kernel twice about everybody who waits: a
    /// quick check has three questions in this time.
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(800);

    private final Acceptance kernel;

    /// Those that are carried; as many as are let in.
    private final Set<Standing> standing = ConcurrentHashMap.newKeySet();

    private long lookedAt;

    Unread(Acceptance kernel) {
        this.kernel = kernel;
    }

    /// Watches a connection until it ends.
    ///
    /// @param caller everything is on its loop
    /// @param end resets it, for the reason given
    void watch(Channel caller, Channel application, Carriage carriage, Consumer<String> end) {
        var connection = new Standing(caller, application, carriage, end);
        standing.add(connection);
        caller.closeFuture().addListener(_ -> standing.remove(connection));
    }

    /// The application was asked, and has not answered. By one thread at a time.
    ///
    /// @param inARow such questions, this one among them; 0: it has answered
    /// @param down whether its check is critical
    void silent(int inARow, boolean down) {
        var now = System.nanoTime();
        if (inARow > 1 && now - lookedAt < BETWEEN_LOOKS.toNanos()) {
            return;
        }
        lookedAt = now;
        for (var connection : standing) {
            connection.caller.eventLoop().execute(() -> connection.look(inARow, down));
        }
    }

    /// How far a connection has come.
    ///
    /// @param answered bytes that the application has said
    /// @param read bytes that it has read, as far as `ours` stays
    /// @param ours grows and shrinks with what has not reached a kernel yet
    private record Progress(long answered, long read, long ours) {}

    private final class Standing {
        private final Channel caller;
        private final Channel application;
        private final Carriage carriage;
        private final Consumer<String> end;

        /// Where it stands since `since`; empty: nothing lay unread.
        private Optional<Progress> stuck = Optional.empty();

        private long since;

        Standing(Channel caller, Channel application, Carriage carriage, Consumer<String> end) {
            this.caller = caller;
            this.application = application;
            this.carriage = carriage;
            this.end = end;
        }

        void look(int inARow, boolean down) {
            var now = System.nanoTime();
            var before = inARow == 1 ? Optional.<Progress>empty() : stuck;
            stuck = inARow == 0 || !carriage.waits() ? Optional.empty() : progress();
            if (stuck.isEmpty() || !stuck.equals(before)) {
                since = now;
                return;
            }
            if (down && inARow >= SILENT && now - since >= LEAST.toNanos()) {
                end.accept(
                        inARow
                                + " questions in a row got no answer, and what this caller said"
                                + " was not read for "
                                + Duration.ofNanos(now - since).toSeconds()
                                + " s");
            }
        }

        /// Empty when the application has read all that its kernel has.
        private Optional<Progress> progress() {
            if (!(application.remoteAddress() instanceof InetSocketAddress there
                    && application.localAddress() instanceof InetSocketAddress here)) {
                return Optional.empty();
            }
            // in this order: what is acknowledged meanwhile is counted twice, and looks like more
            // that was read next time, never like less
            var unacknowledged = kernel.unacknowledged(here, there);
            var unread = kernel.unread(there, here);
            if (unread == 0) {
                return Optional.empty();
            }
            return Optional.of(
                    new Progress(
                            carriage.answered(),
                            carriage.said() - unacknowledged - unread,
                            application.bytesBeforeUnwritable()
                                    - application.bytesBeforeWritable()));
        }
    }
}
