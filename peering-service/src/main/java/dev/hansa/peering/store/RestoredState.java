package dev.hansa.peering.store;

import dev.hansa.trustbundle.PeerName;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;

/// The state after a restore, out of the one before it and a snapshot's: a pure function, the same
/// on every server.
///
/// What an operator wrote comes from the snapshot. What was used up or renewed since stays as it
/// is: no secret that works once works again, and nobody who follows newer keys is cut off.
final class RestoredState {
    private RestoredState() {}

    /// Why a snapshot must not take the present state's place.
    static Optional<String> refusal(StoreState present, StoreState snapshot, boolean forced) {
        var own = present.ca();
        var other = snapshot.ca();
        if (own.isPresent() && other.isPresent()) {
            if (!own.get().datacenter().equals(other.get().datacenter())) {
                return Optional.of(
                        anotherDatacenter(own.get().datacenter(), other.get().datacenter()));
            }
            if (!own.get().trustDomain().equals(other.get().trustDomain()) && !untouched(present)) {
                return Optional.of(
                        "snapshot: expected one of trust domain '"
                                + own.get().trustDomain()
                                + "', or a server that nobody has used yet; found trust domain '"
                                + other.get().trustDomain()
                                + "'");
            }
        }
        if (!forced && !(present.peerings().isEmpty() && present.config().isEmpty())) {
            return Optional.of(
                    "restore: expected a server without peerings and config entries; found "
                            + present.peerings().size()
                            + " and "
                            + present.config().size()
                            + ", which the snapshot's would replace (--force does it)");
        }
        return Optional.empty();
    }

    static String anotherDatacenter(String expected, String found) {
        return "snapshot: expected one of datacenter '" + expected + "'; found '" + found + "'";
    }

    /// Nobody has a certificate, a token or a rule of it.
    private static boolean untouched(StoreState state) {
        return state.peerings().isEmpty()
                && state.config().isEmpty()
                && state.registrations().isEmpty()
                && state.joinSecrets().isEmpty();
    }

    static StoreState of(StoreState present, StoreState snapshot) {
        // above both: nobody who has read of either sees it go back
        var index = Math.max(present.index(), snapshot.index()) + 1;
        return new StoreState(
                index,
                Math.max(present.starts(), snapshot.starts()) + 1,
                written(
                        present.config(),
                        snapshot.config(),
                        (entry, created) ->
                                new ConfigRecord(
                                        entry.kind(), entry.name(), entry.json(), created, index),
                        ConfigRecord::createIndex),
                written(
                        present.peerings(),
                        snapshot.peerings(),
                        (peering, created) -> peering.indexed(created, index),
                        PeeringRecord::createIndex),
                secrets(present, snapshot),
                written(
                        present.bundles(),
                        bundles(present, snapshot),
                        (bundle, _) ->
                                new BundleRecord(
                                        bundle.peer(),
                                        bundle.trustDomain(),
                                        bundle.rootPems(),
                                        index),
                        BundleRecord::modifyIndex),
                written(
                        present.registrations(),
                        snapshot.registrations(),
                        (registration, created) ->
                                new RegistrationRecord(
                                        registration.instance().indexed(created, index)),
                        registration -> registration.instance().createIndex()),
                present.joinSecrets(),
                snapshot.controls(),
                acl(present.acl(), snapshot.acl(), index),
                present.ca()
                        .filter(own ->
                                snapshot.ca().isEmpty()
                                        || own.trustDomain()
                                                .equals(snapshot.ca().get().trustDomain()))
                        .or(snapshot::ca),
                present.virtual().restoring(snapshot.virtual()));
    }

    /// The snapshot's, as Consul does it. One without any leaves what is there, so that a restore
    /// of what was saved before there was access control locks nobody out.
    private static AclState acl(AclState present, AclState snapshot, long index) {
        if (snapshot.bootstrap().isEmpty() && snapshot.tokens().isEmpty()) {
            return present;
        }
        return new AclState(
                written(
                        present.tokens(),
                        snapshot.tokens(),
                        (token, created) -> token.indexed(created, index),
                        AclTokenRecord::createIndex),
                written(
                        present.policies(),
                        snapshot.policies(),
                        (policy, created) -> policy.indexed(created, index),
                        AclPolicyRecord::createIndex),
                snapshot.bootstrap().map(_ -> new AclBootstrapRecord(index)),
                new LoginState(
                        written(
                                present.logins().methods(),
                                snapshot.logins().methods(),
                                (method, created) -> method.indexed(created, index),
                                AuthMethodRecord::createIndex),
                        written(
                                present.logins().rules(),
                                snapshot.logins().rules(),
                                (rule, created) -> rule.indexed(created, index),
                                BindingRuleRecord::createIndex)));
    }

    /// A modify index that somebody knows from another history must not fit by chance, so what
    /// differs from the present is written now.
    private static <K, V> Map<K, V> written(
            Map<K, V> present,
            Map<K, V> snapshot,
            BiFunction<V, Long, V> write,
            ToLongFunction<V> created) {
        var records = new HashMap<K, V>();
        snapshot.forEach((key, value) -> {
            var same = value.equals(present.get(key));
            records.put(key, same ? value : write.apply(value, created.applyAsLong(value)));
        });
        return records;
    }

    private static boolean stays(StoreState present, PeeringRecord restored) {
        return present.peering(restored.name())
                .filter(now -> now.id().equals(restored.id()))
                .isPresent();
    }

    private static Map<String, PeeringSecrets> secrets(StoreState present, StoreState snapshot) {
        var secrets = new HashMap<String, PeeringSecrets>();
        snapshot.peerings()
                .values()
                .forEach(peering -> {
                    var id = peering.id();
                    if (stays(present, peering)) {
                        Optional.ofNullable(present.secrets().get(id))
                                .ifPresent(kept -> secrets.put(id, kept));
                    } else {
                        Optional.ofNullable(snapshot.secrets().get(id))
                                .ifPresent(kept -> secrets.put(id, withoutToken(kept)));
                    }
                });
        return secrets;
    }

    /// It may have been used since the snapshot was made.
    private static PeeringSecrets withoutToken(PeeringSecrets kept) {
        return new PeeringSecrets(
                kept.peeringId(),
                Optional.empty(),
                kept.pendingStream(),
                kept.activeStream(),
                kept.dialerStream());
    }

    private static Map<PeerName, BundleRecord> bundles(StoreState present, StoreState snapshot) {
        var bundles = new HashMap<>(snapshot.bundles());
        snapshot.peerings()
                .values()
                .forEach(peering -> {
                    var now = present.bundles().get(peering.name());
                    if (now != null && stays(present, peering)) {
                        bundles.put(peering.name(), now);
                    }
                });
        return bundles;
    }
}
