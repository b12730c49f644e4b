package dev.hansa.gateway.wire;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Connections that have not said yet what they want. They are free to whoever can reach the port,
/// so there is a bound for them, and beyond it one goes for the newcomer. Not those that a peer has
/// open ahead of its callers (ADR 0041), as long as there are others: they are as silent as a
/// stranger's, stand for some seconds, and may come from an address that strangers have too. So
/// whoever comes later pays (ADR 0047):
///
/// - Half of the places are for those that have stood for longest. None of them is asked to go for
///   a newcomer before it has been silent for longer than any connection that was opened ahead.
/// - Three eighths are for the latest. One too many, and the oldest of them goes, first of a source
///   that has many; half of these are for sources that have been served before, and half for
///   others, so that neither pushes out the other.
/// - An eighth is for those that have begun a hello and not finished it: nobody who means to speak
///   stays there for long.
///
/// Not safe for several threads: [Admission] has the lock.
///
/// @param <W> one of them
final class HalfOpen<W extends HalfOpen.Waiting> {
    /// Whoever has a hello to say has said it by then, also when a packet was lost and sent again
    /// after a second. A connection that was opened ahead of its caller may say nothing for longer.
    static final Duration PATIENCE = Duration.ofSeconds(2);

    /// Longer than a connection that was opened ahead is kept ([ConnectionsAhead#AGE] and its
    /// spread), by a second.
    static final Duration OVERSTAYED = Duration.ofSeconds(8);

    /// Of one source among the latest, before it is the one that has many: what a peer's gateway
    /// has open ahead to three addresses, as a load balancer's name has.
    static final int FAIR = 24;

    private final int mostStanding;
    private final int mostLatest;
    private final int mostBegun;
    private final Map<Part, Line<W>> parts = new EnumMap<>(Part.class);

    /// Where one of them is.
    enum Part {
        /// Of the latest, from a source that was served before.
        SERVED,
        /// Of the latest, from another.
        STRANGER,
        STANDING,
        BEGUN
    }

    /// One of them. What it keeps is [HalfOpen]'s alone.
    abstract static class Waiting {
        long source;
        long since;
        Part part = Part.STRANGER;
        boolean waits;

        /// @param source whom it counts for; it may change while it is not waited for
        Waiting(long source) {
            this.source = source;
        }
    }

    private HalfOpen(int mostStanding, int mostLatest, int mostBegun) {
        this.mostStanding = mostStanding;
        this.mostLatest = mostLatest;
        this.mostBegun = mostBegun;
        for (var part : Part.values()) {
            parts.put(part, new Line<>());
        }
    }

    /// @param most at once, at least 1; one more where it is less than 3
    static <W extends Waiting> HalfOpen<W> inParts(int most) {
        var begun = Math.max(1, most / 8);
        var standing = most / 2;
        return new HalfOpen<>(standing, Math.max(1, most - standing - begun), begun);
    }

    /// Where nothing is opened ahead: for one too many the oldest goes.
    ///
    /// @param most at once, at least 1
    static <W extends Waiting> HalfOpen<W> oldestFirst(int most) {
        return new HalfOpen<>(0, most, 1);
    }

    /// One more.
    ///
    /// @param served whether its source has been
    /// @return who goes for it, and is not waited for any more
    Optional<W> enter(W one, boolean served, long now) {
        one.waits = true;
        one.since = now;
        put(one, served ? Part.SERVED : Part.STRANGER);
        if (line(Part.SERVED).size() + line(Part.STRANGER).size() <= mostLatest) {
            return Optional.empty();
        }
        // it has stood for longer than the other latest ones
        var oldest = oldest(Stream.of(Part.SERVED, Part.STRANGER), Line::oldest).orElseThrow();
        if (line(Part.STANDING).size() < mostStanding) {
            move(oldest, Part.STANDING);
            return Optional.empty();
        }
        var overstayed =
                oldest(Stream.of(Part.STANDING, Part.SERVED, Part.STRANGER), Line::oldest)
                        .filter(longest -> has(longest, OVERSTAYED, now));
        if (overstayed.isPresent()) {
            var gone = overstayed.get();
            var stood = gone.part == Part.STANDING;
            leave(gone);
            if (stood) {
                move(oldest, Part.STANDING);
            }
            return overstayed;
        }
        var crowded = line(crowded());
        return taken(crowded.oldestOfMany(FAIR).or(crowded::oldest));
    }

    /// The part of the latest ones that has more than its half.
    private Part crowded() {
        return line(Part.STRANGER).size() > mostLatest / 2 ? Part.STRANGER : Part.SERVED;
    }

    /// It has said something, and not all of it.
    ///
    /// @return who goes for it; perhaps itself
    Optional<W> begins(W one, long now) {
        if (!one.waits || one.part == Part.BEGUN) {
            return Optional.empty();
        }
        one.since = now;
        move(one, Part.BEGUN);
        var begun = line(Part.BEGUN);
        return begun.size() > mostBegun
                ? taken(begun.oldestOfMany(FAIR).or(begun::oldest))
                : Optional.empty();
    }

    /// All places are taken: one goes that has had the time to say what it wants, if there is one;
    /// the last to go are those that may have been opened ahead.
    ///
    /// @return empty: there is none
    Optional<W> ripe(long now) {
        return ripe(line -> line.oldestOfMany(FAIR).or(line::oldest), Line::oldest, now);
    }

    /// The same of one source.
    Optional<W> ripeOf(long source, long now) {
        return ripe(line -> line.oldestOf(source), line -> line.oldestOf(source), now);
    }

    private Optional<W> ripe(
            Function<Line<W>, Optional<W>> ofMany,
            Function<Line<W>, Optional<W>> oldest,
            long now) {
        return taken(
                oldest.apply(line(Part.BEGUN))
                        .filter(begun -> has(begun, PATIENCE, now))
                        .or(() -> silent(oldest).filter(longest -> has(longest, OVERSTAYED, now)))
                        .or(() ->
                                ofMany.apply(line(Part.STRANGER))
                                        .filter(latest -> has(latest, PATIENCE, now)))
                        .or(() -> silent(oldest).filter(longest -> has(longest, PATIENCE, now))));
    }

    private Optional<W> silent(Function<Line<W>, Optional<W>> oldest) {
        return oldest(Stream.of(Part.STANDING, Part.SERVED, Part.STRANGER), oldest);
    }

    private Optional<W> oldest(Stream<Part> of, Function<Line<W>, Optional<W>> oldest) {
        // times of System.nanoTime may overflow, and their differences do not
        return of.flatMap(part -> oldest.apply(line(part)).stream())
                .min((one, other) -> Long.signum(one.since - other.since));
    }

    /// It is decided, or closed. Whoever has gone already is not missed.
    void leave(W one) {
        if (one.waits) {
            one.waits = false;
            line(one.part).remove(one);
        }
    }

    private Optional<W> taken(Optional<W> gone) {
        gone.ifPresent(this::leave);
        return gone;
    }

    private void move(W one, Part to) {
        line(one.part).remove(one);
        put(one, to);
    }

    private void put(W one, Part to) {
        one.part = to;
        line(to).add(one);
    }

    private boolean has(W one, Duration had, long now) {
        return now - one.since >= had.toNanos();
    }

    private Line<W> line(Part part) {
        return Objects.requireNonNull(parts.get(part), "expected a line for each part");
    }

    int size() {
        return parts.values().stream().mapToInt(Line::size).sum();
    }
}
