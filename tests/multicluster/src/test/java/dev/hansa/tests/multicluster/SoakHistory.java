package dev.hansa.tests.multicluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;

/// What clients did and were told, and what of it cannot be. Pure but for the gathering. Times are
/// of `System.nanoTime`, of one process.
final class SoakHistory {
    /// A reader was told that there is nothing.
    static final long ABSENT = -1;

    /// Values of one key grow, and each is written once, under the index that was read before: a
    /// write of which nobody knows what became has no effect after the next that was acknowledged.
    ///
    /// @param isAcknowledged false: it may have happened, or happen later
    record Write(String key, long value, boolean isAcknowledged, long begun, long ended) {}

    /// @param index of the key's last change, as it was told
    record Read(String client, String key, long value, long index, long begun, long ended) {}

    /// @param isTaken whether the secret bought what it is for
    record Use(String secret, boolean isTaken, long ended) {}

    /// @param ended when it was acknowledged that the service is exported no more
    record Revocation(String service, long ended) {}

    /// One of the exports that a reader was told of.
    record Seen(String service, long begun) {}

    private final ConcurrentLinkedQueue<Write> writes = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Read> reads = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Use> uses = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Revocation> revocations = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Seen> exports = new ConcurrentLinkedQueue<>();

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
        exports.add(seen);
    }

    /// How many operations were answered.
    long operations() {
        return writes.stream().filter(Write::isAcknowledged).count()
                + reads.size()
                + uses.size()
                + revocations.size();
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
                .filter(Use::isTaken)
                .forEach(use -> taken.merge(use.secret(), 1, Integer::sum));
        taken.forEach((secret, times) -> {
            if (times > 1) {
                found.add("used twice: secret " + secret + " bought " + times + " times");
            }
        });
    }

    /// A service is exported under its name once, so that it never comes back.
    private void revoked(List<String> found) {
        Map<String, Long> gone = new HashMap<>();
        revocations.forEach(one -> gone.put(one.service(), one.ended()));
        exports.stream()
                .filter(seen -> {
                    var ended = gone.get(seen.service());
                    return ended != null && ended - seen.begun() < 0;
                })
                .forEach(seen -> found.add("seen after it was revoked: " + seen));
    }
}
