package dev.hansa.trustbundle;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// All intentions that may decide a call, and what happens when none does. Pure: sidecar, API and
/// explanation all ask it.
public record IntentionTable(boolean defaultAllow, List<Intention> intentions) {
    public IntentionTable {
        intentions =
                intentions.stream()
                        .sorted(Comparator.comparingInt(Intention::precedence).reversed())
                        .toList();
    }

    /// What was decided and by which rule; no rule means the default decided.
    public record Decision(boolean allowed, Optional<Intention> by) {}

    /// May service `source` of `peer` (empty: of this datacenter) call `destination`? The first
    /// match in order of precedence decides.
    public Decision decide(Optional<PeerName> peer, String source, String destination) {
        return intentions.stream()
                .filter(intention -> intention.matches(peer, source, destination))
                .findFirst()
                .map(intention -> new Decision(intention.allow(), Optional.of(intention)))
                .orElseGet(() -> new Decision(defaultAllow, Optional.empty()));
    }
}
