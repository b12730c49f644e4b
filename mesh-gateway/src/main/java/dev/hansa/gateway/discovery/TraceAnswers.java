package dev.hansa.gateway.discovery;

import dev.hansa.failover.TraceCodec;
import dev.hansa.failover.wire.Trace;
import dev.hansa.failover.wire.Traced;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/// Answers a server that asks how this proxy's ways are: each question once.
final class TraceAnswers {
    private final Tracer tracer;

    /// A trace holds a connection and no more: one at a time is what a person asks for.
    private final Semaphore free = new Semaphore(1);

    TraceAnswers(Tracer tracer) {
        this.tracer = tracer;
    }

    /// @param tell told once, from any thread
    void answer(Trace asked, Consumer<Traced> tell) {
        if (!free.tryAcquire()) {
            tell.accept(TraceCodec.problem(asked.getId(), "another trace is under way"));
            return;
        }
        try {
            tracer.trace(
                    TraceCodec.decode(asked),
                    ways -> {
                        free.release();
                        tell.accept(TraceCodec.encode(asked.getId(), ways));
                    });
        } catch (IllegalArgumentException e) {
            free.release();
            tell.accept(TraceCodec.problem(asked.getId(), String.valueOf(e.getMessage())));
        }
    }
}
