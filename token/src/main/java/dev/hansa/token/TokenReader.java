package dev.hansa.token;

import com.nimbusds.jose.Algorithm;
import com.nimbusds.jose.Header;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.X509CertUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hansa.bootstrap.Secret;
import dev.hansa.token.TokenRejection.Reason;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads a peering token and believes it only for what it proves: that the holder of the CA inside
/// made it, for this datacenter, for this moment. Nothing that a token names is ever fetched. Pure
/// but for its arguments.
public final class TokenReader {
    /// Sixteen roots of 2 KiB and their addresses, said twice, fit; a longer text is not a token.
    static final int MAX_CHARACTERS = 128 * 1024;

    /// Clocks of two operators may differ by this much.
    static final Duration CLOCK_SKEW = Duration.ofSeconds(60);

    /// More addresses than a datacenter has gateways are a mistake.
    private static final int MAX_ADDRESSES = 64;

    static final int MAX_CLAIM_CHARACTERS = 512;

    /// R and S of ES256 (RFC 7518 3.4).
    private static final int SIGNATURE_BYTES = 64;

    /// Host names, IPv4 and bracketed IPv6, with a port.
    private static final Pattern ADDRESS =
            Pattern.compile("([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.%]{2,64}\\]):([0-9]{1,5})");

    /// The parameters that the issuer writes. A token with any other is not ours, and could point
    /// us elsewhere.
    private static final Set<String> HEADER = Set.of("alg", "typ", "x5c");

    /// Reads a token of either form.
    public TokenReading read(String text, Instant now, TokenTerms terms) {
        try {
            return accepted(text.strip(), now, terms);
        } catch (TokenRefusal e) {
            return new TokenReading.Rejected(e.rejection());
        }
    }

    private static TokenReading accepted(String text, Instant now, TokenTerms terms)
            throws TokenRefusal {
        if (text.length() > MAX_CHARACTERS) {
            throw refuse(
                    Reason.OVERSIZED,
                    "expected at most " + MAX_CHARACTERS + " characters; found " + text.length());
        }
        if (!ConsulToken.looksLike(text)) {
            return signed(text, now, terms);
        }
        var jws = ConsulToken.signed(text);
        if (jws.isEmpty()) {
            return unsigned(text, terms);
        }
        var accepted = signed(jws.get(), now, terms);
        if (!ConsulToken.says(text, accepted.token())) {
            throw refuse(
                    Reason.ALTERED,
                    "what it says in Consul's keys is not what was signed: it was altered on the way");
        }
        return accepted;
    }

    private static TokenReading.Accepted signed(String text, Instant now, TokenTerms terms)
            throws TokenRefusal {
        canonical(text);
        var jwt = parsed(text);
        header(jwt.getHeader());
        var claims = claims(jwt);
        if (!(claims.getClaim("ver") instanceof Long version) || version != TokenIssuer.VERSION) {
            throw refuse(
                    Reason.UNKNOWN_VERSION,
                    "expected format version "
                            + TokenIssuer.VERSION
                            + "; found '"
                            + shown(claims.getClaim("ver"))
                            + "'");
        }
        var signature = jwt.getSignature().decode().length;
        if (signature != SIGNATURE_BYTES) {
            throw refuse(
                    Reason.MALFORMED,
                    "expected a signature of "
                            + SIGNATURE_BYTES
                            + " bytes; found "
                            + signature
                            + ": it was truncated or altered");
        }
        var token = token(claims);
        names(token);
        var bundle = bundle(token);
        verify(jwt, token, bundle, now);
        time(token, now);
        if (!terms.accepts(token.audience())) {
            throw refuse(
                    Reason.WRONG_AUDIENCE,
                    "expected a token for datacenter '"
                            + terms.own()
                            + terms.acceptedAudience()
                                    .map(other -> "' or '" + shown(other))
                                    .orElse("")
                            + "'; found one for '"
                            + shown(token.audience())
                            + "'");
        }
        return new TokenReading.Accepted(token, expected(bundle, terms), TokenForm.SIGNED);
    }

    /// Whose it is can only be believed; that is why its fingerprint is worth comparing.
    private static TokenReading unsigned(String text, TokenTerms terms) throws TokenRefusal {
        if (terms.requiresSigned()) {
            throw refuse(
                    Reason.UNSIGNED,
                    "expected a signed token; found one in Consul's form, unsigned");
        }
        var token = ConsulToken.decode(text);
        addresses(token);
        return new TokenReading.Accepted(token, expected(bundle(token), terms), TokenForm.CONSUL);
    }

    private static Fingerprint expected(TrustBundle bundle, TokenTerms terms) throws TokenRefusal {
        var found = Fingerprint.of(bundle);
        var said = terms.expectedFingerprint();
        if (said.isPresent() && !found.isSaidBy(said.get())) {
            throw refuse(
                    Reason.WRONG_FINGERPRINT,
                    "expected fingerprint '"
                            + shown(said.get())
                            + "'; found "
                            + found
                            + " ("
                            + found.words()
                            + "): this is another's token");
        }
        return found;
    }

    /// One token has one encoding: a lenient decoder would take characters that stand for nothing.
    /// Its text is still no identity, since each ECDSA signature has a twin; the secret is what
    /// works once.
    private static void canonical(String text) throws TokenRefusal {
        var parts = text.split("\\.", -1);
        if (parts.length != 3) {
            throw malformed();
        }
        for (var part : parts) {
            try {
                var bytes = Base64.getUrlDecoder().decode(part);
                if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
                    throw malformed();
                }
            } catch (IllegalArgumentException e) {
                // the decoder's message would show a character of the token
                throw malformed();
            }
        }
    }

    private static TokenRefusal malformed() {
        return refuse(
                Reason.MALFORMED,
                "expected a signed token of three parts, or Consul's in base64; found something truncated or altered");
    }

    private static SignedJWT parsed(String text) throws TokenRefusal {
        try {
            return SignedJWT.parse(text);
        } catch (ParseException | RuntimeException e) {
            // an unsigned token parses as no SignedJWT; say which it was, the text itself stays out
            if (unsigned(text)) {
                throw refuse(Reason.ALGORITHM, "expected algorithm ES256; found 'none'");
            }
            throw malformed();
        }
    }

    private static boolean unsigned(String text) {
        try {
            return Header.parse(new Base64URL(text.substring(0, text.indexOf('.'))))
                    .getAlgorithm()
                    .equals(Algorithm.NONE);
        } catch (ParseException | RuntimeException e) {
            return false;
        }
    }

    private static void header(JWSHeader header) throws TokenRefusal {
        if (!JWSAlgorithm.ES256.equals(header.getAlgorithm())) {
            throw refuse(
                    Reason.ALGORITHM,
                    "expected algorithm ES256; found '" + shown(header.getAlgorithm()) + "'");
        }
        if (!TokenIssuer.TYPE.equals(header.getType())) {
            throw refuse(
                    Reason.WRONG_TYPE,
                    "expected type '"
                            + TokenIssuer.TYPE
                            + "'; found '"
                            + shown(header.getType())
                            + "'");
        }
        for (var parameter : header.toJSONObject().keySet()) {
            if (!HEADER.contains(parameter)) {
                throw refuse(
                        Reason.FORBIDDEN_HEADER,
                        "expected no header parameter '" + shown(parameter) + "'");
            }
        }
    }

    private static JWTClaimsSet claims(SignedJWT jwt) throws TokenRefusal {
        try {
            var claims = jwt.getJWTClaimsSet();
            if (claims == null) {
                throw refuse(Reason.MALFORMED, "expected claims; found none");
            }
            return claims;
        } catch (ParseException | RuntimeException e) {
            throw refuse(
                    Reason.MALFORMED,
                    "expected claims in JSON; found something truncated or altered");
        }
    }

    private static PeeringToken token(JWTClaimsSet claims) throws TokenRefusal {
        try {
            var audience = claims.getAudience();
            if (audience.size() != 1) {
                throw refuse(
                        Reason.BAD_CLAIM,
                        "claim 'aud': expected one datacenter; found " + audience.size());
            }
            return new PeeringToken(
                    new TrustDomain(text(claims, "iss")),
                    new Datacenter(text(claims, "dc")),
                    audience.getFirst(),
                    instant(claims.getIssueTime(), "iat"),
                    instant(claims.getNotBeforeTime(), "nbf"),
                    instant(claims.getExpirationTime(), "exp"),
                    text(claims, "jti"),
                    text(claims, "peer_id"),
                    text(claims, "server_name"),
                    list(claims, "server_addresses", MAX_ADDRESSES),
                    list(claims, "manual_server_addresses", MAX_ADDRESSES),
                    list(claims, "ca", TrustBundle.MAX_ROOTS),
                    new Secret(text(claims, "secret")));
        } catch (IllegalArgumentException e) {
            throw refuse(Reason.BAD_CLAIM, String.valueOf(e.getMessage()));
        }
    }

    private static String text(JWTClaimsSet claims, String name) throws TokenRefusal {
        if (claims.getClaim(name) instanceof String text
                && !text.isEmpty()
                && text.length() <= MAX_CLAIM_CHARACTERS) {
            return text;
        }
        throw refuse(
                Reason.BAD_CLAIM,
                "claim '"
                        + name
                        + "': expected text of 1 to "
                        + MAX_CLAIM_CHARACTERS
                        + " characters");
    }

    private static Instant instant(@Nullable Date date, String name) throws TokenRefusal {
        if (date == null) {
            throw refuse(Reason.BAD_CLAIM, "claim '" + name + "': expected a time; found none");
        }
        return date.toInstant();
    }

    private static List<String> list(JWTClaimsSet claims, String name, int most)
            throws TokenRefusal {
        if (!(claims.getClaim(name) instanceof List<?> list) || list.size() > most) {
            throw refuse(
                    Reason.BAD_CLAIM,
                    "claim '" + name + "': expected a list of at most " + most + " texts");
        }
        var texts = new ArrayList<String>();
        for (var item : list) {
            if (!(item instanceof String text)) {
                throw refuse(Reason.BAD_CLAIM, "claim '" + name + "': expected texts only");
            }
            texts.add(text);
        }
        return texts;
    }

    /// What the claims say of each other must agree; the words about addresses are those that
    /// Consul's clients know.
    private static void names(PeeringToken token) throws TokenRefusal {
        var server = MeshNames.peeringServer(token.datacenter(), token.issuer());
        if (!token.serverName().equals(server)) {
            throw refuse(
                    Reason.BAD_CLAIM,
                    "claim 'server_name': expected '"
                            + server
                            + "'; found '"
                            + shown(token.serverName())
                            + "'");
        }
        if (!token.expiresAt().isAfter(token.notBefore())) {
            throw refuse(
                    Reason.BAD_CLAIM,
                    "claim 'exp': expected a time after "
                            + token.notBefore()
                            + "; found "
                            + token.expiresAt());
        }
        addresses(token);
    }

    private static void addresses(PeeringToken token) throws TokenRefusal {
        if (token.serverAddresses().isEmpty() && token.manualServerAddresses().isEmpty()) {
            throw refuse(Reason.BAD_CLAIM, "peering token server addresses value is empty");
        }
        for (var addresses : List.of(token.serverAddresses(), token.manualServerAddresses())) {
            for (var address : addresses) {
                var match = ADDRESS.matcher(address);
                if (!match.matches() || !isPort(Integer.parseInt(match.group(2)))) {
                    throw refuse(
                            Reason.BAD_CLAIM,
                            shown(address) + " is not a valid peering server address");
                }
            }
        }
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 65535;
    }

    private static TrustBundle bundle(PeeringToken token) throws TokenRefusal {
        try {
            var bundle = TrustBundle.fromPem(token.issuer(), token.caPems());
            if (bundle.roots().isEmpty()) {
                throw refuse(
                        Reason.BAD_CLAIM,
                        "claim 'ca': expected at least one root certificate; found none");
            }
            return bundle;
        } catch (IllegalArgumentException e) {
            throw refuse(Reason.BAD_CLAIM, "claim 'ca': " + e.getMessage());
        }
    }

    /// The key that signed must belong to a server of the issuer, by the CA that the token brings;
    /// then nothing between header and claims can have been changed by anyone else.
    private static void verify(SignedJWT jwt, PeeringToken token, TrustBundle bundle, Instant now)
            throws TokenRefusal {
        var chain = new ArrayList<X509Certificate>();
        var x5c = jwt.getHeader().getX509CertChain();
        if (x5c == null || x5c.isEmpty()) {
            throw refuse(Reason.KEY_NOT_TRUSTED, "expected a signing certificate; found none");
        }
        for (var encoded : x5c) {
            var certificate = X509CertUtils.parse(encoded.decode());
            if (certificate == null) {
                throw refuse(
                        Reason.KEY_NOT_TRUSTED,
                        "expected a signing certificate; found one that does not parse");
            }
            chain.add(certificate);
        }
        var server = SpiffeId.server(token.issuer(), token.datacenter());
        switch (PeerVerifier.verify(
                chain, BundleSet.EMPTY.with(bundle), PeerVerifier.Usage.SERVER, now)) {
            case PeerVerifier.Rejected(_, var sentence) ->
                    throw refuse(
                            Reason.KEY_NOT_TRUSTED,
                            "its signing key does not belong to its issuer: " + sentence);
            case PeerVerifier.Trusted(var id, _) -> {
                if (!id.equals(server)) {
                    throw refuse(
                            Reason.KEY_NOT_TRUSTED,
                            "expected a signature by '" + server + "'; found one by '" + id + "'");
                }
            }
        }
        inOrder(chain);
        if (!(chain.getFirst().getPublicKey() instanceof ECPublicKey key)
                || !Curve.P_256.equals(Curve.forECParameterSpec(key.getParams()))) {
            throw refuse(
                    Reason.KEY_NOT_TRUSTED,
                    "expected a signing certificate for an EC P-256 key; found another key");
        }
        try {
            if (!jwt.verify(new ECDSAVerifier(key))) {
                throw refuse(
                        Reason.ALTERED, "its signature does not fit: it was altered on the way");
            }
        } catch (JOSEException e) {
            throw refuse(Reason.ALTERED, "its signature cannot be checked: " + e.getMessage());
        }
    }

    /// Each certificate certifies the one before it (RFC 7515 4.1.6). Certificates that have no
    /// part in the path are how other verifiers were led to check one and believe another.
    private static void inOrder(List<X509Certificate> chain) throws TokenRefusal {
        for (var i = 1; i < chain.size(); i++) {
            try {
                chain.get(i - 1).verify(chain.get(i).getPublicKey());
            } catch (GeneralSecurityException e) {
                throw refuse(
                        Reason.KEY_NOT_TRUSTED,
                        "expected certificate "
                                + i
                                + " of its chain to certify the one before it; found a stranger");
            }
        }
    }

    private static void time(PeeringToken token, Instant now) throws TokenRefusal {
        if (now.isAfter(token.expiresAt())) {
            throw refuse(
                    Reason.EXPIRED,
                    "expired " + ago(Duration.between(token.expiresAt(), now)) + " ago");
        }
        var start =
                token.notBefore().isAfter(token.issuedAt()) ? token.notBefore() : token.issuedAt();
        if (now.plus(CLOCK_SKEW).isBefore(start)) {
            throw refuse(
                    Reason.NOT_YET_VALID,
                    "not valid before "
                            + start
                            + "; it is "
                            + now.truncatedTo(ChronoUnit.SECONDS)
                            + " here");
        }
    }

    private static String ago(Duration age) {
        if (age.toDays() > 0) {
            return age.toDays() + "d";
        }
        if (age.toHours() > 0) {
            return age.toHours() + "h";
        }
        return age.toMinutes() > 0 ? age.toMinutes() + "m" : age.toSeconds() + "s";
    }

    static String shown(@Nullable Object found) {
        var text = String.valueOf(found).replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
        return text.length() > 64 ? text.substring(0, 64) + "…" : text;
    }

    static TokenRefusal refuse(Reason reason, String detail) {
        return new TokenRefusal(new TokenRejection(reason, detail));
    }
}
