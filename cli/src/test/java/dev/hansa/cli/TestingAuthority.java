package dev.hansa.cli;

import dev.hansa.trustbundle.ca.CaPem;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Certifies servers of a test.
public final class TestingAuthority {
    private static final X500Name NAME = new X500Name("CN=Testing CA");

    private final KeyPair pair;
    private final X509Certificate root;

    public TestingAuthority() throws GeneralSecurityException, IOException {
        pair = pair();
        root = certificate(NAME, pair, new GeneralName[0]);
    }

    /// The root, as an operator has it.
    public Path pem(Path folder) throws IOException {
        return Files.writeString(folder.resolve("ca.pem"), text());
    }

    /// The root in PEM; it lives for an hour before and an hour after it is made.
    String text() throws IOException {
        return text(root);
    }

    private static String text(X509Certificate certificate) throws IOException {
        var text = new StringWriter();
        try (var pem = new JcaPEMWriter(text)) {
            pem.writeObject(certificate);
        }
        return text.toString();
    }

    /// A client's certificate and its key, each in a file: `client.pem`, `client-key.pem`.
    void client(Path folder) throws GeneralSecurityException, IOException {
        var own = pair();
        var certified =
                certificate(
                        new X500Name("CN=client"),
                        own,
                        new GeneralName[] {new GeneralName(GeneralName.dNSName, "client.example")});
        Files.writeString(folder.resolve("client.pem"), text(certified));
        Files.writeString(folder.resolve("client-key.pem"), CaPem.pem(own.getPrivate()).value());
    }

    /// A server with these names: addresses where they begin with a digit. It believes clients that
    /// this authority certifies.
    public SSLContext server(String... names) throws GeneralSecurityException, IOException {
        var own = pair();
        var certified =
                certificate(
                        new X500Name("CN=server"),
                        own,
                        Arrays.stream(names)
                                .map(name ->
                                        new GeneralName(
                                                Character.isDigit(name.charAt(0))
                                                        ? GeneralName.iPAddress
                                                        : GeneralName.dNSName,
                                                name))
                                .toArray(GeneralName[]::new));
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setKeyEntry(
                "server", own.getPrivate(), new char[0], new Certificate[] {certified, root});
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        var context = SSLContext.getInstance("TLS");
        var roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        roots.setCertificateEntry("root", root);
        var clients = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        clients.init(roots);
        context.init(keys.getKeyManagers(), clients.getTrustManagers(), null);
        return context;
    }

    private X509Certificate certificate(X500Name subject, KeyPair own, GeneralName[] names)
            throws GeneralSecurityException, IOException {
        var now = Instant.now();
        var builder =
                new JcaX509v3CertificateBuilder(
                        NAME,
                        BigInteger.valueOf(now.toEpochMilli()),
                        Date.from(now.minus(Duration.ofHours(1))),
                        Date.from(now.plus(Duration.ofHours(1))),
                        subject,
                        own.getPublic());
        builder.addExtension(
                Extension.basicConstraints, true, new BasicConstraints(names.length == 0));
        if (names.length > 0) {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        }
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(
                                    new JcaContentSignerBuilder("SHA256withECDSA")
                                            .build(pair.getPrivate())));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
    }

    private static KeyPair pair() throws GeneralSecurityException {
        var keys = KeyPairGenerator.getInstance("EC");
        keys.initialize(new ECGenParameterSpec("secp256r1"));
        return keys.generateKeyPair();
    }
}
