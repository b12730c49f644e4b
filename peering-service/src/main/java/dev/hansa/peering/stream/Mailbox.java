package dev.hansa.peering.stream;

import dev.hansa.peering.wire.ReplicationMessage;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What waits for one conversation. Filled from event loops, which never wait; emptied by the
/// conversation's own thread.
final class Mailbox {
    /// Messages that the edge may deliver ahead of the conversation, however small: enough to keep
    /// its thread busy until the next come.
    static final int CREDITS = 16;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final ArrayDeque<ReplicationMessage> messages = new ArrayDeque<>();
    private boolean changed;
    private boolean writable;
    private boolean goodbye;
    private boolean messageWasLast;
    private long heldBytes;
    private @Nullable StreamError unreadable;
    private PeerFrame.@Nullable Closed closed;

    void received(ReplicationMessage message) {
        signal(() -> {
            messages.add(message);
            heldBytes += message.getSerializedSize();
        });
    }

    /// May one more message come in, when `most` bytes may wait.
    boolean hasRoom(int most) {
        lock.lock();
        try {
            return messages.size() < CREDITS && heldBytes < most;
        } finally {
            lock.unlock();
        }
    }

    /// The peer sent what is not taken from anybody; after what it sent before.
    void unreadable(StreamError error) {
        signal(() -> unreadable = error);
    }

    void changed() {
        signal(() -> changed = true);
    }

    void writable() {
        signal(() -> writable = true);
    }

    void goodbye() {
        signal(() -> goodbye = true);
    }

    /// The first close counts: what follows it is only its echo.
    void closed(Optional<StreamError> error) {
        signal(() -> {
            if (closed == null) {
                closed = new PeerFrame.Closed(error);
            }
        });
    }

    /// Has the peer closed, or the wire.
    boolean isClosed() {
        lock.lock();
        try {
            return closed != null;
        } finally {
            lock.unlock();
        }
    }

    /// Is the wire gone, so that nothing more can be said on it.
    boolean isBroken() {
        lock.lock();
        try {
            return closed != null && closed.error().isPresent();
        } finally {
            lock.unlock();
        }
    }

    private void signal(Runnable change) {
        lock.lock();
        try {
            change.run();
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// The next frame; a tick when nothing has come by `deadline`, a `System.nanoTime`.
    ///
    /// @throws InterruptedException when the conversation is told to stop
    PeerFrame take(long deadline) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                var frame = poll();
                if (frame != null) {
                    return frame;
                }
                var left = deadline - System.nanoTime();
                if (left <= 0 || !arrived.await(left, TimeUnit.NANOSECONDS)) {
                    var last = poll();
                    return last == null ? new PeerFrame.Tick() : last;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// Messages and our own changes take turns, so that neither can starve the other.
    private @Nullable PeerFrame poll() {
        if (goodbye) {
            goodbye = false;
            return new PeerFrame.Goodbye();
        }
        if (changed && (messageWasLast || messages.isEmpty())) {
            changed = false;
            messageWasLast = false;
            return new PeerFrame.Changed();
        }
        var message = messages.poll();
        if (message != null) {
            messageWasLast = true;
            heldBytes -= message.getSerializedSize();
            return new PeerFrame.Received(message);
        }
        if (unreadable != null) {
            return new PeerFrame.Unreadable(unreadable);
        }
        if (writable) {
            writable = false;
            return new PeerFrame.Writable();
        }
        return closed;
    }
}
