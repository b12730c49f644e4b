package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.time.Instant;
import java.util.Optional;

/// What an operator tells failover to do until a moment.
///
/// @param id unique in a datacenter; a later one has a higher id
/// @param by who says so, as they call themselves
/// @param reason for people; may be empty
public record Control(
        long id, Order order, String by, String reason, Instant since, Instant until) {

    public sealed interface Order {
        /// Nothing goes to a peer.
        record DrainPeer(PeerName peer) implements Order {}

        /// Nothing of this datacenter goes to its own instances of a service.
        record DrainLocal(ServiceName service) implements Order {}

        /// A target comes first.
        record Force(ServiceName service, String target) implements Order {}

        /// The target that took the calls when this was said stays first.
        record Hold(ServiceName service, String target) implements Order {}

        /// As [DrainLocal], to see what happens.
        ///
        /// @param target comes first meanwhile; empty: the next in order
        record Drill(ServiceName service, Optional<String> target) implements Order {}
    }

    public boolean isInForce(Instant now) {
        return until.isAfter(now);
    }

    /// For people, without who and until when.
    public String what() {
        return switch (order) {
            case Order.DrainPeer(var peer) -> "drain of peer '" + peer + "'";
            case Order.DrainLocal(var service) -> "drain of '" + service + "' here";
            case Order.Force(var service, var target) ->
                    "force of '" + service + "' to '" + target + "'";
            case Order.Hold(var service, var target) ->
                    "hold of '" + service + "' at '" + target + "'";
            case Order.Drill(var service, var target) ->
                    "drill of '"
                            + service
                            + "'"
                            + target.map(label -> " to '" + label + "'").orElse("");
        };
    }

    /// Why a target is not, or is, where calls go: `drained by ada until 2026-01-01T12:00:00Z:
    /// upgrade`.
    public String evidence() {
        var word =
                switch (order) {
                    case Order.DrainPeer _, Order.DrainLocal _ -> "drained";
                    case Order.Force _ -> "forced";
                    case Order.Hold _ -> "held";
                    case Order.Drill _ -> "out for a drill";
                };
        return word + " by " + by + " until " + until + (reason.isEmpty() ? "" : ": " + reason);
    }

    /// Whether a target is to get no calls.
    boolean takesOut(Target target) {
        return switch (order) {
            case Order.DrainPeer(var peer) ->
                    target instanceof Target.PeerTarget there && there.peer().equals(peer);
            case Order.DrainLocal(var service) -> isHere(target, service);
            case Order.Drill(var service, _) -> isHere(target, service);
            case Order.Force _, Order.Hold _ -> false;
        };
    }

    private static boolean isHere(Target target, ServiceName service) {
        return target instanceof Target.LocalTarget && target.service().equals(service);
    }

    /// The label of the target that is to come first for an upstream.
    Optional<String> prefers(UpstreamName upstream) {
        if (upstream.peer().isPresent()) {
            return Optional.empty();
        }
        return switch (order) {
            case Order.DrainPeer _, Order.DrainLocal _ -> Optional.empty();
            case Order.Force(var service, var target) -> of(upstream, service, target);
            case Order.Hold(var service, var target) -> of(upstream, service, target);
            case Order.Drill(var service, var target) ->
                    target.flatMap(label -> of(upstream, service, label));
        };
    }

    private static Optional<String> of(UpstreamName upstream, ServiceName service, String target) {
        return upstream.service().equals(service) ? Optional.of(target) : Optional.empty();
    }
}
