package dev.hansa.peering.discovery;

import dev.hansa.bootstrap.Latest;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.TracedWay;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/// Asks connected proxies to try their ways, and waits for what they say.
public final class Traces {
    /// Proxies stop trying before.
    static final Duration LIMIT = Duration.ofSeconds(15);

    /// Each holds a thread here, and a proxy's attention; people ask one after another.
    private static final int MOST = 16;

    private final Semaphore free = new Semaphore(MOST);
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, Asked> asked = new ConcurrentHashMap<>();

    private record Asked(ProxySession session, Latest<Optional<Answer>> answer) {}

    /// What a proxy has said of its ways.
    public sealed interface Answer {
        /// @param ways in the order in which the proxy would take them
        record Tried(List<TracedWay> ways) implements Answer {
            public Tried {
                ways = List.copyOf(ways);
            }
        }

        /// @param sentence why nothing was tried, or why it is not known
        record Untold(String sentence) implements Answer {}
    }

    /// @param limit after which it is not waited for
    /// @throws InterruptedException when this server stops
    Answer ask(ProxySession session, TraceOrder order, Duration limit) throws InterruptedException {
        if (!free.tryAcquire()) {
            return new Answer.Untold(
                    "trace: expected at most " + MOST + " at once; found as many already running");
        }
        var id = ids.incrementAndGet();
        var one = new Asked(session, new Latest<>(Optional.empty()));
        asked.put(id, one);
        try {
            session.trace(id, order);
            return one.answer()
                    .await(Optional::isPresent, limit)
                    .orElseGet(() ->
                            new Answer.Untold(
                                    "'"
                                            + session.name()
                                            + "' said nothing in "
                                            + limit.toSeconds()
                                            + " s: it is stuck, or too old to know of traces"));
        } finally {
            asked.remove(id);
            free.release();
        }
    }

    /// A proxy answers; what it was not asked is left alone.
    void answered(ProxySession by, long id, Answer answer) {
        var one = asked.get(id);
        if (one != null && one.session().equals(by)) {
            one.answer().set(Optional.of(answer));
        }
    }

    /// Whoever waits for this proxy need not any more.
    void gone(ProxySession session) {
        for (var one : asked.values()) {
            if (one.session().equals(session)) {
                one.answer()
                        .set(
                                Optional.of(
                                        new Answer.Untold(
                                                "the stream of '" + session.name() + "' ended")));
            }
        }
    }
}
