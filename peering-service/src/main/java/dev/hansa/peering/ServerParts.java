package dev.hansa.peering;

import dev.hansa.peering.api.MonitorStream;
import dev.hansa.peering.api.SnapshotResource;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.cluster.ServerAddresses;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.peering.history.History;
import dev.hansa.peering.store.RaftStore;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/// What a server has in any role.
///
/// @param self as the catalog shows it
/// @param addresses of all servers, for whoever wants no names
/// @param snapshots any server gives and takes them
/// @param monitor goes on when the role changes, as does the history
record ServerParts(
        PeeringServiceConfig config,
        Clock clock,
        Consumer<PeeringEvent> events,
        RaftStore store,
        CertificateKeeper keeper,
        LiveCatalog live,
        ServerInfo self,
        ServerAddresses addresses,
        ServerListeners listeners,
        ScheduledExecutorService timer,
        Vertx vertx,
        SnapshotResource snapshots,
        MonitorStream monitor,
        History history) {}
