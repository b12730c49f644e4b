package dev.hansa.tests.multicluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;

/// What clients did and were told, and what of it cannot be. Pure but for the gathering. Times are
/// of `System.nanoTime`, of one process.
final class SoakHistory {
    /// A reader was told that there is nothing.
    static final long ABSENT = -1;

    /// Of operations; each has to be acknowledged at least once in a run that is to prove anything.
    enum Kind {
        CONFIG_WRITE,
        REGISTRATION,
        DEREGISTRATION,
        EXPORT_REVOCATION,
        TOKEN_GENERATED,
        TOKEN_ESTABLISHED,
        PEERING_DELETION,
        ESTABLISHMENT_SECRET,
        JOIN_SECRET
    }

    /// The only value of what is either there or not.
    static final long THERE = 0;

    /// Values of one key grow, and each is written once, under the index that was read before: a
    /// write of which nobody knows what became has no effect after the next that was acknowledged.
    ///
    /// @param isAcknowledged false: it may have happened, or happen later
    record Write(
            Kind kind, String key, long value, boolean isAcknowledged, long begun, long ended) {}

    /// @param index of the key's last change, as it was told
    record Read(String client, String key, long value, long index, long begun, long ended) {}

    enum Outcome {
        /// It bought what it is for.
        TAKEN,
        /// Somebody else has used it, as whoever was asked says.
        REFUSED,
        /// It may have bought something, or may later.
        UNKNOWN
    }

    /// A secret is shown once it was acknowledged that there is one, and before it expires.
    ///
    /// @param secret a name for it
    record Use(Kind kind, String secret, Outcome outcome, long begun, long ended) {}

    /// @param name of an export, a service or a peering
    /// @param ended when it was acknowledged that it is no more
    record Revocation(Kind kind, String name, long ended) {}

    /// What a reader was told is there.
    record Seen(String name, long begun) {}

    private final ConcurrentLinkedQueue<Write> writes = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Read> reads = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Use> uses = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Revocation> revocations = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Seen> sightings = new ConcurrentLinkedQueue<>();

    void add(Write write) {
        writes.add(write);
    }

    void add(Read read) {
        reads.add(read);
    }

    void add(Use use) {
        uses.add(use);
    }

    void add(Revocation revocation) {
        revocations.add(revocation);
    }

    void add(Seen seen) {
        sightings.add(seen);
    }

    /// How many operations were answered.
    long operations() {
        return writes.stream().filter(Write::isAcknowledged).count()
                + reads.size()
                + uses.stream().filter(use -> use.outcome() != Outcome.UNKNOWN).count()
                + revocations.size();
    }

    /// How many of each kind had their effect; a kind of which none had is not there.
    Map<Kind, Long> acknowledged() {
        var counts = new EnumMap<Kind, Long>(Kind.class);
        writes.stream()
                .filter(Write::isAcknowledged)
                .forEach(write -> counts.merge(write.kind(), 1L, Long::sum));
        uses.stream()
                .filter(use -> use.outcome() == Outcome.TAKEN)
                .forEach(use -> counts.merge(use.kind(), 1L, Long::sum));
        revocations.forEach(one -> counts.merge(one.kind(), 1L, Long::sum));
        return counts;
    }

    /// One sentence for each thing that cannot be.
    List<String> violations() {
        var found = new ArrayList<String>();
        var byKey = new HashMap<String, List<Write>>();
        writes.forEach(
                write -> byKey.computeIfAbsent(write.key(), _ -> new ArrayList<>()).add(write));
        reads.forEach(read -> value(read, byKey.getOrDefault(read.key(), List.of()), found));
        backwards(found);
        twice(found);
        unused(found);
        revoked(found);
        return found;
    }

    private static void value(Read read, List<Write> writes, List<String> found) {
        var least = ABSENT;
        var most = ABSENT;
        for (var write : writes) {
            if (write.isAcknowledged() && write.ended() - read.begun() < 0) {
                least = Math.max(least, write.value());
            }
            if (write.begun() - read.ended() < 0) {
                most = Math.max(most, write.value());
            }
        }
        if (read.value() < least || read.value() > most) {
            found.add(
                    "lost or invented: "
                            + read
                            + ": expected a value from "
                            + least
                            + " to "
                            + most);
        }
    }

    private void backwards(List<String> found) {
        var last = new HashMap<String, Read>();
        reads.stream()
                .sorted(Comparator.comparingLong(Read::begun))
                .forEach(read -> {
                    var before = last.put(read.client() + " " + read.key(), read);
                    if (before != null && read.index() < before.index()) {
                        found.add("back in time: " + read + " after " + before);
                    }
                });
    }

    private void twice(List<String> found) {
        var taken = new HashMap<String, Integer>();
        uses.stream()
                .filter(use -> use.outcome() == Outcome.TAKEN)
                .forEach(use -> taken.merge(use.secret(), 1, Integer::sum));
        taken.forEach((secret, times) -> {
            if (times > 1) {
                found.add("used twice: secret " + secret + " bought " + times + " times");
            }
        });
    }

    /// A secret that nobody can have used yet buys: who is refused then was told so by a server
    /// that had lost it, or did not know of it.
    private void unused(List<String> found) {
        var used = new HashMap<String, Long>();
        uses.stream()
                .filter(use -> use.outcome() != Outcome.REFUSED)
                .forEach(use ->
                        used.merge(
                                use.secret(),
                                use.begun(),
                                (one, other) -> one - other < 0 ? one : other));
        uses.stream()
                .filter(use -> use.outcome() == Outcome.REFUSED)
                .filter(use -> {
                    var first = used.get(use.secret());
                    return first == null || first - use.ended() > 0;
                })
                .forEach(use -> found.add("refused though nobody had used it: " + use));
    }

    /// Each is there under its name once, so that it never comes back.
    private void revoked(List<String> found) {
        Map<String, Long> gone = new HashMap<>();
        revocations.forEach(one -> gone.put(one.name(), one.ended()));
        sightings.stream()
                .filter(seen -> {
                    var ended = gone.get(seen.name());
                    return ended != null && ended - seen.begun() < 0;
                })
                .forEach(seen -> found.add("seen after it was revoked: " + seen));
    }
}
