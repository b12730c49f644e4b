package dev.hansa.gateway.wire;

import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.TracedWay;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Connects to each endpoint of a name, all at one time, and lets go of it at once. On one event
/// loop.
final class NameTrace {
    /// Longer than any path on earth takes for one round trip.
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private final Transport transport;
    private final EventLoop loop;
    private final List<TargetEndpoint> endpoints;
    private final Consumer<List<TracedWay>> done;
    private final List<TracedWay> ways = new ArrayList<>();

    NameTrace(
            Transport transport,
            Collection<TargetEndpoint> endpoints,
            Consumer<List<TracedWay>> done) {
        this.transport = transport;
        this.loop = transport.loops().next();
        this.endpoints = endpoints.stream().limit(TracedWay.MOST).toList();
        this.done = done;
    }

    void start() {
        if (endpoints.isEmpty()) {
            done.accept(ways);
            return;
        }
        for (var endpoint : endpoints) {
            var began = System.nanoTime();
            transport.connect(
                    loop,
                    endpoint.address(),
                    LIMIT,
                    new WireBytes(_ -> {}, _ -> {}),
                    (channel, failure) -> {
                        var took = Duration.ofNanos(System.nanoTime() - began);
                        channel.close();
                        ways.add(way(endpoint, took, failure));
                        if (ways.size() == endpoints.size()) {
                            done.accept(ways);
                        }
                    });
        }
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
