package dev.hansa.peering.store;

import dev.hansa.bootstrap.SealKey;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.peering.cluster.MemberIdentity;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Opens the store as a server does that is alone.
public final class TestStore {
    private static final Datacenter DC = new Datacenter("test");

    /// Made once: who is alone talks to itself only.
    private static final CaRecord AUTHORITY = authority();

    private TestStore() {}

    /// A service of a node as an operator registers it, with nothing to say but its checks.
    public static ServiceInstance registered(
            String node, String id, String name, List<HealthCheck> checks) {
        return new ServiceInstance(
                new NodeRecord("", node, "192.0.2.1", "eks", Map.of(), Map.of()),
                id,
                name,
                ServiceKind.TYPICAL,
                List.of(),
                "",
                80,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                checks,
                0,
                0);
    }

    static CaRecord authority() {
        return authority(new TrustDomain("test.consul"));
    }

    static CaRecord authority(TrustDomain domain) {
        var made = CaMaterial.create(domain, DC, Clock.systemUTC().instant());
        return new CaRecord(
                domain.name(),
                DC.name(),
                made.rootPem(),
                made.rootKeyPem(),
                made.intermediatePem(),
                made.intermediateKeyPem());
    }

    public static RaftStore open(Path dataDir) {
        return led(
                RaftStore.open(
                        dataDir,
                        SealKey.IN_DATA_DIR,
                        Membership.alone(),
                        _ -> tls(AUTHORITY),
                        Throwable::printStackTrace,
                        Clock.systemUTC()));
    }

    /// @param maxBytes what the state may take up
    static RaftStore open(Path dataDir, long maxBytes) {
        return led(
                RaftStore.open(
                        dataDir,
                        SealKey.IN_DATA_DIR,
                        Membership.alone(),
                        _ -> tls(AUTHORITY),
                        Throwable::printStackTrace,
                        Clock.systemUTC(),
                        maxBytes,
                        LogSettings.DEFAULT));
    }

    /// As a server does before it answers anybody.
    static RaftStore led(RaftStore store) {
        try {
            store.apply(new StoreCommand.CountStart());
            store.members()
                    .leadership()
                    .await(now -> now.leader().isPresent(), Duration.ofSeconds(10));
            return store;
        } catch (StoreFailure e) {
            store.close();
            throw e;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A data directory, or a part of one, as it is at that moment.
    public static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    static MemberTls tls(CaRecord authority) {
        return new MemberIdentity(DC, () -> authority, Clock.systemUTC()).tls(TestState.EMPTY);
    }
}
