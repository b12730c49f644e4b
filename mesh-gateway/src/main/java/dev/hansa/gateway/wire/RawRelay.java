package dev.hansa.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.Errors;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Moves bytes between two sockets on the same event loop, both ways, until both have ended: what
/// one does not take now is not read from the other, FIN is passed on as FIN, RST as RST. No byte
/// is looked at.
///
/// A stream that is bulky goes through a pipe of the kernel's (`splice`), as long as the loop has
/// one; all others, and what a pipe cannot tell, are copied.
final class RawRelay implements Carriage, RawEnd.Watcher {
    /// Reads of this size, and this many in a row, make a stream bulky. A pipe costs a call more
    /// for each piece than a copy, and saves both copies of its bytes.
    private static final int LARGE = 16 << 10;

    private static final int BULKY = 2;

    /// Of one stream before the loop looks at the others.
    private static final int TURN = 1 << 20;

    private final RawEnd a;
    private final RawEnd b;
    private final Flow there;
    private final Flow back;
    private final Consumer<Relay.End> ended;
    private final long idleNanos;
    private @Nullable ScheduledFuture<?> idle;
    private @Nullable Flow lastWord;
    private Relay.@Nullable End end;
    private boolean queued;
    private long moved;

    private RawRelay(RawEnd a, RawEnd b, Duration idle, Consumer<Relay.End> ended) {
        this.a = a;
        this.b = b;
        this.there = new Flow(a, b);
        this.back = new Flow(b, a);
        this.idleNanos = idle.toNanos();
        this.ended = ended;
    }

    /// @param early what `a` has sent before; handed over
    /// @param idle without a byte for this long, at most for twice as long, both are reset
    /// @param ended called once on the loop
    static RawRelay join(
            RawEnd a, ByteBuf early, RawEnd b, Duration idle, Consumer<Relay.End> ended) {
        var relay = new RawRelay(a, b, idle, ended);
        relay.there.begin(early);
        a.watch(relay);
        b.watch(relay);
        relay.watchIdle(0);
        relay.changed(a);
        return relay;
    }

    @Override
    public long answered() {
        return back.count;
    }

    @Override
    public long said() {
        return there.count;
    }

    @Override
    public boolean waits() {
        return lastWord == there && end == null;
    }

    /// Both at once.
    void reset() {
        end(Relay.End.RESET);
    }

    private void watchIdle(long seen) {
        idle =
                a.loop()
                        .loop()
                        .schedule(
                                () -> {
                                    if (moved == seen) {
                                        end(Relay.End.IDLE);
                                    } else {
                                        watchIdle(moved);
                                    }
                                },
                                idleNanos,
                                TimeUnit.NANOSECONDS);
    }

    /// Which of the two has changed does not matter: one that can be read is read for the other,
    /// and one that can be written is written to from the other.
    @Override
    public void changed(RawEnd changed) {
        if (end != null) {
            return;
        }
        try {
            there.move();
            back.move();
            if (there.passed && back.passed) {
                end(Relay.End.FINISHED);
            } else if (there.isStuck() || back.isStuck()) {
                end(Relay.End.RESET);
            } else if (there.isTired() || back.isTired()) {
                again();
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            end(Relay.End.RESET);
        }
    }

    private void again() {
        if (!queued) {
            queued = true;
            // a task that is due, and not one more task: those are run until none is left, and
            // meanwhile nobody asks the kernel what else has happened
            var _ =
                    a.loop()
                            .loop()
                            .schedule(
                                    () -> {
                                        queued = false;
                                        changed(a);
                                    },
                                    0,
                                    TimeUnit.NANOSECONDS);
        }
    }

    private void end(Relay.End how) {
        if (end != null) {
            return;
        }
        end = how;
        if (idle != null) {
            // or each connection would be kept for as long as one may be idle
            idle.cancel(false);
        }
        there.drop();
        back.drop();
        switch (how) {
            case FINISHED -> {
                a.leave();
                b.leave();
            }
            case RESET, IDLE -> {
                a.reset();
                b.reset();
            }
        }
        ended.accept(how);
    }

    /// One direction.
    private final class Flow {
        private final RawEnd from;
        private final RawEnd to;
        private ByteBuf held = Unpooled.EMPTY_BUFFER;
        private RawLoop.@Nullable Pipe pipe;
        private int piped;
        private int large;
        private boolean done;
        private boolean passed;
        private long count;

        Flow(RawEnd from, RawEnd to) {
            this.from = from;
            this.to = to;
        }

        void begin(ByteBuf early) {
            held = early;
            said(early.readableBytes());
        }

        private void said(int bytes) {
            if (bytes > 0) {
                count += bytes;
                moved += bytes;
                lastWord = this;
            }
        }

        /// Until there is nothing to read, nothing can be written, or it is the others' turn.
        void move() throws IOException {
            var until = count + TURN;
            while (!passed && flush()) {
                if (done) {
                    pass();
                } else if (!from.isReadable() || !to.isWritable() || count >= until) {
                    break;
                } else if (large < BULKY || !splice()) {
                    copy();
                }
            }
            if (piped == 0) {
                givePipe();
            }
        }

        /// It could go on, but has had its turn.
        boolean isTired() {
            return !passed && from.isReadable() && to.isWritable() && piped == 0 && !isHolding();
        }

        /// Nobody reads after an end, or what would not be taken, so nobody would see that the
        /// writer is gone.
        boolean isStuck() {
            return from.isBroken() && (done || !to.isWritable());
        }

        private boolean isHolding() {
            return held.isReadable();
        }

        /// True when `to` has taken everything.
        private boolean flush() throws IOException {
            if (isHolding()) {
                var bytes = held.readableBytes();
                var at = held.readerIndex();
                var buffer = held.internalNioBuffer(at, bytes);
                var start = buffer.position();
                held.skipBytes(to.write(buffer, start, start + bytes));
                if (isHolding()) {
                    return false;
                }
                held.release();
                held = Unpooled.EMPTY_BUFFER;
            }
            var through = pipe;
            if (piped > 0 && through != null) {
                piped -= to.spliceFrom(through, piped);
            }
            return piped == 0;
        }

        /// False: it has to be copied.
        private boolean splice() throws IOException {
            if (pipe == null) {
                pipe = from.loop().takePipe().orElse(null);
            }
            if (pipe == null) {
                return false;
            }
            try {
                piped = from.spliceInto(pipe);
            } catch (Errors.NativeIoException e) {
                if (!RawLoop.isForbidden(e)) {
                    throw e;
                }
                // nothing was moved
                from.loop().doWithoutPipes();
                givePipe();
                return false;
            }
            said(piped);
            if (piped < LARGE) {
                // little comes at once now, or nothing: the read that follows will tell
                large = 0;
            }
            return piped > 0;
        }

        private void copy() throws IOException {
            var scratch = from.loop().scratch();
            var bytes = from.read(scratch, 0, scratch.capacity());
            if (bytes < 0) {
                done = true;
                return;
            }
            if (bytes == 0) {
                return;
            }
            said(bytes);
            large = bytes >= LARGE ? large + 1 : 0;
            var written = to.write(scratch, 0, bytes);
            if (written < bytes) {
                held = Transport.BUFFERS.directBuffer(bytes - written);
                held.writeBytes(scratch.duplicate().limit(bytes).position(written));
            }
        }

        /// The end of both directions is told by closing both sockets.
        private void pass() throws IOException {
            passed = true;
            if (!(there.passed && back.passed)) {
                to.shutdownOutput();
            }
        }

        private void givePipe() {
            if (pipe != null) {
                from.loop().give(pipe, piped == 0);
                pipe = null;
                piped = 0;
            }
        }

        void drop() {
            givePipe();
            held.release();
            held = Unpooled.EMPTY_BUFFER;
        }
    }
}
