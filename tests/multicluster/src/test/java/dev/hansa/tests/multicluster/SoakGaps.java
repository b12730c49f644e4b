package dev.hansa.tests.multicluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/// How long nothing succeeded, not counting times that were said to be hopeless.
final class SoakGaps {
    private final List<Long> successes = new ArrayList<>();
    private final List<long[]> excluded = new ArrayList<>();

    /// @param at in `System.nanoTime`
    synchronized void success(long at) {
        successes.add(at);
    }

    synchronized void exclude(long from, long to) {
        excluded.add(new long[] {from, to});
    }

    synchronized int count() {
        return successes.size();
    }

    /// @param at in `System.nanoTime`
    synchronized OptionalLong firstSince(long at) {
        return successes.stream().mapToLong(one -> one).filter(one -> one - at >= 0).min();
    }

    /// @param until in `System.nanoTime`
    record Gap(long millis, long until) {}

    /// From one success to the next, and to the end; the longest first, `most` of them. Whoever
    /// asks begins with a success, or nothing that never succeeded would be no gap.
    synchronized List<Gap> longest(long end, int most) {
        if (successes.isEmpty()) {
            throw new IllegalStateException("expected a beginning; found none");
        }
        var all = new ArrayList<>(successes);
        all.add(end);
        all.sort(Long::compare);
        excluded.sort((one, other) -> Long.compare(one[0], other[0]));
        var gaps = new ArrayList<Gap>();
        for (var i = 1; i < all.size(); i++) {
            var to = all.get(i);
            gaps.add(new Gap(counted(all.get(i - 1), to) / 1_000_000, to));
        }
        gaps.sort(Comparator.comparingLong(Gap::millis).reversed());
        return List.copyOf(gaps.subList(0, Math.min(most, gaps.size())));
    }

    /// What of it is in none of the excluded times, which may overlap.
    private long counted(long from, long to) {
        var counted = 0L;
        var at = from;
        for (var window : excluded) {
            if (window[0] >= to) {
                break;
            }
            counted += Math.max(0, window[0] - at);
            at = Math.max(at, window[1]);
        }
        return counted + Math.max(0, to - at);
    }
}
