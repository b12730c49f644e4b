package dev.hansa.trustbundle.ca;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// Certificates that our own authority would never issue: a good leaf, spoilt in one respect.
public final class ForgedCertificate {
    private final Instant now;
    private KeyPair key = CertificateRequest.newKey();
    private final List<GeneralName> names = new ArrayList<>();
    private List<KeyPurposeId> purposes =
            List.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth);
    private @Nullable KeyUsage usage = new KeyUsage(KeyUsage.digitalSignature);
    private BasicConstraints constraints = new BasicConstraints(false);
    private String subject = "";
    private long lifeSeconds = 3600;

    public ForgedCertificate(Instant now) {
        this.now = now;
    }

    public ForgedCertificate uri(String uri) {
        names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
        return this;
    }

    public ForgedCertificate dns(String name) {
        names.add(new GeneralName(GeneralName.dNSName, name));
        return this;
    }

    public ForgedCertificate email(String address) {
        names.add(new GeneralName(GeneralName.rfc822Name, address));
        return this;
    }

    public ForgedCertificate purposes(KeyPurposeId... only) {
        purposes = List.of(only);
        return this;
    }

    public ForgedCertificate usage(@Nullable KeyUsage other) {
        usage = other;
        return this;
    }

    public ForgedCertificate authority(int pathLength) {
        constraints = new BasicConstraints(pathLength);
        return this;
    }

    public ForgedCertificate subject(String name) {
        subject = name;
        return this;
    }

    public ForgedCertificate key(KeyPair other) {
        key = other;
        return this;
    }

    public ForgedCertificate life(long seconds) {
        lifeSeconds = seconds;
        return this;
    }

    public KeyPair key() {
        return key;
    }

    public X509Certificate signedBy(X509Certificate issuer, PrivateKey issuerKey) throws Exception {
        return signed(
                X500Name.getInstance(issuer.getSubjectX500Principal().getEncoded()), issuerKey);
    }

    public X509Certificate selfSigned() throws Exception {
        return signed(new X500Name(subject), key.getPrivate());
    }

    private X509Certificate signed(X500Name issuer, PrivateKey issuerKey) throws Exception {
        var builder =
                new JcaX509v3CertificateBuilder(
                        issuer,
                        BigInteger.valueOf(7),
                        Date.from(now.minusSeconds(60)),
                        Date.from(now.plusSeconds(lifeSeconds)),
                        new X500Name(subject),
                        key.getPublic());
        builder.addExtension(Extension.basicConstraints, true, constraints);
        if (usage != null) {
            builder.addExtension(Extension.keyUsage, true, usage);
        }
        if (!purposes.isEmpty()) {
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(purposes.toArray(KeyPurposeId[]::new)));
        }
        if (!names.isEmpty()) {
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    true,
                    new GeneralNames(names.toArray(GeneralName[]::new)));
        }
        var algorithm =
                issuerKey.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder(algorithm).build(issuerKey)));
    }
}
