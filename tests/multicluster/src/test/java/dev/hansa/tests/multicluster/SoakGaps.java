package dev.hansa.tests.multicluster;

import java.util.ArrayList;
import java.util.List;

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

    /// @param until in `System.nanoTime`
    record Gap(long millis, long until) {}

    /// From one success to the next, and to the end.
    synchronized Gap longest(long end) {
        var longest = new Gap(0, end);
        var all = new ArrayList<>(successes);
        all.add(end);
        all.sort(Long::compare);
        for (var i = 1; i < all.size(); i++) {
            var from = all.get(i - 1);
            var to = all.get(i);
            var gap = to - from;
            for (var window : excluded) {
                var begin = Math.max(from, window[0]);
                var finish = Math.min(to, window[1]);
                if (finish > begin) {
                    gap -= finish - begin;
                }
            }
            if (gap / 1_000_000 > longest.millis()) {
                longest = new Gap(gap / 1_000_000, to);
            }
        }
        return longest;
    }
}
