package dev.hansa.trustbundle.ca;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.io.StringReader;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/// A CA's certificates and keys as text and back. No message quotes a key.
public final class CaPem {
    /// An RSA key of 4096 bits is 3,300 characters; openssl may put its curve before a key.
    private static final int MAX_KEY_CHARACTERS = 16 * 1024;

    private CaPem() {}

    /// The one certificate in the text.
    ///
    /// @throws IllegalArgumentException when there is none, or more
    public static X509Certificate certificate(TrustDomain trustDomain, String pem) {
        var found = TrustBundle.fromPem(trustDomain, List.of(pem)).roots();
        if (found.size() != 1) {
            throw new IllegalArgumentException(
                    "CA of '" + trustDomain + "': expected one certificate; found " + found.size());
        }
        return found.getFirst();
    }

    /// A private key: PKCS#8, or the older forms that openssl writes for EC and RSA.
    ///
    /// @throws IllegalArgumentException when the text is no such key, or an encrypted one
    public static PrivateKey key(Secret pem) {
        if (pem.value().length() > MAX_KEY_CHARACTERS) {
            throw new IllegalArgumentException(
                    "CA key: expected at most " + MAX_KEY_CHARACTERS + " characters; found more");
        }
        try (var parser = new PEMParser(new StringReader(pem.value()))) {
            for (var found = parser.readObject(); found != null; found = parser.readObject()) {
                switch (found) {
                    case PrivateKeyInfo info -> {
                        return new JcaPEMKeyConverter().getPrivateKey(info);
                    }
                    case PEMKeyPair pair -> {
                        return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
                    }
                    // openssl's parameters of the curve, for one
                    default -> {}
                }
            }
        } catch (IOException | RuntimeException _) {
            // the cause's text could hold parts of the key
        }
        throw new IllegalArgumentException(
                "CA key: expected an EC or RSA private key in PEM, not encrypted; found something else");
    }

    /// PKCS#8.
    public static Secret pem(PrivateKey key) {
        return new Secret(
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(key.getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
    }
}
