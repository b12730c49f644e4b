package dev.hansa.peering.failover;

import dev.hansa.bootstrap.Latest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// The last failovers and failbacks. Lost with the leader: its log lines are the record.
public final class FailoverLog {
    /// A screen or two of history; each is under 1 KiB.
    static final int CAPACITY = 1000;

    private final Deque<FailoverEvent> oldestFirst = new ArrayDeque<>();
    private final Latest<Long> count = new Latest<>(0L);

    void add(FailoverEvent event) {
        synchronized (oldestFirst) {
            if (oldestFirst.size() == CAPACITY) {
                oldestFirst.removeFirst();
            }
            oldestFirst.addLast(event);
        }
        count.update(before -> before + 1);
    }

    /// Oldest first.
    ///
    /// @param index events up to it are left out
    public List<FailoverEvent> after(long index) {
        synchronized (oldestFirst) {
            return oldestFirst.stream().filter(event -> event.index() > index).toList();
        }
    }

    /// How many there have been while this server has led.
    public Latest<Long> count() {
        return count;
    }
}
