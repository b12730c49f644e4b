package dev.hansa.token.login;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The public keys that may have signed a login's token.
public final class LoginKeys {
    /// Of an issuer at a time: the present one, the next, and some that are going.
    static final int MOST = 64;

    /// A token that names no key, or is to be signed with one that has no name, is tried with so
    /// many: each costs the server a part of a millisecond, for whatever a stranger makes up.
    static final int MOST_TRIED = 8;

    /// Sixty-four RSA keys of 4096 bits with their certificates do not come near.
    public static final int MAX_CHARACTERS = 256 * 1024;

    /// Less can be broken.
    private static final int LEAST_RSA_BITS = 2048;

    /// More costs the server milliseconds for each token that a stranger makes up.
    private static final int MOST_RSA_BITS = 8192;

    /// F4 has 17; a large exponent makes verifying as slow as signing.
    private static final int MOST_EXPONENT_BITS = 33;

    private static final Set<Curve> CURVES = Set.of(Curve.P_256, Curve.P_384, Curve.P_521);

    private static final Pattern PEM =
            Pattern.compile(
                    "\\s*-----BEGIN (PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----\\s*");

    private final List<LoginKey> keys;

    private LoginKeys(List<LoginKey> keys) {
        this.keys = List.copyOf(keys);
    }

    /// @param id empty: whatever name the token gives its key, this may be it
    /// @param algorithm the only one that it is for; empty: any that fits it
    record LoginKey(Optional<String> id, PublicKey key, Optional<String> algorithm) {
        boolean isFor(LoginAlgorithm asked) {
            return asked.fits(key) && algorithm.map(only -> only.equals(asked.name())).orElse(true);
        }

        /// @param asked empty: the token does not name its key
        boolean isNamed(Optional<String> asked) {
            return id.isEmpty() || asked.isEmpty() || id.equals(asked);
        }
    }

    /// @param pems public keys or certificates, one each
    /// @throws InvalidKeysException when one is none, or too weak
    public static LoginKeys ofPem(List<String> pems) throws InvalidKeysException {
        if (pems.size() > MOST_TRIED) {
            throw new InvalidKeysException(
                    "expected at most " + MOST_TRIED + " public keys; found " + pems.size());
        }
        var keys = new ArrayList<LoginKey>();
        for (var pem : pems) {
            var key = pem(pem);
            var fault = fault(key);
            if (fault.isPresent()) {
                throw new InvalidKeysException(fault.get());
            }
            keys.add(new LoginKey(Optional.empty(), key, Optional.empty()));
        }
        return some(keys);
    }

    private static LoginKeys some(List<LoginKey> keys) throws InvalidKeysException {
        if (keys.isEmpty() || keys.size() > MOST) {
            throw new InvalidKeysException(
                    "expected 1 to " + MOST + " public keys that can sign; found " + keys.size());
        }
        return new LoginKeys(keys);
    }

    private static PublicKey pem(String text) throws InvalidKeysException {
        var found = PEM.matcher(text);
        if (text.length() > MAX_CHARACTERS || !found.matches()) {
            throw new InvalidKeysException(
                    "expected one PEM block, 'PUBLIC KEY' or 'CERTIFICATE'; found "
                            + (text.contains("PRIVATE KEY")
                                    ? "a private key, which is now to be thought of as known"
                                    : "something else"));
        }
        try {
            var bytes = Base64.getMimeDecoder().decode(found.group(2));
            if (found.group(1).equals("CERTIFICATE")) {
                return CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(bytes))
                        .getPublicKey();
            }
            return publicKey(new X509EncodedKeySpec(bytes));
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            throw new InvalidKeysException(
                    "expected an RSA or EC public key in PEM; found one that cannot be read");
        }
    }

    private static PublicKey publicKey(X509EncodedKeySpec spec) throws GeneralSecurityException {
        try {
            return KeyFactory.getInstance("RSA").generatePublic(spec);
        } catch (GeneralSecurityException _) {
            return KeyFactory.getInstance("EC").generatePublic(spec);
        }
    }

    private static Optional<String> fault(PublicKey key) {
        return switch (key) {
            case RSAPublicKey rsa -> {
                var bits = rsa.getModulus().bitLength();
                var exponent = rsa.getPublicExponent();
                if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
                    yield Optional.of(
                            "expected an RSA key of "
                                    + LEAST_RSA_BITS
                                    + " to "
                                    + MOST_RSA_BITS
                                    + " bits; found "
                                    + bits);
                }
                yield exponent.compareTo(BigInteger.TWO) <= 0
                                || !exponent.testBit(0)
                                || exponent.bitLength() > MOST_EXPONENT_BITS
                        ? Optional.of(
                                "expected an RSA key with an odd exponent such as 65537; found another")
                        : Optional.empty();
            }
            case ECPublicKey point -> {
                var curve = Curve.forECParameterSpec(point.getParams());
                yield curve != null && CURVES.contains(curve)
                        ? Optional.empty()
                        : Optional.of(
                                "expected a key on P-256, P-384 or P-521; found another curve");
            }
            default -> Optional.of("expected an RSA or EC key; found another");
        };
    }

    /// Reads a JSON Web Key Set. Keys that are not for signatures, too weak, or of another kind are
    /// left out, since an issuer publishes what others use too.
    ///
    /// @throws InvalidKeysException when it is none, has a secret in it, or no key is left
    public static LoginKeys ofJwks(String text) throws InvalidKeysException {
        if (text.length() > MAX_CHARACTERS) {
            throw new InvalidKeysException(
                    "expected at most " + MAX_CHARACTERS + " characters; found " + text.length());
        }
        List<JWK> all;
        try {
            all = JWKSet.parse(text).getKeys();
        } catch (ParseException | IllegalArgumentException _) {
            throw new InvalidKeysException(
                    "expected a JSON Web Key Set; found a text that is none");
        }
        var keys = new ArrayList<LoginKey>();
        for (var one : all) {
            if (one.isPrivate() || one instanceof OctetSequenceKey) {
                throw new InvalidKeysException(
                        "expected public keys alone; found a secret one, which is now to be thought of as known");
            }
            usable(one).ifPresent(keys::add);
        }
        return some(keys);
    }

    private static Optional<LoginKey> usable(JWK one) {
        var isForSignatures =
                (one.getKeyUse() == null || one.getKeyUse().equals(KeyUse.SIGNATURE))
                        && (one.getKeyOperations() == null
                                || one.getKeyOperations().contains(KeyOperation.VERIFY));
        try {
            var key =
                    switch (one) {
                        case RSAKey rsa -> rsa.toRSAPublicKey();
                        case ECKey point -> point.toECPublicKey();
                        default -> null;
                    };
            return key == null || !isForSignatures || fault(key).isPresent()
                    ? Optional.empty()
                    : Optional.of(
                            new LoginKey(
                                    Optional.ofNullable(one.getKeyID()),
                                    key,
                                    Optional.ofNullable(one.getAlgorithm())
                                            .map(algorithm -> algorithm.getName())));
        } catch (JOSEException _) {
            return Optional.empty();
        }
    }

    /// Those that may have made a signature of this kind under this name.
    List<LoginKey> candidates(LoginAlgorithm algorithm, Optional<String> id) {
        return keys.stream()
                .filter(key -> key.isFor(algorithm) && key.isNamed(id))
                .limit(MOST_TRIED)
                .toList();
    }

    /// Whether one of them can make a signature of one of these kinds.
    public boolean fit(Set<LoginAlgorithm> algorithms) {
        return keys.stream().anyMatch(key -> algorithms.stream().anyMatch(key::isFor));
    }
}
