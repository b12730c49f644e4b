package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;
import dev.hansa.failover.Control;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// A state with something of each kind, and snapshots between stores of one key.
final class SnapshotWorld {
    static final Datacenter EKS = new Datacenter("eks");
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    static final PeerName LKE = new PeerName("lke");
    static final Secret STREAM = new Secret("canary-of-the-stream");

    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

    private SnapshotWorld() {}

    static CaRecord authority(String trustDomain, String datacenter) {
        return new CaRecord(
                trustDomain,
                datacenter,
                "root",
                new Secret("canary-of-the-root-key"),
                "intermediate",
                new Secret("canary-of-the-intermediate-key"));
    }

    static void fill(Store store) {
        done(store.apply(new StoreCommand.InitCa(authority("eks.consul", "eks"))));
        put(store, "mesh", "{\"Kind\":\"mesh\"}");
        done(
                store.apply(
                        new StoreCommand.Establish(
                                PeeringRecord.accepting(LKE, "id-of-lke", Map.of("k", "v")),
                                STREAM)));
        done(
                store.apply(
                        new StoreCommand.PutBundle(
                                new BundleRecord(LKE, "lke.consul", List.of("pem"), 0))));
        done(
                store.apply(
                        new StoreCommand.IssueEstablishment(
                                "id-of-lke",
                                new PeeringSecrets.Establishment(
                                        "hash", "jti", NOW.plusSeconds(60)))));
        done(
                store.apply(
                        new StoreCommand.PutJoinSecret(
                                new JoinSecretRecord("join", Set.of("/web"), NOW.plusSeconds(60)),
                                NOW)));
    }

    /// What a snapshot of schema 2 did not know.
    static void control(Store store) {
        done(
                store.apply(
                        new StoreCommand.PutControl(
                                ControlRecord.of(
                                        new Control.Order.DrainPeer(LKE),
                                        "ada",
                                        "upgrade",
                                        NOW,
                                        NOW.plusSeconds(60)),
                                NOW)));
    }

    /// A policy, and the first token.
    static void tokens(Store store) {
        done(
                store.apply(
                        new StoreCommand.PutAclPolicy(
                                new AclPolicyRecord(
                                        "p1", "look", "", "peering = \"read\"", 0, 0))));
        done(
                store.apply(
                        new StoreCommand.BootstrapAcl(
                                new AclTokenRecord(
                                        "a1",
                                        "hash",
                                        "first",
                                        List.of("p1"),
                                        List.of("web"),
                                        List.of("vm1"),
                                        true,
                                        NOW,
                                        Optional.empty(),
                                        Optional.empty(),
                                        0,
                                        0),
                                OptionalLong.empty())));
    }

    /// An auth method, and a rule of it.
    static void logins(Store store) {
        done(
                store.apply(
                        new StoreCommand.PutAuthMethod(
                                new AuthMethodRecord(
                                        "k8s",
                                        "jwt",
                                        "",
                                        "the cluster's",
                                        Duration.ofHours(1),
                                        "local",
                                        "{\"BoundIssuer\":\"https://issuer.example\"}",
                                        0,
                                        0))));
        done(
                store.apply(
                        new StoreCommand.PutBindingRule(
                                new BindingRuleRecord(
                                        "r1", "", "k8s", "value.a == b", "policy", "look", 0, 0))));
    }

    /// A service here and one of the peer.
    static void virtual(Store store) {
        done(
                store.apply(
                        new StoreCommand.AssignVirtual(
                                List.of(
                                        new VirtualRecord("web", "", 0),
                                        new VirtualRecord("pay", "lke", 0)))));
    }

    static void put(Store store, String name, String json) {
        done(store.apply(new StoreCommand.PutConfig("k", name, json, OptionalLong.empty())));
    }

    private static void done(StoreAnswer answer) {
        if (!(answer instanceof StoreAnswer.Applied)) {
            throw new AssertionError("expected a write; found " + answer);
        }
    }

    /// The key that Trio's members have.
    static RaftStore one(Path data) throws IOException {
        Files.createDirectories(data);
        if (!Files.exists(data.resolve(SecretSeal.FILE))) {
            Files.write(data.resolve(SecretSeal.FILE), new byte[32]);
        }
        return TestStore.open(data);
    }

    static Snapshots of(RaftStore store) {
        return store.snapshots(EKS, CLOCK);
    }

    static SnapshotMetadata save(RaftStore store, Path to) throws IOException {
        try (var work = of(store).workplace().orElseThrow()) {
            var made = work.save(false);
            Files.copy(work.file(), to, StandardCopyOption.REPLACE_EXISTING);
            return made;
        }
    }

    static Snapshots.Restored restore(RaftStore store, Path from, boolean force)
            throws IOException, RefusedSnapshotException {
        try (var work = of(store).workplace().orElseThrow()) {
            Files.copy(from, work.file());
            return work.restore(force);
        }
    }
}
