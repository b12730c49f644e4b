package dev.hansa.gateway.telemetry;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// The last connections, newest first, for `/connections`. Those that anybody can make who reaches
/// the port have rows of their own, so that they push out none of the others.
public final class ConnectionLog {
    /// Enough to find a call among a test's; a few dozen kilobytes.
    static final int KEPT = 512;

    /// Enough to see what is tried, and from where.
    static final int KEPT_OF_STRANGERS = 128;

    private final Deque<Row> known = new ArrayDeque<>();
    private final Deque<Row> strangers = new ArrayDeque<>();
    private long count;

    private record Row(long number, ConnectionRecord record) {}

    public synchronized void add(ConnectionRecord record) {
        var rows = record.isOfStranger() ? strangers : known;
        if (rows.size() == (record.isOfStranger() ? KEPT_OF_STRANGERS : KEPT)) {
            rows.removeLast();
        }
        rows.addFirst(new Row(count++, record));
    }

    public synchronized List<ConnectionRecord> newest() {
        var all = new ArrayList<ConnectionRecord>(known.size() + strangers.size());
        var others = new ArrayDeque<>(strangers);
        for (var row : known) {
            while (!others.isEmpty() && others.getFirst().number() > row.number()) {
                all.add(others.removeFirst().record());
            }
            all.add(row.record());
        }
        others.forEach(row -> all.add(row.record()));
        return List.copyOf(all);
    }
}
