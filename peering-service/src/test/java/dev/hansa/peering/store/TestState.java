package dev.hansa.peering.store;

import dev.hansa.trustbundle.PeerName;
import java.util.Map;
import java.util.Optional;

/// What a store holds, made by hand.
public final class TestState {
    static final StoreState EMPTY =
            state(0, 0, Map.of(), Map.of(), Map.of(), VirtualAddresses.NONE);

    private TestState() {}

    /// Nothing besides these, after the first start.
    public static StoreState of(
            long index,
            Map<ConfigKey, ConfigRecord> config,
            Map<PeerName, PeeringRecord> peerings,
            Map<PeerName, BundleRecord> bundles) {
        return of(index, config, peerings, bundles, VirtualAddresses.NONE);
    }

    /// The same, and virtual addresses.
    public static StoreState of(
            long index,
            Map<ConfigKey, ConfigRecord> config,
            Map<PeerName, PeeringRecord> peerings,
            Map<PeerName, BundleRecord> bundles,
            VirtualAddresses virtual) {
        return state(index, 1, config, peerings, bundles, virtual);
    }

    private static StoreState state(
            long index,
            long starts,
            Map<ConfigKey, ConfigRecord> config,
            Map<PeerName, PeeringRecord> peerings,
            Map<PeerName, BundleRecord> bundles,
            VirtualAddresses virtual) {
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
                virtual);
    }
}
