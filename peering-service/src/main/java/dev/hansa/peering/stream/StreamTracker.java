package dev.hansa.peering.stream;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.StreamStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The one place of a peering's stream, with what it last showed.
final class StreamTracker {
    /// Longer than any goodbye takes, so that only a defect makes it pass.
    private static final Duration END_LIMIT = Duration.ofSeconds(30);

    private final Runnable onChange;
    private final Latest<Boolean> taken = new Latest<>(false);
    private StreamStatus status = StreamStatus.NONE;
    private @Nullable Mailbox mailbox;
    private @Nullable Thread conversation;
    private boolean ending;
    private List<String> trusted = List.of();

    StreamTracker(Runnable onChange) {
        this.onChange = onChange;
    }

    synchronized StreamStatus status() {
        return status;
    }

    /// Our roots that the peer has acknowledged on this stream.
    synchronized List<String> trusted() {
        return trusted;
    }

    void trusts(List<String> roots) {
        synchronized (this) {
            trusted = List.copyOf(roots);
        }
        onChange.run();
    }

    synchronized boolean claim() {
        if (taken.get()) {
            return false;
        }
        taken.set(true);
        return true;
    }

    /// The conversation has begun, on the calling thread.
    synchronized void begun(Mailbox itsMailbox) {
        mailbox = itsMailbox;
        conversation = Thread.currentThread();
        if (ending) {
            itsMailbox.goodbye();
        }
    }

    /// Both sides know each other.
    void opened() {
        publish(StreamStatus::opened);
    }

    /// The conversation is over, or was never begun, and the place is free.
    void released(Optional<String> error) {
        synchronized (this) {
            mailbox = null;
            conversation = null;
            ending = false;
            trusted = List.of();
            status = status.ended(error);
        }
        taken.set(false);
        onChange.run();
    }

    /// An attempt failed before there was a conversation.
    void failed(String error) {
        synchronized (this) {
            status = status.ended(Optional.of(error));
        }
        onChange.run();
    }

    /// Times only: nobody waits for them.
    synchronized void note(UnaryOperator<StreamStatus> change) {
        status = change.apply(status);
    }

    void publish(UnaryOperator<StreamStatus> change) {
        note(change);
        changed();
    }

    /// What is derived from elsewhere and shown with the status is another now.
    void changed() {
        onChange.run();
    }

    void terminate() throws InterruptedException {
        synchronized (this) {
            if (taken.get()) {
                ending = true;
            }
            if (mailbox != null) {
                mailbox.goodbye();
            }
        }
        awaitFree();
    }

    /// Waits until no stream has the place.
    void awaitFree() throws InterruptedException {
        taken.await(isTaken -> !isTaken, END_LIMIT);
    }

    synchronized void interrupt() {
        if (conversation != null) {
            conversation.interrupt();
        }
    }
}
