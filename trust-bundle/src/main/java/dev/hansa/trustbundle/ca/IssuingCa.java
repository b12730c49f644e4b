package dev.hansa.trustbundle.ca;

import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/// What signs a datacenter's leaves at the moment, and which roots speak for it. `toString` shows
/// the trust domain only.
///
/// @param bridges this root's key as certified by an earlier root: sent behind the intermediate, so
///   that who knows the earlier root alone follows to this one
/// @param otherRoots published beside this root while a rotation goes on
public record IssuingCa(
        TrustDomain trustDomain,
        X509Certificate root,
        X509Certificate intermediate,
        PrivateKey intermediateKey,
        List<X509Certificate> bridges,
        List<X509Certificate> otherRoots) {

    /// @throws IllegalArgumentException when the key does not belong to the intermediate, or the
    ///   root did not sign it
    public IssuingCa {
        bridges = List.copyOf(bridges);
        otherRoots = List.copyOf(otherRoots);
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

    static void belongs(
            TrustDomain trustDomain, String part, X509Certificate certificate, PrivateKey key) {
        boolean fits;
        try {
            var algorithm = X509Builder.signatureBy(key);
            var probe = Signature.getInstance(algorithm);
            probe.initSign(key);
            probe.update(certificate.getEncoded());
            var signature = probe.sign();
            probe.initVerify(certificate.getPublicKey());
            probe.update(certificate.getEncoded());
            fits = probe.verify(signature);
        } catch (GeneralSecurityException _) {
            // a key of another kind than the certificate's
            fits = false;
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

    /// What speaks for the trust domain, the signing root first.
    public TrustBundle bundle() {
        var roots = new ArrayList<X509Certificate>();
        roots.add(root);
        roots.addAll(otherRoots);
        return new TrustBundle(trustDomain, roots);
    }

    KeyPair intermediatePair() {
        return new KeyPair(intermediate.getPublicKey(), intermediateKey);
    }

    @Override
    public String toString() {
        return "IssuingCa[" + trustDomain + "]";
    }
}
