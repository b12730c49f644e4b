package dev.hansa.trustbundle.ca;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// A datacenter's root and intermediate with their keys. `toString` shows the trust domain only.
public record CaMaterial(
        TrustDomain trustDomain,
        Datacenter datacenter,
        X509Certificate root,
        PrivateKey rootKey,
        X509Certificate intermediate,
        PrivateKey intermediateKey) {
    /// Consul's root life; a rotation is announced to peers long before.
    public static final Duration ROOT_LIFE = Duration.ofDays(3650);

    /// Signs every leaf; renewed from half of it.
    public static final Duration INTERMEDIATE_LIFE = Duration.ofDays(365);

    /// An intermediate, and a bridge above it when this root hands over to the next.
    private static final int ROOT_PATH = 2;

    /// @throws IllegalArgumentException when a key does not belong to its certificate, or the root
    ///   did not sign the intermediate
    public CaMaterial {
        IssuingCa.belongs(trustDomain, "root", root, rootKey);
        IssuingCa.belongs(trustDomain, "intermediate", intermediate, intermediateKey);
        try {
            intermediate.verify(root.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "CA of '"
                            + trustDomain
                            + "': expected an intermediate that the root signed; found another",
                    e);
        }
    }

    /// A new root and an intermediate under it, both EC P-256.
    public static CaMaterial create(TrustDomain trustDomain, Datacenter datacenter, Instant now) {
        var rootKey = CertificateRequest.newKey();
        var intermediateKey = CertificateRequest.newKey();
        var id = SpiffeId.authority(trustDomain);
        // two roots of one datacenter have two names: a verifier looks for an issuer by its name
        var generation = TrustBundle.keyName(rootKey.getPublic());
        var root =
                X509Builder.authority(
                        "Hansa CA root " + datacenter + " " + generation,
                        rootKey,
                        rootKey.getPublic(),
                        null,
                        id,
                        now,
                        ROOT_LIFE,
                        ROOT_PATH);
        var intermediate =
                X509Builder.authority(
                        "Hansa CA intermediate " + datacenter + " " + generation,
                        rootKey,
                        intermediateKey.getPublic(),
                        root,
                        id,
                        now,
                        INTERMEDIATE_LIFE,
                        0);
        return new CaMaterial(
                trustDomain,
                datacenter,
                root,
                rootKey.getPrivate(),
                intermediate,
                intermediateKey.getPrivate());
    }

    /// Reads what the PEM accessors wrote.
    ///
    /// @throws IllegalArgumentException when a part does not parse or a key does not belong to its
    ///   certificate
    public static CaMaterial fromPem(
            TrustDomain trustDomain,
            Datacenter datacenter,
            String rootPem,
            Secret rootKeyPem,
            String intermediatePem,
            Secret intermediateKeyPem) {
        return new CaMaterial(
                trustDomain,
                datacenter,
                CaPem.certificate(trustDomain, rootPem),
                CaPem.key(rootKeyPem),
                CaPem.certificate(trustDomain, intermediatePem),
                CaPem.key(intermediateKeyPem));
    }

    /// A new intermediate under the same root.
    public CaMaterial withNewIntermediate(Instant now) {
        var key = CertificateRequest.newKey();
        var certificate =
                X509Builder.authority(
                        "Hansa CA intermediate "
                                + datacenter
                                + " "
                                + TrustBundle.keyName(key.getPublic()),
                        new KeyPair(root.getPublicKey(), rootKey),
                        key.getPublic(),
                        root,
                        SpiffeId.authority(trustDomain),
                        now,
                        INTERMEDIATE_LIFE,
                        0);
        return new CaMaterial(
                trustDomain, datacenter, root, rootKey, certificate, key.getPrivate());
    }

    /// The next root's key, certified by this root: a bridge for those who know this root alone.
    public X509Certificate bridgeTo(X509Certificate next, Instant now) {
        return X509Builder.bridge(
                new KeyPair(root.getPublicKey(), rootKey),
                root,
                next,
                SpiffeId.authority(trustDomain),
                now);
    }

    public String rootPem() {
        return TrustBundle.pem(root);
    }

    public String intermediatePem() {
        return TrustBundle.pem(intermediate);
    }

    public Secret rootKeyPem() {
        return CaPem.pem(rootKey);
    }

    public Secret intermediateKeyPem() {
        return CaPem.pem(intermediateKey);
    }

    /// As the one that signs, alone.
    public IssuingCa issuing() {
        return new IssuingCa(
                trustDomain, root, intermediate, intermediateKey, List.of(), List.of());
    }

    @Override
    public String toString() {
        return "CaMaterial[" + trustDomain + "]";
    }
}
