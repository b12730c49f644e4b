package dev.hansa.peering.store;

import dev.hansa.trustbundle.PeerName;
import java.util.Map;
import java.util.Optional;

/// What a store holds, made by hand.
public final class TestState {
    static final StoreState EMPTY = state(0, 0, Map.of(), Map.of(), Map.of());

    private TestState() {}

    /// Nothing besides these, after the first start.
    public static StoreState of(
            long index,
            Map<ConfigKey, ConfigRecord> config,
            Map<PeerName, PeeringRecord> peerings,
            Map<PeerName, BundleRecord> bundles) {
        return state(index, 1, config, peerings, bundles);
    }

    private static StoreState state(
            long index,
            long starts,
            Map<ConfigKey, ConfigRecord> config,
            Map<PeerName, PeeringRecord> peerings,
            Map<PeerName, BundleRecord> bundles) {
        return new StoreState(
                index,
                starts,
                config,
                peerings,
                Map.of(),
                bundles,
                Map.of(),
                Map.of(),
                Map.of(),
                AclState.NONE,
                Optional.empty(),
                VirtualAddresses.NONE);
    }
}
