package dev.hansa.benchmarks.failover;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CaPem;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/// Certificates of the kind that sidecars have, as files; all of one authority.
final class EnvoyCertificates {
    private static final Duration LIFE = Duration.ofDays(1);

    private final Path folder;
    private final TrustDomain trustDomain = new TrustDomain("envoys.example");
    private final Datacenter datacenter = new Datacenter("dc");
    private final CertificateAuthority authority;

    EnvoyCertificates(Path folder) throws IOException {
        this.folder = folder;
        var clock = Clock.systemUTC();
        var material = CaMaterial.create(trustDomain, datacenter, clock.instant());
        this.authority = new CertificateAuthority(material, clock);
        Files.writeString(root(), material.rootPem());
    }

    Path root() {
        return folder.resolve("envoys-root.pem");
    }

    Path chain(String service) {
        return folder.resolve("envoys-" + service + ".pem");
    }

    Path key(String service) {
        return folder.resolve("envoys-" + service + ".key");
    }

    SpiffeId identity(String service) {
        return SpiffeId.service(trustDomain, datacenter, service);
    }

    void issue(String service) throws IOException {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            var pair = generator.generateKeyPair();
            var leaf = authority.issue(pair.getPublic(), identity(service), List.of(), LIFE);
            Files.writeString(
                    chain(service),
                    leaf.chain().stream().map(TrustBundle::pem).collect(Collectors.joining()));
            Files.createFile(
                    key(service),
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(key(service), CaPem.pem(pair.getPrivate()).value());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("EC P-256", e);
        }
    }
}
