package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.Optional;

/// What an operator asks of failover.
///
/// @param life how long it is to hold
/// @param by who asks, as they call themselves
/// @param reason for people; may be empty
/// @param anyway also where it leaves a service without a healthy target
public record ControlWish(Wanted wanted, Duration life, String by, String reason, boolean anyway) {

    public sealed interface Wanted {
        record DrainPeer(PeerName peer) implements Wanted {}

        record DrainLocal(ServiceName service) implements Wanted {}

        /// @param target a label
        record Force(ServiceName service, String target) implements Wanted {}

        /// At the target that takes the calls now.
        record Hold(ServiceName service) implements Wanted {}

        /// @param to calls go to this peer meanwhile; empty: to the next in order
        record Drill(ServiceName service, Optional<PeerName> to) implements Wanted {}
    }
}
