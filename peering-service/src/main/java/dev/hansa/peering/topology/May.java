package dev.hansa.peering.topology;

import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import java.util.Optional;

/// Whether one service may call another, and what says so.
public sealed interface May {
    /// @param by empty: no rule is about it, and the default of the datacenter allows
    record Allowed(Optional<Intention> by) implements May {}

    /// @param by empty: no rule is about it, and the default of the datacenter denies
    record Denied(Optional<Intention> by) implements May {}

    /// Rules are about it, and the service is not exported to the caller's peer.
    record NotExported(PeerName peer) implements May {}

    /// The called service is the peer's, and so is the decision.
    record DecidedAt(PeerName peer) implements May {}

    /// Whoever asks may not see the rules.
    record Hidden() implements May {}

    static May of(IntentionTable.Decision decision) {
        return decision.allowed() ? new Allowed(decision.by()) : new Denied(decision.by());
    }

    /// Empty: none, or it is not known here.
    default Optional<Intention> rule() {
        return switch (this) {
            case Allowed(var by) -> by;
            case Denied(var by) -> by;
            case NotExported _, DecidedAt _, Hidden _ -> Optional.empty();
        };
    }
}
