package dev.hansa.trustbundle.ca;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
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
    private static final Duration ROOT_LIFE = Duration.ofDays(3650);

    /// Signs every leaf; renewed with the root until rotation has its own schedule.
    private static final Duration INTERMEDIATE_LIFE = Duration.ofDays(365);

    /// @throws IllegalArgumentException when a key does not belong to its certificate, or the root
    ///   did not sign the intermediate
    public CaMaterial {
        belongs(trustDomain, "root", root, rootKey);
        belongs(trustDomain, "intermediate", intermediate, intermediateKey);
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

    private static void belongs(
            TrustDomain trustDomain, String part, X509Certificate certificate, PrivateKey key) {
        boolean fits;
        try {
            var probe = Signature.getInstance("SHA256withECDSA");
            probe.initSign(key);
            probe.update(certificate.getEncoded());
            var signature = probe.sign();
            probe.initVerify(certificate.getPublicKey());
            probe.update(certificate.getEncoded());
            fits = probe.verify(signature);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "CA of '" + trustDomain + "': expected an EC key for its " + part, e);
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "CA of '"
                            + trustDomain
                            + "': expected the key of its "
                            + part
                            + " certificate; found another");
        }
    }

    /// A new root and an intermediate under it, both EC P-256.
    public static CaMaterial create(TrustDomain trustDomain, Datacenter datacenter, Instant now) {
        var rootKey = CertificateRequest.newKey();
        var intermediateKey = CertificateRequest.newKey();
        var id = SpiffeId.authority(trustDomain);
        var root =
                X509Builder.authority(
                        "Hansa CA root " + datacenter,
                        rootKey,
                        rootKey.getPublic(),
                        null,
                        id,
                        now,
                        ROOT_LIFE,
                        1);
        var intermediate =
                X509Builder.authority(
                        "Hansa CA intermediate " + datacenter,
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
                certificate(trustDomain, rootPem),
                key(rootKeyPem),
                certificate(trustDomain, intermediatePem),
                key(intermediateKeyPem));
    }

    private static X509Certificate certificate(TrustDomain trustDomain, String pem) {
        var found = TrustBundle.fromPem(trustDomain, List.of(pem)).roots();
        if (found.size() != 1) {
            throw new IllegalArgumentException(
                    "CA of '" + trustDomain + "': expected one certificate; found " + found.size());
        }
        return found.getFirst();
    }

    private static PrivateKey key(Secret pem) {
        try {
            var body =
                    pem.value()
                            .replace("-----BEGIN PRIVATE KEY-----", "")
                            .replace("-----END PRIVATE KEY-----", "");
            return KeyFactory.getInstance("EC")
                    .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // the cause's text could hold parts of the key
            throw new IllegalArgumentException(
                    "CA key: expected an EC private key in PKCS#8 PEM; found something else");
        }
    }

    public String rootPem() {
        return TrustBundle.pem(root);
    }

    public String intermediatePem() {
        return TrustBundle.pem(intermediate);
    }

    public Secret rootKeyPem() {
        return pem(rootKey);
    }

    public Secret intermediateKeyPem() {
        return pem(intermediateKey);
    }

    private static Secret pem(PrivateKey key) {
        return new Secret(
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(key.getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
    }

    KeyPair intermediatePair() {
        return new KeyPair(intermediate.getPublicKey(), intermediateKey);
    }

    @Override
    public String toString() {
        return "CaMaterial[" + trustDomain + "]";
    }
}
