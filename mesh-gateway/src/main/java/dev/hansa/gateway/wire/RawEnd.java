package dev.hansa.gateway.wire;

import dev.hansa.gateway.telemetry.ByteCounts;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.Native;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// One socket on an event loop of Netty's, without a channel: the kernel says once when something
/// changes (edge-triggered), and until a read or write says "not now" everything is tried. On its
/// loop only.
final class RawEnd implements EpollIoHandle, Caller.Callee {
    /// Both directions have ended: it was reset, or both ends have said FIN.
    private static final int HANG_UP = 0x10;

    private static final int READABLE =
            Native.EPOLLIN | Native.EPOLLRDHUP | Native.EPOLLERR | HANG_UP;
    private static final int WRITABLE = Native.EPOLLOUT | Native.EPOLLERR | HANG_UP;
    private static final int ENDING = Native.EPOLLRDHUP | Native.EPOLLERR | HANG_UP;
    private static final EpollIoOps ALL =
            EpollIoOps.EPOLLIN
                    .with(EpollIoOps.EPOLLOUT)
                    .with(EpollIoOps.EPOLLRDHUP)
                    .with(EpollIoOps.EPOLLET);

    // linux/tcp.h: what is asked, and where in the answer there is a number of segments, and of
    // bytes
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int NOT_ACKNOWLEDGED = 24;
    private static final int NOT_SENT = 144;
    private static final int TCP_STATE = 148;

    private final RawLoop loop;
    private final FileDescriptor socket;
    private final LongConsumer totalIn;
    private final LongConsumer totalOut;
    private ByteCounts also = ByteCounts.NONE;
    private Watcher watcher;
    private Runnable whenClosed = () -> {};
    private @Nullable IoRegistration registration;
    private boolean readable;
    private boolean writable = true;
    private boolean ending;
    private boolean broken;
    private boolean left;
    private boolean gone;
    private long in;
    private long out;

    /// Who is told that something has changed.
    interface Watcher {
        /// Something may be read or written, or has ended. It may also be nothing.
        ///
        /// @throws IOException when it cannot go on; the socket is reset
        void changed(RawEnd end) throws IOException;
    }

    RawEnd(
            RawLoop loop,
            FileDescriptor socket,
            LongConsumer totalIn,
            LongConsumer totalOut,
            Watcher watcher) {
        this.loop = loop;
        this.socket = socket;
        this.totalIn = totalIn;
        this.totalOut = totalOut;
        this.watcher = watcher;
    }

    /// From now on its watcher is told. One that cannot be registered leaves, and nothing is
    /// thrown.
    void register() {
        try {
            Future<IoRegistration> registered = loop.loop().register(this);
            // on its own loop it is done at once
            registration = registered.getNow();
            if (registration == null) {
                leave();
            } else {
                registration.submit(ALL);
            }
        } catch (RuntimeException | Error e) {
            leave();
        }
    }

    void watch(Watcher next) {
        watcher = next;
    }

    void whenClosed(Runnable told) {
        whenClosed = told;
    }

    RawLoop loop() {
        return loop;
    }

    @Override
    public FileDescriptor fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration registered, IoEvent event) {
        if (left) {
            return;
        }
        var what = ((EpollIoEvent) event).ops().value();
        readable |= (what & READABLE) != 0;
        writable |= (what & WRITABLE) != 0;
        ending |= (what & ENDING) != 0;
        broken |= (what & Native.EPOLLERR) != 0;
        tell();
    }

    /// Whatever is thrown here would stop the whole loop for a second.
    void tell() {
        try {
            watcher.changed(this);
        } catch (IOException | RuntimeException | Error e) {
            // an error too ends this connection and not the loop with all others
            reset();
        }
    }

    /// Has its watcher look whether something can be read that nobody has been told of yet.
    void look() {
        if (!left) {
            readable = true;
            tell();
        }
    }

    boolean isOpen() {
        return !left;
    }

    boolean isReadable() {
        return readable;
    }

    boolean isWritable() {
        return writable;
    }

    /// The other end has reset it, or it was given up for lost.
    boolean isBroken() {
        return broken;
    }

    /// Whether it stands and the other end has said nothing, neither a byte nor an end. Asks the
    /// kernel, as an event may still be on its way; a byte that has come is taken and lost.
    boolean isQuiet() {
        if (left || broken || ending) {
            return false;
        }
        try {
            return socket.read(loop.scratch(), 0, 1) == 0;
        } catch (IOException _) {
            return false;
        }
    }

    /// Whether the other end has answered, or its kernel has acknowledged all that was written. Yes
    /// where this system does not say.
    boolean isHeard() {
        if (in > 0 || left) {
            return true;
        }
        var state = loop.scratch().slice(0, TCP_STATE).order(ByteOrder.nativeOrder());
        // of an old kernel's answer the last field is missing
        state.putInt(NOT_SENT, 0);
        try {
            new Socket(socket.intValue()).getRawOpt(IPPROTO_TCP, TCP_INFO, state);
        } catch (IOException _) {
            return true;
        }
        return state.getInt(NOT_ACKNOWLEDGED) == 0 && state.getInt(NOT_SENT) == 0;
    }

    /// @param limit of the buffer, from its beginning `at`
    /// @return how many bytes; 0: none now, it says when; -1: there will be none any more
    int read(ByteBuffer into, int at, int limit) throws IOException {
        var count = socket.read(into, at, limit);
        if (count <= 0) {
            readable = false;
            return count;
        }
        // less than there was room for: nothing is left, and what comes is told
        readable = ending || count == limit - at;
        read(count);
        return count;
    }

    /// So many bytes that were read are not the other end's.
    void forget(int bytes) {
        in -= bytes;
    }

    private void read(int count) {
        in += count;
        totalIn.accept(count);
        also.in().accept(count);
    }

    /// @return how many of the bytes from `at` to `limit` it has taken; less than all: it says when
    ///   it takes more
    int write(ByteBuffer from, int at, int limit) throws IOException {
        var next = at;
        while (next < limit) {
            var count = socket.write(from, next, limit);
            if (count == 0) {
                writable = false;
                break;
            }
            next += count;
        }
        wrote(next - at);
        return next - at;
    }

    private void wrote(int count) {
        if (count > 0) {
            out += count;
            totalOut.accept(count);
            also.out().accept(count);
        }
    }

    /// Moves what there is into an empty pipe.
    ///
    /// @return 0: none now, or none any more, which only a read can tell apart
    int spliceInto(RawLoop.Pipe pipe) throws IOException {
        var count = Native.splice(socket.intValue(), -1, pipe.in().intValue(), -1, RawLoop.PIPE);
        if (count > 0) {
            read(count);
        }
        return count;
    }

    /// Moves what a pipe holds out of it.
    ///
    /// @param held bytes
    /// @return less than all: it says when it takes more
    int spliceFrom(RawLoop.Pipe pipe, int held) throws IOException {
        var moved = 0;
        while (moved < held) {
            var count =
                    Native.splice(pipe.out().intValue(), -1, socket.intValue(), -1, held - moved);
            if (count == 0) {
                writable = false;
                break;
            }
            moved += count;
        }
        wrote(moved);
        return moved;
    }

    /// Says FIN.
    void shutdownOutput() throws IOException {
        new Socket(socket.intValue()).shutdown(false, true);
    }

    /// Closes it without a goodbye: the other end sees a reset.
    void reset() {
        if (left) {
            return;
        }
        lingerNot();
        leave();
    }

    /// Closes it, soon.
    void leave() {
        if (!left) {
            left = true;
            loop.leave(this);
        }
    }

    /// By its loop.
    void closeNow() {
        if (gone) {
            return;
        }
        gone = true;
        left = true;
        try {
            socket.close();
        } catch (IOException _) {
            // its descriptor is gone whatever close answers
        }
        if (registration != null) {
            registration.cancel();
        }
        whenClosed.run();
    }

    /// By Netty, when the loop ends. What is cut must not look as if it had ended well.
    @Override
    public void close() {
        if (!left) {
            lingerNot();
        }
        closeNow();
    }

    private void lingerNot() {
        try {
            new Socket(socket.intValue()).setSoLinger(0);
        } catch (IOException _) {
            // it is broken already
        }
    }

    @Override
    public void discard() {
        leave();
    }

    @Override
    public long in() {
        return in;
    }

    @Override
    public long out() {
        return out;
    }

    void alsoTo(ByteCounts counts) {
        counts.in().accept(in);
        counts.out().accept(out);
        also = counts;
    }
}
