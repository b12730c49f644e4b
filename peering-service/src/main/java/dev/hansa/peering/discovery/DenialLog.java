package dev.hansa.peering.discovery;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// The last calls that intentions forbade, as the sidecars of this datacenter told them. Lost with
/// the process: the sidecars' access logs are the record.
public final class DenialLog {
    /// A screen or two of history; each is under 2 KiB.
    private static final int CAPACITY = 1000;

    private final Deque<Denial> newestFirst = new ArrayDeque<>();

    /// @param source the SPIFFE ID from the caller's certificate
    /// @param intention the label of the rule that decided; `default` when none did
    public record Denial(
            Instant at, String source, String destination, String intention, String sentence) {}

    synchronized void add(Denial denial) {
        if (newestFirst.size() == CAPACITY) {
            newestFirst.removeLast();
        }
        newestFirst.addFirst(denial);
    }

    /// Newest first.
    public synchronized List<Denial> last() {
        return List.copyOf(newestFirst);
    }
}
