package dev.hansa.peering.store;

import java.util.Optional;

/// Who leads the members of the log, as this server knows it. What it knows may be old: what must
/// not be done twice is written through [RaftStore#inTerm].
///
/// @param term of the log: grows with each leader
/// @param own whether this server leads and has applied all that was acknowledged before
/// @param leader its name among the members; empty: not known
public record Leadership(long term, boolean own, Optional<String> leader) {
    static final Leadership NONE = new Leadership(0, false, Optional.empty());

    /// Whether `now` another leads, or the same one anew; not yet while nobody does.
    boolean isOver(Leadership now) {
        return now.leader().isPresent() && (!now.leader().equals(leader) || now.term() > term);
    }
}
