package dev.hansa.gateway.wire;

import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.TracedWay;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Connects to each endpoint of a name, one after another so that none slows another, and lets go
/// of it at once. On one event loop.
final class NameTrace {
    /// Longer than any path on earth takes for one round trip.
    private static final Duration LIMIT = Duration.ofSeconds(2);

    /// So many are tried: all of them silent, it takes as long as whoever asked waits.
    private static final int MOST = 5;

    private final Transport transport;
    private final EventLoop loop;
    private final Deque<TargetEndpoint> waiting;
    private final Consumer<List<TracedWay>> done;
    private final List<TracedWay> ways = new ArrayList<>();

    NameTrace(
            Transport transport,
            Collection<TargetEndpoint> endpoints,
            Consumer<List<TracedWay>> done) {
        this.transport = transport;
        this.loop = transport.loops().next();
        this.waiting = new ArrayDeque<>(endpoints.stream().limit(MOST).toList());
        this.done = done;
    }

    void start() {
        loop.execute(this::next);
    }

    private void next() {
        var endpoint = waiting.poll();
        if (endpoint == null) {
            done.accept(ways);
            return;
        }
        var began = System.nanoTime();
        transport.connect(
                loop,
                endpoint.address(),
                LIMIT,
                new WireBytes(_ -> {}, _ -> {}),
                (channel, failure) -> {
                    ways.add(way(endpoint, Duration.ofNanos(System.nanoTime() - began), failure));
                    channel.close();
                    next();
                });
    }

    private static TracedWay way(
            TargetEndpoint endpoint, Duration took, @Nullable Throwable failure) {
        return new TracedWay(
                "",
                endpoint.address(),
                failure == null ? Optional.of(took) : Optional.empty(),
                took,
                "",
                "",
                failure == null
                        ? Optional.empty()
                        : Optional.of(String.valueOf(failure.getMessage())));
    }
}
