package dev.hansa.peering.store;

import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.peering.audit.AuditReason;
import dev.hansa.trustbundle.PeerName;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// A state in the making; each method returns why it must not be made.
final class StateDraft {
    private static final Optional<String> FINE = Optional.empty();

    private final StoreState old;
    private final long index;
    private PersistentMap<ConfigKey, ConfigRecord> config;
    private PersistentMap<PeerName, PeeringRecord> peerings;
    private PersistentMap<String, PeeringSecrets> secrets;
    private PersistentMap<PeerName, BundleRecord> bundles;
    private PersistentMap<String, RegistrationRecord> registrations;
    private PersistentMap<String, JoinSecretRecord> joinSecrets;
    private PersistentMap<Long, ControlRecord> controls;
    private AclState acl;
    private Optional<CaRecord> ca;
    private VirtualAddresses virtual;
    private long starts;
    private boolean changed;
    private AuditReason reason = AuditReason.OTHER;

    StateDraft(StoreState old) {
        this.old = old;
        this.index = old.index() + 1;
        this.config = PersistentMap.copyOf(old.config());
        this.peerings = PersistentMap.copyOf(old.peerings());
        this.secrets = PersistentMap.copyOf(old.secrets());
        this.bundles = PersistentMap.copyOf(old.bundles());
        this.registrations = PersistentMap.copyOf(old.registrations());
        this.joinSecrets = PersistentMap.copyOf(old.joinSecrets());
        this.controls = PersistentMap.copyOf(old.controls());
        this.acl = old.acl();
        this.ca = old.ca();
        this.virtual = old.virtual();
        this.starts = old.starts();
    }

    /// Of the write that this state comes from.
    long index() {
        return index;
    }

    /// Whether it is another than the one before.
    boolean isChanged() {
        return changed;
    }

    StoreState state() {
        return new StoreState(
                index,
                starts,
                config,
                peerings,
                secrets,
                bundles,
                registrations,
                joinSecrets,
                controls,
                acl,
                ca,
                virtual);
    }

    /// Why it must not be made, in the word that each version has for it.
    AuditReason reason() {
        return reason;
    }

    private Optional<String> refused(AuditReason why, String sentence) {
        reason = why;
        return Optional.of(sentence);
    }

    private Optional<String> done() {
        changed = true;
        return FINE;
    }

    Optional<String> countStart() {
        starts++;
        return done();
    }

    private Optional<String> held(String what, long found, OptionalLong cas) {
        return cas.isPresent() && cas.getAsLong() != found
                ? refused(
                        AuditReason.STALE,
                        what + ": expected modify index " + cas.getAsLong() + "; found " + found)
                : FINE;
    }

    Optional<String> putConfig(String kind, String name, String json, OptionalLong cas) {
        var key = new ConfigKey(kind, name);
        var before = config.get(key);
        var refusal =
                held(
                        "config entry '" + kind + "/" + name + "'",
                        before == null ? 0 : before.modifyIndex(),
                        cas);
        if (refusal.isPresent() || before != null && before.json().equals(json)) {
            return refusal;
        }
        config =
                config.with(
                        key,
                        new ConfigRecord(
                                kind,
                                name,
                                json,
                                before == null ? index : before.createIndex(),
                                index));
        return done();
    }

    Optional<String> deleteConfig(String kind, String name, OptionalLong cas) {
        var key = new ConfigKey(kind, name);
        var before = config.get(key);
        var refusal =
                held(
                        "config entry '" + kind + "/" + name + "'",
                        before == null ? 0 : before.modifyIndex(),
                        cas);
        if (refusal.isPresent() || before == null) {
            return refusal;
        }
        config = config.without(key);
        return done();
    }

    Optional<String> crowded(PeeringRecord peering, int most) {
        return peerings.containsKey(peering.name()) || peerings.size() < most
                ? Optional.empty()
                : refused(
                        AuditReason.CROWDED,
                        "expected at most " + most + " peerings; found " + peerings.size());
    }

    Optional<String> putPeering(PeeringRecord peering) {
        var before = peerings.get(peering.name());
        var refusal =
                held(
                        "peering '" + peering.name() + "'",
                        before == null ? 0 : before.modifyIndex(),
                        OptionalLong.of(peering.modifyIndex()));
        if (refusal.isPresent()) {
            return refusal;
        }
        if (before != null
                && before.state() == StoredState.DELETING
                && peering.state() != StoredState.DELETING) {
            return refused(
                    AuditReason.DELETING, "cannot write to peering that is marked for deletion");
        }
        if (before == null || !before.trustDomain().equals(peering.trustDomain())) {
            for (var other : peerings.values()) {
                if (peering.trustDomain().isPresent()
                        && !other.name().equals(peering.name())
                        && other.trustDomain().equals(peering.trustDomain())) {
                    return refused(
                            AuditReason.TAKEN,
                            "trust domain '"
                                    + peering.trustDomain().get()
                                    + "' is peered already, as '"
                                    + other.name()
                                    + "'");
                }
            }
        }
        var written = peering.indexed(before == null ? index : before.createIndex(), index);
        peerings = peerings.with(peering.name(), written);
        if (!written.state().isLive()) {
            secrets = secrets.without(written.id());
        }
        return done();
    }

    Optional<String> removePeering(PeerName name) {
        var before = peerings.get(name);
        if (before == null) {
            return FINE;
        }
        peerings = peerings.without(name);
        secrets = secrets.without(before.id());
        bundles = bundles.without(name);
        virtual = virtual.without(name);
        return done();
    }

    Optional<String> keep(PeeringSecrets changedSecrets) {
        secrets = secrets.with(changedSecrets.peeringId(), changedSecrets);
        return done();
    }

    private boolean live(String peeringId) {
        return peerings.values().stream()
                .anyMatch(peering -> peering.id().equals(peeringId) && peering.state().isLive());
    }

    Optional<String> issue(String peeringId, PeeringSecrets.Establishment establishment) {
        if (!live(peeringId)) {
            return refused(
                    AuditReason.ABSENT,
                    "peering '" + peeringId + "': expected a live one; found none");
        }
        var before = old.secrets(peeringId);
        return keep(
                new PeeringSecrets(
                        peeringId,
                        Optional.of(establishment),
                        before.pendingStream(),
                        before.activeStream(),
                        before.dialerStream()));
    }

    Optional<String> revoke(String peeringId, String tokenId) {
        var before = old.secrets(peeringId);
        if (before.establishment().filter(one -> one.tokenId().equals(tokenId)).isEmpty()) {
            return refused(
                    AuditReason.USED,
                    "token '" + tokenId + "': expected one that was not used; found it used");
        }
        return keep(
                new PeeringSecrets(
                        peeringId,
                        Optional.empty(),
                        before.pendingStream(),
                        before.activeStream(),
                        before.dialerStream()));
    }

    Optional<String> exchange(StoreCommand.ExchangeSecret exchange) {
        var before = old.secrets(exchange.peeringId());
        var unused = before.establishment();
        if (!live(exchange.peeringId())
                || unused.isEmpty()
                || !PeeringSecrets.same(unused.get().hash(), exchange.candidateHash())) {
            return refused(AuditReason.WRONG_SECRET, "invalid peering establishment secret");
        }
        if (exchange.now().isAfter(unused.get().expiresAt())) {
            return refused(
                    AuditReason.EXPIRED,
                    "peering establishment secret expired at " + unused.get().expiresAt());
        }
        return keep(
                new PeeringSecrets(
                        exchange.peeringId(),
                        Optional.empty(),
                        Optional.of(exchange.newStreamHash()),
                        before.activeStream(),
                        before.dialerStream()));
    }

    Optional<String> promote(String peeringId, String hash) {
        var before = old.secrets(peeringId);
        if (before.activeStream().filter(active -> PeeringSecrets.same(active, hash)).isPresent()) {
            return FINE;
        }
        if (before.pendingStream()
                .filter(pending -> PeeringSecrets.same(pending, hash))
                .isEmpty()) {
            return refused(AuditReason.WRONG_SECRET, "invalid peering stream secret");
        }
        return keep(
                new PeeringSecrets(
                        peeringId,
                        before.establishment(),
                        Optional.empty(),
                        Optional.of(hash),
                        before.dialerStream()));
    }

    Optional<String> putBundle(BundleRecord bundle) {
        if (!peerings.containsKey(bundle.peer())) {
            return refused(
                    AuditReason.ABSENT,
                    "trust bundle: expected a peering named '" + bundle.peer() + "'; found none");
        }
        var before = bundles.get(bundle.peer());
        if (before != null
                && before.trustDomain().equals(bundle.trustDomain())
                && before.rootPems().equals(bundle.rootPems())) {
            return FINE;
        }
        bundles =
                bundles.with(
                        bundle.peer(),
                        new BundleRecord(
                                bundle.peer(), bundle.trustDomain(), bundle.rootPems(), index));
        return done();
    }

    Optional<String> removeBundle(PeerName peer) {
        var before = bundles;
        bundles = bundles.without(peer);
        return bundles == before ? FINE : done();
    }

    Optional<String> register(
            RegistrationRecord registration, OptionalLong cas, Set<String> among) {
        var node = registration.instance().node().name();
        if (node.isEmpty() || node.contains("/")) {
            // else node 'a' with id 'b/c' would be node 'a/b' with id 'c'
            return refused(
                    AuditReason.MALFORMED,
                    "node name: expected one without '/'; found '" + node + "'");
        }
        var before = registrations.get(registration.key());
        var instance = registration.instance();
        var refusal =
                held(
                                "registration '" + registration.key() + "'",
                                before == null ? 0 : before.instance().modifyIndex(),
                                cas)
                        .or(() ->
                                registration
                                        .taken(registrations, among)
                                        .flatMap(taken -> refused(AuditReason.TAKEN, taken)));
        if (refusal.isPresent()) {
            return refusal;
        }
        if (before != null && before.instance().indexed(0, 0).equals(instance.indexed(0, 0))) {
            return FINE;
        }
        registrations =
                registrations.with(
                        registration.key(),
                        new RegistrationRecord(
                                instance.indexed(
                                        before == null ? index : before.instance().createIndex(),
                                        index)));
        return done();
    }

    Optional<String> checked(StoreCommand.PutCheckResult result) {
        var held = registrations.get(RegistrationRecord.key(result.node(), result.serviceId()));
        if (held == null || held.check(result.checkId()).filter(HealthCheck::isRun).isEmpty()) {
            return refused(
                    AuditReason.ABSENT,
                    "check '"
                            + result.checkId()
                            + "' of service '"
                            + result.serviceId()
                            + "' at node '"
                            + result.node()
                            + "': expected one that is registered and run; found none");
        }
        return register(
                held.with(result.checkId(), result.status(), result.output()),
                OptionalLong.empty(),
                Set.of());
    }

    Optional<String> deregister(String node, String serviceId) {
        var before = registrations;
        if (serviceId.isEmpty()) {
            before.forEach((key, registration) -> {
                if (registration.instance().node().name().equals(node)) {
                    registrations = registrations.without(key);
                }
            });
        } else {
            registrations = registrations.without(RegistrationRecord.key(node, serviceId));
        }
        return registrations == before ? FINE : done();
    }

    Optional<String> initCa(CaRecord fresh) {
        if (ca.isPresent()) {
            return refused(
                    AuditReason.TAKEN,
                    "certificate authority: expected none; found one for '"
                            + ca.get().trustDomain()
                            + "'");
        }
        ca = Optional.of(fresh);
        return done();
    }

    Optional<String> useJoinSecret(StoreCommand.UseJoinSecret join) {
        var secret = joinSecrets.get(join.hash());
        if (secret == null) {
            return refused(AuditReason.ABSENT, JoinSecretRecord.UNKNOWN);
        }
        var refusal =
                secret.refusal(join.identityPath(), join.keyHash(), join.now())
                        .flatMap(sentence -> refused(secret.reason(join), sentence));
        if (refusal.isPresent() || secret.usedBy().containsKey(join.identityPath())) {
            return refusal;
        }
        joinSecrets =
                joinSecrets.with(join.hash(), secret.used(join.identityPath(), join.keyHash()));
        return done();
    }

    Optional<String> replaceCa(CaRecord next) {
        var held =
                ca.filter(before -> before.trustDomain().equals(next.trustDomain()))
                        .filter(before -> before.generation() + 1 == next.generation());
        if (held.isEmpty()) {
            return refused(
                    AuditReason.STALE,
                    "certificate authority: expected generation "
                            + (next.generation() - 1)
                            + " of '"
                            + next.trustDomain()
                            + "'; found "
                            + ca.map(before ->
                                            before.generation()
                                                    + " of '"
                                                    + before.trustDomain()
                                                    + "'")
                                    .orElse("none"));
        }
        ca = Optional.of(next);
        return done();
    }

    Optional<String> putControl(StoreCommand.PutControl put) {
        for (var control : old.controls().values()) {
            if (!control.until().isAfter(put.now())) {
                controls = controls.without(control.id());
            }
        }
        if (controls.size() >= ControlRecord.MOST) {
            return refused(
                    AuditReason.CROWDED,
                    "failover controls: expected at most "
                            + ControlRecord.MOST
                            + " at a time; found as many: clear some first");
        }
        controls = controls.with(index, put.control().numbered(index));
        return done();
    }

    Optional<String> removeControl(long id) {
        var before = controls;
        controls = controls.without(id);
        return controls == before ? FINE : done();
    }

    Optional<String> virtual(VirtualAddresses after) {
        changed = changed || after != virtual;
        virtual = after;
        return FINE;
    }

    Optional<String> acl(AclChanges.Change change) {
        changed = changed || change.after() != acl;
        acl = change.after();
        reason = change.reason();
        return change.refusal();
    }

    Optional<String> putJoinSecret(StoreCommand.PutJoinSecret join) {
        for (var secret : old.joinSecrets().values()) {
            if (secret.expiresAt().isBefore(join.now())) {
                joinSecrets = joinSecrets.without(secret.hash());
            }
        }
        joinSecrets = joinSecrets.with(join.secret().hash(), join.secret());
        return done();
    }
}
