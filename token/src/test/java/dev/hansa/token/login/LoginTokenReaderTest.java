package dev.hansa.token.login;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import dev.hansa.token.login.LoginReading.Reason;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What strangers make of a token to come in with, and what is not a token for us.
class LoginTokenReaderTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final RSAKey RSA = rsa("k1");
    private static final RSAKey OTHER = rsa("k2");
    private static final ECKey EC = ec("e1", Curve.P_256);

    private static final LoginTerms TERMS =
            new LoginTerms(
                    Optional.of("https://issuer.example"),
                    List.of("hansa"),
                    Set.of(LoginAlgorithm.RS256, LoginAlgorithm.ES256),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60));

    private static final String CLAIMS =
            "{\"iss\":\"https://issuer.example\",\"aud\":[\"hansa\",\"other\"],\"sub\":\"ada\",\"exp\":"
                    + (NOW.getEpochSecond() + 600)
                    + ",\"a\":{\"b/c\":[\"x\",{\"d\":7}]}}";

    private static RSAKey rsa(String id) {
        return made(() -> new RSAKeyGenerator(2048).keyID(id).generate());
    }

    private static ECKey ec(String id, Curve curve) {
        return made(() -> new ECKeyGenerator(curve).keyID(id).generate());
    }

    private interface Making<T> {
        T make() throws Exception;
    }

    private static <T> T made(Making<T> making) {
        try {
            return making.make();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static LoginKeys keys(JWK... keys) {
        return made(() -> LoginKeys.ofJwks(new JWKSet(List.of(keys)).toString(true)));
    }

    private static String signed(JWSHeader header, String claims, JWSSigner signer) {
        return made(() -> {
            var token = new JWSObject(header, new Payload(claims));
            token.sign(signer);
            return token.serialize();
        });
    }

    private static JWSHeader.Builder header(JWSAlgorithm algorithm, String kid) {
        return new JWSHeader.Builder(algorithm).keyID(kid).type(JOSEObjectType.JWT);
    }

    private static String by(RSAKey key, String claims) {
        return signed(
                header(JWSAlgorithm.RS256, key.getKeyID()).build(),
                claims,
                made(() -> new RSASSASigner(key)));
    }

    private static String good() {
        return by(RSA, CLAIMS);
    }

    private static LoginReading read(String token) {
        return LoginTokenReader.read(token, keys(RSA, EC), TERMS, NOW);
    }

    private static Reason reason(String token) {
        return switch (read(token)) {
            case LoginReading.Rejected(var reason, _) -> reason;
            case LoginReading.UnknownKey _ -> Reason.SIGNATURE;
            case LoginReading.Accepted _ -> throw new AssertionError("accepted: " + token);
        };
    }

    private static LoginClaims claims(LoginReading reading) {
        assertThat(reading).isInstanceOf(LoginReading.Accepted.class);
        return ((LoginReading.Accepted) reading).claims();
    }

    @Test
    void tokenOfAKeyIsBelievedAndItsClaimsAreFoundByNameAndPointer() {
        var claims = claims(read(good()));

        assertThat(claims.subject()).isEqualTo("ada");
        assertThat(claims.expiresAt()).isEqualTo(NOW.plusSeconds(600));
        assertThat(claims.at("sub")).contains("ada");
        assertThat(claims.at("/a/b~1c/0")).contains("x");
        assertThat(claims.at("/a/b~1c/1/d")).contains(7L);
        for (var nowhere : List.of("/a/b", "/a/b~1c/2", "/a/b~1c/-", "/sub/x", "", "/", "a.b")) {
            assertThat(claims.at(nowhere)).as(nowhere).isEmpty();
        }
        var byEc =
                signed(
                        header(JWSAlgorithm.ES256, "e1").build(),
                        CLAIMS,
                        made(() -> new ECDSASigner(EC)));
        assertThat(claims(read(byEc)).subject()).isEqualTo("ada");
    }

    @Test
    void keysInPemAreTriedWhateverTheTokenCallsThem() throws Exception {
        var pems = LoginKeys.ofPem(List.of(pem(OTHER), pem(RSA)));

        assertThat(LoginTokenReader.read(good(), pems, TERMS, NOW))
                .isInstanceOf(LoginReading.Accepted.class);
        assertThat(LoginTokenReader.read(good(), LoginKeys.ofPem(List.of(pem(OTHER))), TERMS, NOW))
                .isInstanceOf(LoginReading.Rejected.class);
    }

    private static String pem(RSAKey key) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder()
                        .encodeToString(made(() -> key.toRSAPublicKey().getEncoded()))
                + "\n-----END PUBLIC KEY-----\n";
    }

    private static String base64(String text) {
        return Base64URL.encode(text).toString();
    }

    /// A token's parts, one of them another.
    private static String with(int part, UnaryOperator<String> change) {
        var parts = good().split("\\.");
        parts[part] = change.apply(parts[part]);
        return String.join(".", parts);
    }

    record Attack(String name, String token, Reason reason) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Attack> attacks() throws Exception {
        var publicPem = pem(RSA).getBytes(StandardCharsets.UTF_8);
        var publicDer = RSA.toRSAPublicKey().getEncoded();
        var hmac = header(JWSAlgorithm.HS256, "k1").build();
        return Stream.of(
                new Attack(
                        "no signature, alg none",
                        base64("{\"alg\":\"none\"}") + "." + base64(CLAIMS) + ".",
                        Reason.MALFORMED),
                new Attack(
                        "alg none with a signature",
                        with(0, _ -> base64("{\"alg\":\"none\",\"kid\":\"k1\"}")),
                        Reason.MALFORMED),
                new Attack(
                        "alg nOnE", with(0, _ -> base64("{\"alg\":\"nOnE\"}")), Reason.ALGORITHM),
                new Attack(
                        "HMAC with the public key's PEM",
                        signed(hmac, CLAIMS, new MACSigner(publicPem)),
                        Reason.ALGORITHM),
                new Attack(
                        "HMAC with the public key's DER",
                        signed(hmac, CLAIMS, new MACSigner(publicDer)),
                        Reason.ALGORITHM),
                new Attack(
                        "an algorithm that the method does not have",
                        signed(
                                header(JWSAlgorithm.PS256, "k1").build(),
                                CLAIMS,
                                new RSASSASigner(RSA)),
                        Reason.ALGORITHM),
                new Attack(
                        "the header says EC, the key is RSA",
                        with(0, _ -> base64("{\"alg\":\"ES256\",\"kid\":\"k1\"}")),
                        Reason.SIGNATURE),
                new Attack(
                        "another's key under our key's name",
                        signed(
                                header(JWSAlgorithm.RS256, "k1").build(),
                                CLAIMS,
                                new RSASSASigner(OTHER)),
                        Reason.SIGNATURE),
                new Attack(
                        "the key comes with the token",
                        signed(
                                header(JWSAlgorithm.RS256, "k1")
                                        .jwk(OTHER.toPublicJWK())
                                        .jwkURL(URI.create("https://attacker.example/jwks"))
                                        .x509CertURL(URI.create("https://attacker.example/x5u"))
                                        .build(),
                                CLAIMS,
                                new RSASSASigner(OTHER)),
                        Reason.SIGNATURE),
                new Attack("a key's name that is a path", kid("../../dev/null"), Reason.SIGNATURE),
                new Attack(
                        "a key's name that is a query",
                        kid("k1' UNION SELECT 'x"),
                        Reason.SIGNATURE),
                new Attack("a key's name that is empty", kid(""), Reason.SIGNATURE),
                new Attack(
                        "crit",
                        signed(
                                header(JWSAlgorithm.RS256, "k1")
                                        .criticalParams(Set.of("exp"))
                                        .build(),
                                CLAIMS,
                                new RSASSASigner(RSA)),
                        Reason.MALFORMED),
                new Attack(
                        "payload not encoded (b64)",
                        with(
                                0,
                                _ ->
                                        base64(
                                                "{\"alg\":\"RS256\",\"kid\":\"k1\",\"b64\":false,\"crit\":[\"b64\"]}")),
                        Reason.MALFORMED),
                new Attack(
                        "other claims",
                        with(1, _ -> base64(CLAIMS.replace("ada", "root"))),
                        Reason.SIGNATURE),
                new Attack(
                        "another signature",
                        with(2, text -> text.replaceAll("^..", "AA")),
                        Reason.SIGNATURE),
                new Attack(
                        "an EC signature of zeros",
                        base64("{\"alg\":\"ES256\",\"kid\":\"e1\"}")
                                + "."
                                + base64(CLAIMS)
                                + "."
                                + Base64URL.encode(new byte[64]),
                        Reason.SIGNATURE),
                new Attack("a part too many", good() + ".AAAA", Reason.MALFORMED),
                new Attack("encrypted", "AAAA.AAAA.AAAA.AAAA.AAAA", Reason.MALFORMED),
                new Attack("an empty text", "", Reason.MALFORMED),
                new Attack("blanks around it", " " + good(), Reason.MALFORMED),
                new Attack(
                        "too long",
                        good() + "A".repeat(LoginTokenReader.MAX_CHARACTERS),
                        Reason.OVERSIZED),
                new Attack(
                        "a header in a thousand layers",
                        with(
                                0,
                                _ ->
                                        base64(
                                                "{\"alg\":\"RS256\",\"x\":"
                                                        + "[".repeat(4000)
                                                        + "]".repeat(4000)
                                                        + "}")),
                        Reason.MALFORMED),
                new Attack(
                        "the algorithm twice",
                        with(0, _ -> base64("{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"k1\"}")),
                        Reason.MALFORMED),
                claim(
                        "another issuer",
                        "https://issuer.example",
                        "https://issuer.example.evil",
                        Reason.ISSUER),
                claim("another audience", "\"hansa\",", "\"hansa2\",", Reason.AUDIENCE),
                claim(
                        "an audience that is an object",
                        "[\"hansa\",\"other\"]",
                        "{\"hansa\":1}",
                        Reason.AUDIENCE),
                claim(
                        "an audience that is null",
                        "[\"hansa\",\"other\"]",
                        "[null]",
                        Reason.AUDIENCE),
                claim("no audience", "\"aud\"", "\"aux\"", Reason.AUDIENCE),
                claim("no end", "\"exp\"", "\"ex\"", Reason.NO_END),
                claim("an end that is a text", end(600), "\"" + end(600) + "\"", Reason.MALFORMED),
                claim("an end in a thousand years", end(600), "1e300", Reason.MALFORMED),
                claim("ended", end(600), end(-60), Reason.EXPIRED),
                claim("not yet", "\"sub\"", "\"nbf\":" + end(61) + ",\"sub\"", Reason.NOT_YET),
                claim("made later", "\"sub\"", "\"iat\":" + end(61) + ",\"sub\"", Reason.NOT_YET),
                new Attack("claims that are a list", by(RSA, "[]"), Reason.ISSUER));
    }

    private static String end(int seconds) {
        return String.valueOf(NOW.getEpochSecond() + seconds);
    }

    private static String kid(String kid) {
        return signed(
                header(JWSAlgorithm.RS256, kid).build(),
                CLAIMS,
                made(() -> new RSASSASigner(OTHER)));
    }

    private static Attack claim(String name, String before, String after, Reason reason) {
        assertThat(CLAIMS).contains(before);
        return new Attack(name, by(RSA, CLAIMS.replace(before, after)), reason);
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void attackIsRefused(Attack attack) {
        assertThat(reason(attack.token())).isEqualTo(attack.reason());
    }

    @Test
    void sentencesHaveNothingOfATokenThatNobodyHasSigned() throws Exception {
        for (var attack : attacks().toList()) {
            if (read(attack.token()) instanceof LoginReading.Rejected(var reason, var sentence)) {
                assertThat(sentence).as(attack.name()).doesNotContain("ada", "root", "eyJ");
                if (reason == Reason.SIGNATURE || reason == Reason.ALGORITHM) {
                    assertThat(sentence).doesNotContain("issuer.example", "hansa");
                }
            }
        }
    }

    @Test
    void leewayIsTheTermsAndNoMore() {
        assertThat(claims(read(by(RSA, CLAIMS.replace(end(600), end(-59))))).subject())
                .isEqualTo("ada");
        assertThat(
                        claims(
                                        read(
                                                by(
                                                        RSA,
                                                        CLAIMS.replace(
                                                                "\"sub\"",
                                                                "\"nbf\":"
                                                                        + end(60)
                                                                        + ",\"sub\""))))
                                .subject())
                .isEqualTo("ada");
    }

    @Test
    void methodWithoutAudiencesTakesNoTokenThatWasMadeForSomebody() {
        var terms =
                new LoginTerms(
                        TERMS.issuer(),
                        List.of(),
                        TERMS.algorithms(),
                        Duration.ZERO,
                        Duration.ZERO);

        assertThat(LoginTokenReader.read(good(), keys(RSA), terms, NOW))
                .isInstanceOfSatisfying(
                        LoginReading.Rejected.class,
                        no -> assertThat(no.reason()).isEqualTo(Reason.AUDIENCE));
        var free = by(RSA, CLAIMS.replace("\"aud\":[\"hansa\",\"other\"],", ""));
        assertThat(LoginTokenReader.read(free, keys(RSA), terms, NOW))
                .isInstanceOf(LoginReading.Accepted.class);
    }

    @Test
    void keyIsForWhatItsSetSays() {
        var forPs =
                new RSAKey.Builder(made(RSA::toRSAPublicKey))
                        .keyID("k1")
                        .algorithm(JWSAlgorithm.PS256)
                        .build();
        var nameless = new RSAKey.Builder(made(RSA::toRSAPublicKey)).build();

        assertThat(LoginTokenReader.read(good(), keys(forPs), TERMS, NOW))
                .isInstanceOf(LoginReading.UnknownKey.class);
        assertThat(LoginTokenReader.read(good(), keys(OTHER), TERMS, NOW))
                .isInstanceOf(LoginReading.UnknownKey.class);
        assertThat(LoginTokenReader.read(good(), keys(nameless), TERMS, NOW))
                .isInstanceOf(LoginReading.Accepted.class);
    }

    private static String fault(String jwks) {
        try {
            LoginKeys.ofJwks(jwks);
            return "none";
        } catch (InvalidKeysException e) {
            return e.sentence();
        }
    }

    @Test
    void setsWithSecretsOrWithoutUsableKeysAreRefused() throws Exception {
        assertThat(fault(new JWKSet(RSA).toString(false)))
                .startsWith("expected public keys alone; found a secret one");
        assertThat(fault("{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}"))
                .startsWith("expected public keys alone; found a secret one");
        var weak = new RSAKeyGenerator(1024, true).generate();
        var encrypting = new RSAKey.Builder(RSA.toRSAPublicKey()).keyUse(KeyUse.ENCRYPTION).build();
        for (var one :
                List.of(
                        weak.toPublicJWK().toJSONString(),
                        encrypting.toJSONString(),
                        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}")) {
            assertThat(fault("{\"keys\":[" + one + "]}"))
                    .isEqualTo("expected 1 to 64 public keys that can sign; found 0");
        }
        assertThat(fault("{}")).contains("JSON Web Key Set");
        assertThat(fault("[".repeat(100_000))).contains("JSON Web Key Set");
        assertThat(fault("{\"keys\":[" + " ".repeat(LoginKeys.MAX_CHARACTERS) + "]}"))
                .startsWith("expected at most 262144 characters");
    }

    private static String pemFault(String... pems) {
        try {
            LoginKeys.ofPem(List.of(pems));
            return "none";
        } catch (InvalidKeysException e) {
            return e.sentence();
        }
    }

    @Test
    void pemThatIsNoStrongPublicKeyIsRefusedWithoutItsText() throws Exception {
        var secret =
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(RSA.toRSAPrivateKey().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n";
        assertThat(pemFault(secret)).contains("found a private key").doesNotContain("MII");
        assertThat(pemFault(pem(new RSAKeyGenerator(1024, true).generate())))
                .isEqualTo("expected an RSA key of 2048 to 8192 bits; found 1024");
        assertThat(pemFault("", "", "", "", "", "", "", "", ""))
                .isEqualTo("expected at most 8 public keys; found 9");
        assertThat(pemFault("/proc/self/environ")).contains("expected one PEM block");
        assertThat(pemFault(pem(RSA).replace("MII", "AAA"))).contains("cannot be read");
    }
}
