package dev.hansa.cli;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.ca.CaPem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/// The certificate by which a command shows over TLS who asks.
final class ClientKeys {
    private static final byte[] SIGNED = "whose key".getBytes(StandardCharsets.UTF_8);

    private ClientKeys() {}

    /// None where no file is named.
    static KeyManager[] of(TlsFiles files, Surroundings surroundings)
            throws CommandFailedException, GeneralSecurityException, IOException {
        if (files.certificate().isEmpty() && files.key().isEmpty()) {
            return new KeyManager[0];
        }
        if (files.certificate().isEmpty() || files.key().isEmpty()) {
            throw new CommandFailedException(
                    "client certificate: expected --client-cert and --client-key; found only the "
                            + (files.key().isEmpty() ? "first" : "second"));
        }
        var chain = chain(files.certificate().get(), surroundings);
        var key = key(files.key().get(), surroundings);
        if (!fits(key, chain[0])) {
            throw new CommandFailedException(
                    "client key: expected that of the first certificate in '"
                            + PlainText.of(files.certificate().get())
                            + "'; found another in '"
                            + PlainText.of(files.key().get())
                            + "'");
        }
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        // it is in memory alone
        store.setKeyEntry("client", key, new char[0], chain);
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    private static Certificate[] chain(String file, Surroundings surroundings)
            throws CommandFailedException, GeneralSecurityException, IOException {
        var pem = surroundings.text("client certificate", file);
        var none =
                "client certificate: expected certificates in PEM; found none that can be read in '"
                        + PlainText.of(file)
                        + "'";
        try (var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))) {
            var chain =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(in)
                            .toArray(Certificate[]::new);
            if (chain.length == 0) {
                throw new CommandFailedException(none);
            }
            return chain;
        } catch (CertificateException e) {
            throw new CommandFailedException(none, e);
        }
    }

    private static PrivateKey key(String file, Surroundings surroundings)
            throws CommandFailedException {
        try {
            return CaPem.key(new Secret(surroundings.text("client key", file)));
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(
                    "client key: expected an EC or RSA private key in PEM, not encrypted; found something else in '"
                            + PlainText.of(file)
                            + "'",
                    e);
        }
    }

    /// Else the handshake would fail in words that name neither file.
    private static boolean fits(PrivateKey key, Certificate certificate)
            throws GeneralSecurityException {
        var signature =
                Signature.getInstance(
                        key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
        signature.initSign(key);
        signature.update(SIGNED);
        var signed = signature.sign();
        if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
            return false;
        }
        signature.initVerify(certificate.getPublicKey());
        signature.update(SIGNED);
        return signature.verify(signed);
    }
}
