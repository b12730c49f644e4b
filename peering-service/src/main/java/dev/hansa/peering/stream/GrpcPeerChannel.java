package dev.hansa.peering.stream;

import dev.hansa.peering.wire.ReplicationMessage;
import io.vertx.core.Context;
import io.vertx.grpc.common.GrpcReadStream;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.GrpcWriteStream;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The edge between a conversation's thread and a gRPC stream on its event loop.
final class GrpcPeerChannel implements PeerChannel {
    /// Enough to keep a long fat wire busy; more would only be memory that a slow peer holds.
    private static final long MAX_UNFLUSHED = 1024 * 1024;

    private final Context loop;
    private final GrpcWriteStream<ReplicationMessage> output;
    private final Consumer<StreamError> failing;
    private final Mailbox mailbox;
    private final AtomicLong unflushed = new AtomicLong();
    private final AtomicBoolean ended = new AtomicBoolean();

    private volatile boolean hansa;

    /// Touched only on the event loop.
    private @Nullable GrpcReadStream<ReplicationMessage> input;

    /// @param failing ends the stream with an error; called on the event loop, at most once
    GrpcPeerChannel(
            Context loop,
            GrpcWriteStream<ReplicationMessage> output,
            Mailbox mailbox,
            Consumer<StreamError> failing) {
        this.loop = loop;
        this.output = output;
        this.mailbox = mailbox;
        this.failing = failing;
    }

    /// Lets the other direction flow into the mailbox. Call on the event loop.
    ///
    /// @param fromHansa what the other side's headers say of it
    void attach(GrpcReadStream<ReplicationMessage> stream, boolean fromHansa) {
        hansa = fromHansa;
        input = stream;
        stream.pause();
        stream.handler(mailbox::received);
        stream.fetch(Mailbox.CREDITS);
    }

    @Override
    public boolean isHansa() {
        return hansa;
    }

    @Override
    public boolean isWritable() {
        return unflushed.get() < MAX_UNFLUSHED;
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
                                    if (before >= MAX_UNFLUSHED) {
                                        mailbox.writable();
                                    }
                                },
                                this::broken));
    }

    @Override
    public void fetch() {
        onLoop(() -> {
            if (input != null) {
                input.fetch(1);
            }
        });
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
