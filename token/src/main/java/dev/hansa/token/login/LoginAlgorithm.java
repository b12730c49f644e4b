package dev.hansa.token.login;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// How a token may be signed: with a key pair, always. A shared secret would be one that the
/// server's readers know, and a signature that is none would be anybody's.
public enum LoginAlgorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512;

    /// @return empty: there is none of this name, or none that is asymmetric
    public static Optional<LoginAlgorithm> named(String name) {
        return Arrays.stream(values()).filter(one -> one.name().equals(name)).findFirst();
    }

    public static List<String> names() {
        return Arrays.stream(values()).map(LoginAlgorithm::name).toList();
    }

    /// Whether a signature of this kind is made with such a key: it is the key that decides what a
    /// token's header may claim, never the other way round.
    boolean fits(PublicKey key) {
        var algorithm = JWSAlgorithm.parse(name());
        return switch (key) {
            case RSAPublicKey _ -> JWSAlgorithm.Family.RSA.contains(algorithm);
            case ECPublicKey point ->
                    Curve.forJWSAlgorithm(algorithm) != null
                            && Curve.forJWSAlgorithm(algorithm)
                                    .contains(Curve.forECParameterSpec(point.getParams()));
            default -> false;
        };
    }

    /// @throws JOSEException when the key is not what it says
    static JWSVerifier verifier(PublicKey key) throws JOSEException {
        return switch (key) {
            case RSAPublicKey rsa -> new RSASSAVerifier(rsa);
            case ECPublicKey point -> new ECDSAVerifier(point);
            default -> throw new JOSEException("expected an RSA or EC key; found another");
        };
    }
}
