package dev.hansa.benchmarks;

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
public final class MeshCertificates {
    private static final Duration LIFE = Duration.ofDays(1);

    private final Path folder;
    private final String name;
    private final TrustDomain trustDomain;
    private final Datacenter datacenter;
    private final CertificateAuthority authority;

    /// A new authority.
    ///
    /// @param name that its files begin with
    public MeshCertificates(
            Path folder, String name, TrustDomain trustDomain, Datacenter datacenter)
            throws IOException {
        this.folder = folder;
        this.name = name;
        this.trustDomain = trustDomain;
        this.datacenter = datacenter;
        var clock = Clock.systemUTC();
        var material = CaMaterial.create(trustDomain, datacenter, clock.instant());
        this.authority = new CertificateAuthority(material, clock);
        Files.writeString(root(), material.rootPem());
        Files.writeString(intermediate(), material.intermediatePem());
        writeOwn(intermediateKey(), material.intermediateKeyPem().value());
    }

    public Path root() {
        return file("root.pem");
    }

    /// Which signs the leaves, with [#intermediateKey].
    public Path intermediate() {
        return file("intermediate.pem");
    }

    public Path intermediateKey() {
        return file("intermediate.key");
    }

    public Path chain(String service) {
        return file(service + ".pem");
    }

    public Path key(String service) {
        return file(service + ".key");
    }

    /// Chain and key in one file.
    public Path both(String service) {
        return file(service + ".both.pem");
    }

    private Path file(String end) {
        return folder.resolve(name + "-" + end);
    }

    public SpiffeId identity(String service) {
        return SpiffeId.service(trustDomain, datacenter, service);
    }

    /// @param dnsNames besides the identity, for proxies that check host names
    public void issue(String service, List<String> dnsNames) throws IOException {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            var pair = generator.generateKeyPair();
            var leaf = authority.issue(pair.getPublic(), identity(service), dnsNames, LIFE);
            var chain = leaf.chain().stream().map(TrustBundle::pem).collect(Collectors.joining());
            var key = CaPem.pem(pair.getPrivate()).value();
            Files.writeString(chain(service), chain);
            writeOwn(key(service), key);
            writeOwn(both(service), chain + key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("EC P-256", e);
        }
    }

    private static void writeOwn(Path file, String text) throws IOException {
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }
}
