package dev.hansa.peering.stream;

import dev.hansa.peering.wire.ReplicationMessage;
import io.vertx.core.Context;
import io.vertx.grpc.common.GrpcReadStream;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.GrpcWriteStream;
import io.vertx.grpc.common.InvalidMessageException;
import io.vertx.grpc.common.MessageSizeOverflowException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The edge between a conversation's thread and a gRPC stream on its event loop.
final class GrpcPeerChannel implements PeerChannel {
    /// Whatever a peer says that it takes: a frame that is built is memory of ours.
    private static final int MOST = 50 << 20;

    private final Context loop;
    private final GrpcWriteStream<ReplicationMessage> output;
    private final Consumer<StreamError> failing;
    private final Mailbox mailbox;
    private final PeerLimits limits;
    private final AtomicLong unflushed = new AtomicLong();
    private final AtomicBoolean ended = new AtomicBoolean();

    private volatile boolean hansa;

    private volatile int largest;

    /// Has a message been asked for that has not come. Touched only on the event loop.
    private boolean asked;

    /// Touched only on the event loop.
    private @Nullable GrpcReadStream<ReplicationMessage> input;

    /// @param failing ends the stream with an error; called on the event loop, at most once
    GrpcPeerChannel(
            Context loop,
            GrpcWriteStream<ReplicationMessage> output,
            Mailbox mailbox,
            PeerLimits limits,
            Consumer<StreamError> failing) {
        this.loop = loop;
        this.output = output;
        this.mailbox = mailbox;
        this.limits = limits;
        this.largest = limits.consulMessage();
        this.failing = failing;
    }

    /// Lets the other direction flow into the mailbox. Call on the event loop.
    ///
    /// @param peer what the other side's headers say of it
    void attach(GrpcReadStream<ReplicationMessage> stream, Capabilities peer) {
        hansa = peer.isHansa();
        largest = Math.min(MOST, peer.largest().orElse(limits.consulMessage()));
        input = stream;
        stream.pause();
        stream.handler(message -> {
            asked = false;
            mailbox.received(message);
            ask();
        });
        stream.invalidMessageHandler(cause -> mailbox.unreadable(refusal(cause)));
        ask();
    }

    /// In gRPC's words for it, a resource of ours is exhausted. What is not too long but cannot be
    /// decoded ends the stream by itself.
    private StreamError refusal(InvalidMessageException cause) {
        return new StreamError(
                GrpcStatus.RESOURCE_EXHAUSTED,
                "message: expected at most "
                        + limits.message()
                        + " bytes; found "
                        + (cause instanceof MessageSizeOverflowException overflow
                                ? overflow.messageSize()
                                : "more"));
    }

    /// One message at a time, while there is room for it: so no more than one is held beyond what
    /// may be pending.
    private void ask() {
        if (input != null && !asked && mailbox.hasRoom(limits.pending())) {
            asked = true;
            input.fetch(1);
        }
    }

    @Override
    public boolean isHansa() {
        return hansa;
    }

    @Override
    public int largest() {
        return largest;
    }

    @Override
    public boolean isWritable() {
        return unflushed.get() < limits.pending();
    }

    /// Is all that was written on its way.
    boolean isFlushed() {
        return unflushed.get() == 0;
    }

    @Override
    public void write(ReplicationMessage message) {
        var size = message.getSerializedSize();
        unflushed.addAndGet(size);
        onLoop(() ->
                output.write(message)
                        .onComplete(
                                _ -> {
                                    var before = unflushed.getAndAdd(-size);
                                    if (before >= limits.pending()) {
                                        mailbox.writable();
                                    }
                                },
                                this::broken));
    }

    @Override
    public void fetch() {
        onLoop(this::ask);
    }

    @Override
    public void end() {
        if (ended.compareAndSet(false, true) && !mailbox.isBroken()) {
            onLoop(output::end);
        }
    }

    @Override
    public void fail(StreamError error) {
        if (ended.compareAndSet(false, true) && !mailbox.isBroken()) {
            onLoop(() -> failing.accept(error));
        }
    }

    /// A stream that is gone already throws when it is touched (IllegalStateException, and in
    /// Vert.x 5.0 NullPointerException too): one more way of hearing that it is gone.
    private void onLoop(Runnable work) {
        loop.runOnContext(_ -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                broken(e);
            }
        });
    }

    /// What was not flushed never will be, so the channel stays unwritable.
    private void broken(Throwable cause) {
        mailbox.closed(
                Optional.of(
                        new StreamError(
                                GrpcStatus.UNAVAILABLE,
                                "the stream broke: " + cause.getMessage())));
    }
}
