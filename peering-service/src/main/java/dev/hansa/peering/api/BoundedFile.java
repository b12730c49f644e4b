package dev.hansa.peering.api;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.streams.WriteStream;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// A file that takes a body whose length nobody has said, as far as it may. On the event loop.
final class BoundedFile implements WriteStream<Buffer> {
    /// So much more is asked for at a time, before it is written.
    private static final long STEP = 8 * 1024 * 1024;

    private final AsyncFile file;
    private final LongFunction<Optional<String>> refusal;
    private long bytes;
    private long allowed;

    /// @param refusal why a body of so many bytes is not taken
    BoundedFile(AsyncFile file, LongFunction<Optional<String>> refusal) {
        this.file = file;
        this.refusal = refusal;
    }

    /// The body is longer than it may be.
    static final class TooLongException extends Exception {
        private static final long serialVersionUID = 1;

        TooLongException(String sentence) {
            super(sentence);
        }
    }

    @Override
    public Future<Void> write(Buffer data) {
        bytes += data.length();
        if (bytes > allowed) {
            allowed = bytes + STEP;
            var refused = refusal.apply(bytes);
            if (refused.isPresent()) {
                allowed = 0;
                return Future.failedFuture(new TooLongException(refused.get()));
            }
        }
        return file.write(data);
    }

    @Override
    public Future<Void> end() {
        return file.end();
    }

    @Override
    public BoundedFile setWriteQueueMaxSize(int most) {
        file.setWriteQueueMaxSize(most);
        return this;
    }

    @Override
    public boolean writeQueueFull() {
        return file.writeQueueFull();
    }

    @Override
    public BoundedFile drainHandler(@Nullable Handler<Void> handler) {
        file.drainHandler(handler);
        return this;
    }

    @Override
    public BoundedFile exceptionHandler(@Nullable Handler<Throwable> handler) {
        file.exceptionHandler(handler);
        return this;
    }
}
