package dev.hansa.peering.stream;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.Store;
import java.time.Clock;
import java.util.function.Consumer;

/// What every conversation with a peer works with.
public record StreamContext(
        OwnDatacenter own,
        Store store,
        LiveCatalog catalog,
        LiveStreams streams,
        StreamTimes times,
        PeerLimits limits,
        Clock clock,
        Consumer<PeeringEvent> events) {}
