package dev.hansa.peering;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.config.ExternalCaFiles;
import dev.hansa.peering.store.CaRecord;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CaPem;
import dev.hansa.trustbundle.ca.ExternalCa;
import dev.hansa.trustbundle.ca.IssuingCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;

/// Makes certificate authorities: of our own, or from an operator's files.
final class NextCa {
    /// A certificate or key is a few KiB; a larger file is another file.
    private static final long MAX_FILE_BYTES = 64 * 1024;

    private NextCa() {}

    /// A new root of our own beside the present one.
    static CaRecord.Next own(CaRecord present, Instant now) {
        var made =
                CaMaterial.create(
                        new TrustDomain(present.trustDomain()),
                        new Datacenter(present.datacenter()),
                        now);
        return new CaRecord.Next(
                made.rootPem(),
                made.rootKeyPem(),
                made.intermediatePem(),
                made.intermediateKeyPem(),
                bridge(present, made.root(), now));
    }

    /// The operator's own root beside the present one.
    ///
    /// @throws IllegalArgumentException naming the setting and what is wrong with its file
    static CaRecord.Next external(CaRecord present, ExternalCaFiles files, Instant now) {
        var ca =
                external(
                        new TrustDomain(present.trustDomain()),
                        new Datacenter(present.datacenter()),
                        files,
                        now);
        if (TrustBundle.pem(ca.root()).equals(present.rootPem())
                && TrustBundle.pem(ca.intermediate()).equals(present.intermediatePem())) {
            throw new IllegalArgumentException(
                    ExternalCa.INTERMEDIATE
                            + ": expected another intermediate than the present one; found the same");
        }
        return new CaRecord.Next(
                TrustBundle.pem(ca.root()),
                new Secret(""),
                TrustBundle.pem(ca.intermediate()),
                CaPem.pem(ca.intermediateKey()),
                bridge(present, ca.root(), now));
    }

    /// A first authority under the operator's root, for a datacenter that has none yet.
    ///
    /// @throws IllegalArgumentException naming the setting and what is wrong with its file
    static CaRecord first(
            TrustDomain fallback, Datacenter datacenter, ExternalCaFiles files, Instant now) {
        var trustDomain =
                ExternalCa.trustDomain(text(ExternalCa.ROOT, files.root())).orElse(fallback);
        var ca = external(trustDomain, datacenter, files, now);
        return new CaRecord(
                trustDomain.name(),
                datacenter.name(),
                TrustBundle.pem(ca.root()),
                new Secret(""),
                TrustBundle.pem(ca.intermediate()),
                CaPem.pem(ca.intermediateKey()));
    }

    private static IssuingCa external(
            TrustDomain trustDomain, Datacenter datacenter, ExternalCaFiles files, Instant now) {
        return ExternalCa.read(
                trustDomain,
                datacenter,
                text(ExternalCa.ROOT, files.root()),
                text(ExternalCa.INTERMEDIATE, files.intermediate()),
                new Secret(text(ExternalCa.KEY, files.intermediateKey())),
                now);
    }

    private static Optional<String> bridge(CaRecord present, X509Certificate next, Instant now) {
        return material(present).map(ours -> TrustBundle.pem(ours.bridgeTo(next, now)));
    }

    /// Empty when the root's key is not ours.
    static Optional<CaMaterial> material(CaRecord ca) {
        return ca.rootKeyPem().value().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        CaMaterial.fromPem(
                                new TrustDomain(ca.trustDomain()),
                                new Datacenter(ca.datacenter()),
                                ca.rootPem(),
                                ca.rootKeyPem(),
                                ca.intermediatePem(),
                                ca.intermediateKeyPem()));
    }

    private static String text(String setting, Path file) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new IllegalArgumentException(
                        setting + ": expected at most " + MAX_FILE_BYTES + " bytes; found more");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    setting
                            + ": expected a file that can be read; found '"
                            + file
                            + "': "
                            + e.getClass().getSimpleName(),
                    e);
        }
    }
}
