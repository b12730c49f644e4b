package dev.hansa.gateway.wire;

import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;

/// What all sockets of one event loop share. On that loop only.
final class RawLoop implements AutoCloseable {
    /// One read at most. What a socket's buffer holds of a stream that flows is about this much,
    /// and smaller ones cost more system calls for each byte.
    static final int SCRATCH = 128 << 10;

    /// What a pipe holds unless it is asked for more, which only root may do without a limit.
    static final int PIPE = 64 << 10;

    private static final int EPERM = 1;
    private static final int EINVAL = 22;
    private static final int ENOSYS = 38;

    private final IoEventLoop loop;
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH);
    private final int mostPipes;
    private final Deque<Pipe> free = new ArrayDeque<>();
    private final List<RawEnd> leaving = new ArrayList<>();

    private int pipes;
    private boolean withoutPipes;
    private boolean closed;

    /// Bytes on their way between two sockets that never come into this process.
    record Pipe(FileDescriptor out, FileDescriptor in) {}

    /// @param mostPipes two descriptors each, so they are few; a stream without one is copied
    RawLoop(IoEventLoop loop, int mostPipes) {
        this.loop = loop;
        this.mostPipes = mostPipes;
    }

    IoEventLoop loop() {
        return loop;
    }

    /// For what is passed on before anything else happens.
    ByteBuffer scratch() {
        return scratch;
    }

    /// An empty one, to be given back; none is left, or the system has none.
    Optional<Pipe> takePipe() {
        var known = free.poll();
        if (known != null && !withoutPipes) {
            return Optional.of(known);
        }
        if (pipes == mostPipes || withoutPipes || closed) {
            return Optional.empty();
        }
        try {
            // non-blocking, and not inherited by other programs
            var ends = FileDescriptor.pipe();
            pipes++;
            return Optional.of(new Pipe(ends[0], ends[1]));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// Whether this system has no `splice`, or forbids it, as a profile of seccomp may: everything
    /// can be copied.
    static boolean isForbidden(Errors.NativeIoException refusal) {
        return switch (Math.abs(refusal.expectedErr())) {
            case EPERM, EINVAL, ENOSYS -> true;
            default -> false;
        };
    }

    void doWithoutPipes() {
        withoutPipes = true;
    }

    /// @param empty whether nothing is in it any more; one that holds something is closed
    void give(Pipe pipe, boolean empty) {
        if (empty && !closed) {
            free.push(pipe);
            return;
        }
        pipes--;
        close(pipe);
    }

    private static void close(Pipe pipe) {
        for (var descriptor : List.of(pipe.in(), pipe.out())) {
            try {
                descriptor.close();
            } catch (IOException _) {
                // it is gone whatever close answers
            }
        }
    }

    /// Closes a socket when all events that the loop has been told of at once are dealt with. A
    /// descriptor that were closed sooner could be given out again among them, and its new owner
    /// would take the old one's events for its own: a socket that is being connected for connected.
    void leave(RawEnd end) {
        leaving.add(end);
        if (leaving.size() == 1) {
            try {
                loop.execute(this::closeLeaving);
            } catch (RejectedExecutionException _) {
                // the loop has ended, and takes no more events
                closeLeaving();
            }
        }
    }

    private void closeLeaving() {
        // what is told of a close may close others
        var now = List.copyOf(leaving);
        leaving.clear();
        for (var end : now) {
            try {
                end.closeNow();
            } catch (RuntimeException e) {
                // it is closed; who was told of it has failed, and must not keep the others open
                failed(e);
            }
        }
    }

    /// As a task that fails, which Netty writes to the log.
    private void failed(RuntimeException cause) {
        try {
            loop.execute(() -> {
                throw cause;
            });
        } catch (RejectedExecutionException _) {
            // the loop has ended
        }
    }

    @Override
    public void close() {
        closed = true;
        free.forEach(RawLoop::close);
        free.clear();
    }
}
