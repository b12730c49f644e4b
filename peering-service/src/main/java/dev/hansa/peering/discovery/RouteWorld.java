package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.ConnectionPolicy;
import dev.hansa.failover.Controls;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.util.Set;
import java.util.function.Function;

/// All that routes are made from, at one moment.
///
/// @param own the datacenter's own bundle
/// @param intentions the rules that may decide a call to one service
/// @param controls the operator's, those in force
/// @param connections what each caller and each service says of its connections
/// @param heldDown the services whose callers may have to wait before they go back to a target
/// @param throughGateways the `mesh` entry sends peering through mesh gateways
/// @param peerServer where this datacenter's servers take peer streams
public record RouteWorld(
        StoreState state,
        CatalogSnapshot catalog,
        Datacenter datacenter,
        TrustBundle own,
        ExportPolicy exports,
        Function<ServiceName, FailoverPolicy> policies,
        Function<String, IntentionTable> intentions,
        Controls controls,
        ConnectionPolicy connections,
        Set<ServiceName> heldDown,
        boolean throughGateways,
        Endpoint peerServer) {

    /// The same under other controls.
    public RouteWorld with(Controls changed) {
        return new RouteWorld(
                state,
                catalog,
                datacenter,
                own,
                exports,
                policies,
                intentions,
                changed,
                connections,
                heldDown,
                throughGateways,
                peerServer);
    }

    public RouteWorld {
        heldDown = Set.copyOf(heldDown);
    }

    /// One in which nobody steers, nobody says anything of connections, and nobody waits.
    public RouteWorld(
            StoreState state,
            CatalogSnapshot catalog,
            Datacenter datacenter,
            TrustBundle own,
            ExportPolicy exports,
            Function<ServiceName, FailoverPolicy> policies,
            Function<String, IntentionTable> intentions,
            boolean throughGateways,
            Endpoint peerServer) {
        this(
                state,
                catalog,
                datacenter,
                own,
                exports,
                policies,
                intentions,
                Controls.NONE,
                ConnectionPolicy.NONE,
                Set.of(),
                throughGateways,
                peerServer);
    }

    public TrustDomain trustDomain() {
        return own.trustDomain();
    }
}
