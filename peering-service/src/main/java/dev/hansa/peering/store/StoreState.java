package dev.hansa.peering.store;

import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.failover.Controls;
import dev.hansa.trustbundle.PeerName;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Everything the store holds, as of one index. A later write replaces it whole; what it did not
/// touch is the same object in both, so that what is derived from it can be kept.
///
/// @param starts how often a server has opened this store: the high half of every version that must
///   grow across restarts
public record StoreState(
        long index,
        long starts,
        Map<ConfigKey, ConfigRecord> config,
        Map<PeerName, PeeringRecord> peerings,
        Map<String, PeeringSecrets> secrets,
        Map<PeerName, BundleRecord> bundles,
        Map<String, RegistrationRecord> registrations,
        Map<String, JoinSecretRecord> joinSecrets,
        Map<Long, ControlRecord> controls,
        AclState acl,
        Optional<CaRecord> ca,
        VirtualAddresses virtual) {
    public StoreState {
        config = PersistentMap.copyOf(config);
        peerings = PersistentMap.copyOf(peerings);
        secrets = PersistentMap.copyOf(secrets);
        bundles = PersistentMap.copyOf(bundles);
        registrations = PersistentMap.copyOf(registrations);
        joinSecrets = PersistentMap.copyOf(joinSecrets);
        controls = PersistentMap.copyOf(controls);
    }

    /// Whether nobody has said since then who may reach whom, who our peers are or whose signature
    /// counts. That a control has ended is no new word.
    ///
    /// @param then a state of the same server
    public boolean hasSameRules(StoreState then) {
        return config == then.config
                && bundles == then.bundles
                && then.controls.entrySet().containsAll(controls.entrySet())
                && ca.equals(then.ca)
                && peerings.keySet().equals(then.peerings.keySet());
    }

    /// The operator's controls of failover that are in force at a moment.
    public Controls controls(Instant now) {
        return Controls.at(
                now,
                controls.values().stream().flatMap(record -> record.control().stream()).toList());
    }

    public Optional<ConfigRecord> config(String kind, String name) {
        return Optional.ofNullable(config.get(new ConfigKey(kind, name)));
    }

    public Stream<ConfigRecord> config(String kind) {
        return config.values().stream().filter(entry -> entry.kind().equals(kind));
    }

    public Optional<PeeringRecord> peering(PeerName name) {
        return Optional.ofNullable(peerings.get(name));
    }

    /// Whether what comes from a peer of this name is to be kept.
    public boolean hasLivePeering(PeerName name) {
        return peering(name).filter(record -> record.state().isLive()).isPresent();
    }

    public Optional<PeeringRecord> peeringById(String id) {
        return peerings.values().stream().filter(peering -> peering.id().equals(id)).findFirst();
    }

    public PeeringSecrets secrets(String peeringId) {
        return secrets.getOrDefault(peeringId, PeeringSecrets.none(peeringId));
    }
}
