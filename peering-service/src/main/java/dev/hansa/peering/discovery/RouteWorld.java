package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Controls;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.util.function.Function;

/// All that routes are made from, at one moment.
///
/// @param own the datacenter's own bundle
/// @param intentions the rules that may decide a call to one service
/// @param controls the operator's, those in force
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
                throughGateways,
                peerServer);
    }

    public TrustDomain trustDomain() {
        return own.trustDomain();
    }
}
