package dev.hansa.gateway.discovery;

import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.TracedWay;
import java.util.List;
import java.util.function.Consumer;

/// Tries the ways that callers would take.
@FunctionalInterface
public interface Tracer {
    /// Returns at once; `done` is told once, from any thread.
    ///
    /// @throws IllegalArgumentException when this proxy has no such ways; names expected and found
    void trace(TraceOrder order, Consumer<List<TracedWay>> done);
}
