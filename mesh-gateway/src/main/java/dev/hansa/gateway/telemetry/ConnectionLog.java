package dev.hansa.gateway.telemetry;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// The last connections, newest first, for `/connections`.
public final class ConnectionLog {
    /// Enough to find a call among a test's; a few dozen kilobytes.
    private static final int KEPT = 512;

    private final Deque<ConnectionRecord> records = new ArrayDeque<>();

    public synchronized void add(ConnectionRecord record) {
        if (records.size() == KEPT) {
            records.removeLast();
        }
        records.addFirst(record);
    }

    public synchronized List<ConnectionRecord> newest() {
        return List.copyOf(records);
    }
}
