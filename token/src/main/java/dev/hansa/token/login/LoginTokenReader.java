package dev.hansa.token.login;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSObject;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.token.login.LoginReading.Reason;
import dev.hansa.token.login.LoginReading.Rejected;
import java.text.ParseException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Believes a JWT when one of the given keys has signed it in a way that is allowed, and it is for
/// us and for now. What its header says of keys (`jku`, `x5u`, `jwk`, `x5c`) is not looked at;
/// `kid` is compared with the names of the given keys and used for nothing else. Pure but for its
/// arguments.
public final class LoginTokenReader {
    /// Tokens with a hundred groups in them have 8 KiB. Consul takes as much as a body has.
    public static final int MAX_CHARACTERS = 16 * 1024;

    /// Header, claims and signature.
    private static final Pattern FORM =
            Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

    /// In the year 9999; later ones are a mistake, and larger numbers overflow.
    private static final long LAST_SECOND = 253_402_300_799L;

    private static final Rejected MALFORMED =
            new Rejected(Reason.MALFORMED, "expected a signed JWT; found another text");

    private LoginTokenReader() {}

    /// What is wrong with a token whatever the keys are; empty: it is worth asking for them.
    public static Optional<Rejected> fault(String text, LoginTerms terms) {
        if (text.length() > MAX_CHARACTERS) {
            return Optional.of(
                    new Rejected(
                            Reason.OVERSIZED,
                            "expected at most "
                                    + MAX_CHARACTERS
                                    + " characters; found "
                                    + text.length()));
        }
        var token = parsed(text);
        if (token.isEmpty()) {
            return Optional.of(MALFORMED);
        }
        var header = token.get().getHeader();
        if (LoginAlgorithm.named(header.getAlgorithm().getName())
                .filter(terms.algorithms()::contains)
                .isEmpty()) {
            return Optional.of(
                    new Rejected(
                            Reason.ALGORITHM,
                            "expected an algorithm that the auth method allows; found another"));
        }
        return header.getCriticalParams() == null
                ? Optional.empty()
                : Optional.of(
                        new Rejected(
                                Reason.MALFORMED,
                                "expected a header without 'crit'; found one with it"));
    }

    private static Optional<JWSObject> parsed(String text) {
        try {
            return FORM.matcher(text).matches()
                    ? Optional.of(JWSObject.parse(text))
                    : Optional.empty();
        } catch (ParseException | IllegalArgumentException _) {
            // `none` is no algorithm of a signed token, so it ends here too
            return Optional.empty();
        }
    }

    public static LoginReading read(String text, LoginKeys keys, LoginTerms terms, Instant now) {
        var fault = fault(text, terms);
        if (fault.isPresent()) {
            return fault.get();
        }
        var token = parsed(text).orElseThrow();
        var header = token.getHeader();
        var candidates =
                keys.candidates(
                        LoginAlgorithm.valueOf(header.getAlgorithm().getName()),
                        Optional.ofNullable(header.getKeyID()));
        if (candidates.isEmpty()) {
            return new LoginReading.UnknownKey();
        }
        if (candidates.stream().noneMatch(key -> isSigned(token, key))) {
            return new Rejected(
                    Reason.SIGNATURE,
                    "expected a signature by a key of the auth method; found none");
        }
        var claims = token.getPayload().toJSONObject();
        return claims == null ? MALFORMED : judged(claims, terms, now);
    }

    private static boolean isSigned(JWSObject token, LoginKeys.LoginKey key) {
        try {
            return LoginAlgorithm.verifier(key.key())
                    .verify(token.getHeader(), token.getSigningInput(), token.getSignature());
        } catch (JOSEException | IllegalArgumentException _) {
            return false;
        }
    }

    private static LoginReading judged(Map<String, Object> claims, LoginTerms terms, Instant now) {
        var issuer = claims.get("iss");
        if (terms.issuer().isPresent() && !terms.issuer().get().equals(issuer)) {
            return new Rejected(
                    Reason.ISSUER,
                    "iss: expected '" + terms.issuer().get() + "'; found " + shown(issuer));
        }
        var audience = claims.get("aud");
        if (!isForUs(audience, terms)) {
            return new Rejected(
                    Reason.AUDIENCE,
                    "aud: expected "
                            + (terms.audiences().isEmpty()
                                    ? "none, since the auth method has no BoundAudiences"
                                    : "one of " + terms.audiences())
                            + "; found "
                            + shown(audience));
        }
        for (var name : List.of("exp", "nbf", "iat")) {
            if (claims.get(name) != null && moment(claims.get(name)).isEmpty()) {
                return new Rejected(
                        Reason.MALFORMED,
                        name + ": expected a number of seconds; found something else");
            }
        }
        var end = moment(claims.get("exp"));
        if (end.isEmpty()) {
            return new Rejected(Reason.NO_END, "exp: expected an end; found none");
        }
        if (!end.get().plus(terms.expirationLeeway()).isAfter(now)) {
            return new Rejected(Reason.EXPIRED, "exp: expected a later moment; found " + end.get());
        }
        for (var name : List.of("nbf", "iat")) {
            var begin = moment(claims.get(name));
            if (begin.isPresent() && begin.get().minus(terms.notBeforeLeeway()).isAfter(now)) {
                return new Rejected(
                        Reason.NOT_YET,
                        name + ": expected a moment that has come; found " + begin.get());
            }
        }
        return new LoginReading.Accepted(new LoginClaims(claims, end.get()));
    }

    private static boolean isForUs(@Nullable Object audience, LoginTerms terms) {
        return switch (audience) {
            case null -> terms.audiences().isEmpty();
            case String one -> terms.audiences().contains(one);
            case List<?> several ->
                    several.stream()
                            .anyMatch(one ->
                                    one instanceof String name && terms.audiences().contains(name));
            default -> false;
        };
    }

    private static Optional<Instant> moment(@Nullable Object claim) {
        return claim instanceof Number seconds
                        && seconds.doubleValue() >= 0
                        && seconds.doubleValue() <= LAST_SECOND
                ? Optional.of(Instant.ofEpochSecond(seconds.longValue()))
                : Optional.empty();
    }

    private static String shown(@Nullable Object claim) {
        return claim == null ? "none" : "'" + ForeignText.shown(String.valueOf(claim)) + "'";
    }
}
