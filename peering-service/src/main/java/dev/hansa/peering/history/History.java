package dev.hansa.peering.history;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.history.Happening.Kind;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The last happenings, in memory: lost with the process, and each server's own. What only the
/// server that leads is told, as of peers and proxies, only that one has. The logs and the audit
/// log are the record.
public final class History implements Consumer<PeeringEvent> {
    /// Of each kind, so that a service that flaps does not push out what became of a peering: 1,200
    /// in all, each under 1 KiB.
    public static final int MOST_OF_A_KIND = 200;

    /// Reasons come from others, and are told in the logs at length.
    static final int LONGEST = 300;

    private final Clock clock;
    private final Instant since;
    private final Map<Kind, Deque<Happening>> newestFirst = new EnumMap<>(Kind.class);
    private final Latest<Long> count = new Latest<>(0L);
    private long last;

    public History(Clock clock) {
        this.clock = clock;
        this.since = clock.instant();
        for (var kind : Kind.values()) {
            newestFirst.put(kind, new ArrayDeque<>());
        }
    }

    /// Of all happenings until now; the index of the newest.
    public Latest<Long> count() {
        return count;
    }

    /// Since when this server has kept them.
    public Instant since() {
        return since;
    }

    @Override
    public void accept(PeeringEvent event) {
        Telling.of(event).ifPresent(this::add);
    }

    private void add(Telling told) {
        // whoever is woken finds it in the list; of two at once the later may come first
        var kept = keep(told);
        count.update(known -> known < kept ? Long.valueOf(kept) : known);
    }

    private synchronized long keep(Telling told) {
        var of = newestFirst.getOrDefault(told.kind(), new ArrayDeque<>());
        if (of.size() == MOST_OF_A_KIND) {
            of.removeLast();
        }
        last++;
        of.addFirst(
                new Happening(
                        last,
                        clock.instant(),
                        told.kind(),
                        told.about(),
                        told.sentence(),
                        told.needs()));
        return last;
    }

    /// The newest first.
    public synchronized List<Happening> all() {
        return newestFirst.values().stream()
                .flatMap(Deque::stream)
                .sorted(Comparator.comparingLong(Happening::index).reversed())
                .toList();
    }
}
