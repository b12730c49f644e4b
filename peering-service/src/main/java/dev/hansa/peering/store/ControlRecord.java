package dev.hansa.peering.store;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.Control.Order;
import dev.hansa.trustbundle.PeerName;
import java.time.Instant;
import java.util.Optional;

/// An operator's control of failover as it is kept.
///
/// @param id the index at which it was written; 0 before
/// @param kind a word for the order; a later version may know more of them
/// @param service empty where the order is about none, as are `peer` and `target`
public record ControlRecord(
        long id,
        String kind,
        String service,
        String peer,
        String target,
        String by,
        String reason,
        Instant since,
        Instant until) {
    /// Each is one person's act and ends by itself; more of them is a script that has gone wild,
    /// and each is asked at each change of each route.
    public static final int MOST = 256;

    private static final String DRAIN_PEER = "drain-peer";
    private static final String DRAIN_LOCAL = "drain-local";
    private static final String FORCE = "force";
    private static final String HOLD = "hold";
    private static final String DRILL = "drill";

    /// What was ordered, without an id.
    public static ControlRecord of(
            Order order, String by, String reason, Instant since, Instant until) {
        return switch (order) {
            case Order.DrainPeer(var peer) ->
                    record(DRAIN_PEER, "", peer.value(), "", by, reason, since, until);
            case Order.DrainLocal(var service) ->
                    record(DRAIN_LOCAL, service.value(), "", "", by, reason, since, until);
            case Order.Force(var service, var target) ->
                    record(FORCE, service.value(), "", target, by, reason, since, until);
            case Order.Hold(var service, var target) ->
                    record(HOLD, service.value(), "", target, by, reason, since, until);
            case Order.Drill(var service, var target) ->
                    record(DRILL, service.value(), "", target.orElse(""), by, reason, since, until);
        };
    }

    private static ControlRecord record(
            String kind,
            String service,
            String peer,
            String target,
            String by,
            String reason,
            Instant since,
            Instant until) {
        return new ControlRecord(0, kind, service, peer, target, by, reason, since, until);
    }

    ControlRecord numbered(long index) {
        return new ControlRecord(index, kind, service, peer, target, by, reason, since, until);
    }

    /// What it says; empty when a later version has written what this one does not know.
    public Optional<Control> control() {
        return order().map(order -> new Control(id, order, by, reason, since, until));
    }

    private Optional<Order> order() {
        return switch (kind) {
            case DRAIN_PEER -> Optional.of(new Order.DrainPeer(new PeerName(peer)));
            case DRAIN_LOCAL -> Optional.of(new Order.DrainLocal(new ServiceName(service)));
            case FORCE -> Optional.of(new Order.Force(new ServiceName(service), target));
            case HOLD -> Optional.of(new Order.Hold(new ServiceName(service), target));
            case DRILL ->
                    Optional.of(
                            new Order.Drill(
                                    new ServiceName(service),
                                    target.isEmpty() ? Optional.empty() : Optional.of(target)));
            default -> Optional.empty();
        };
    }
}
