package dev.hansa.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import dev.hansa.token.TokenRejection.Reason;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateRequest;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What somebody without the acceptor's signing key can make of a token.
class ForgedTokenTest extends TokenWorld {
    @Test
    void unsignedTokenIsRefused() {
        var payload = good.split("\\.")[1];
        for (var header :
                List.of(
                        "{\"alg\":\"none\"}",
                        "{\"alg\":\"none\",\"typ\":\"hansa-peering+jwt\"}",
                        "{\"alg\":\"None\",\"typ\":\"hansa-peering+jwt\"}",
                        "{\"alg\":\"NONE\",\"typ\":\"hansa-peering+jwt\"}")) {
            assertRejected(
                    encoded(header) + "." + payload + ".", Reason.ALGORITHM, Reason.MALFORMED);
        }
        assertThat(rejection(encoded("{\"alg\":\"none\"}") + "." + payload + ".").sentence())
                .isEqualTo("peering token rejected: expected algorithm ES256; found 'none'");
    }

    @Test
    void publicKeyAsAnHmacKeyIsRefused() throws Exception {
        var header =
                new JWSHeader.Builder(JWSAlgorithm.HS256)
                        .type(TokenIssuer.TYPE)
                        .x509CertChain(x5c(chain))
                        .build();
        var jwt = new SignedJWT(header, claims().build());
        jwt.sign(new MACSigner(key.getPublic().getEncoded()));

        assertThat(rejection(jwt.serialize()).sentence())
                .isEqualTo("peering token rejected: expected algorithm ES256; found 'HS256'");
    }

    @Test
    void everyOtherAlgorithmIsRefused() {
        var parts = good.split("\\.");
        for (var algorithm :
                List.of("ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "HS512")) {
            var header =
                    new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8)
                            .replace("\"ES256\"", "\"" + algorithm + "\"");
            assertRejected(encoded(header) + "." + parts[1] + "." + parts[2], Reason.ALGORITHM);
        }
    }

    @Test
    void eachAlteredClaimIsNoticed() throws Exception {
        var parts = good.split("\\.");
        var payload = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        for (var change :
                Map.of(
                                "198.51.100.5",
                                "203.0.113.66",
                                SECRET,
                                "00000000-0000-4000-8000-000000000000",
                                "\"jti\":\"t1\"",
                                "\"jti\":\"t2\"",
                                "\"peer_id\":\"p1\"",
                                "\"peer_id\":\"p2\"",
                                "\"aud\":\"east\"",
                                "\"aud\":\"east2\"")
                        .entrySet()) {
            var altered = payload.replace(change.getKey(), change.getValue());
            assertThat(altered).isNotEqualTo(payload);
            assertRejected(parts[0] + "." + encoded(altered) + "." + parts[2], Reason.ALTERED);
        }
    }

    @Test
    void claimsOfOneTokenUnderTheSignatureOfAnotherAreRefused() {
        var other = new TokenIssuer(key.getPrivate(), chain).issue(token()).split("\\.");
        var later = issue(claims().jwtID("t2"));

        assertRejected(other[0] + "." + later.split("\\.")[1] + "." + other[2], Reason.ALTERED);
    }

    /// No character can be changed, added or dropped: one token has one text.
    @Test
    void eachAlteredCharacterOfTheSignatureIsNoticed() {
        var from = good.lastIndexOf('.') + 1;
        for (var i = from; i < good.length(); i++) {
            var altered = new StringBuilder(good);
            altered.setCharAt(i, good.charAt(i) == 'A' ? 'B' : 'A');
            assertRejected(altered.toString(), Reason.ALTERED, Reason.MALFORMED);
        }
        for (var added : List.of("=", "==", "A", "*", "\n", ".", "%")) {
            var inside = new StringBuilder(good).insert(from + 3, added).toString();
            assertRejected(inside, Reason.ALTERED, Reason.MALFORMED);
        }
    }

    /// A signature of zeros verified against any key in some JDKs (CVE-2022-21449).
    @Test
    void signatureOfZerosIsRefused() {
        var parts = good.split("\\.");
        var zeros = Base64URL.encode(new byte[64]);

        assertRejected(parts[0] + "." + parts[1] + "." + zeros, Reason.ALTERED);
    }

    @Test
    void signatureWithOneHalfOfZerosOrOfTheOrderIsRefused() {
        var parts = good.split("\\.");
        var signature = Base64.getUrlDecoder().decode(parts[2]);
        var order =
                new BigInteger(
                                "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
                                16)
                        .toByteArray();
        for (var start : List.of(0, 32)) {
            var zero = signature.clone();
            Arrays.fill(zero, start, start + 32, (byte) 0);
            var whole = signature.clone();
            System.arraycopy(order, 1, whole, start, 32);
            for (var bad : List.of(zero, whole)) {
                assertRejected(
                        parts[0] + "." + parts[1] + "." + Base64URL.encode(bad), Reason.ALTERED);
            }
        }
    }

    @Test
    void headerThatPointsElsewhereIsRefused() throws Exception {
        var elsewhere = URI.create("https://192.0.2.1/keys");
        for (var header :
                List.of(
                        header(chain).jwkURL(elsewhere),
                        header(chain).x509CertURL(elsewhere),
                        header(chain).keyID("../../etc/key"),
                        header(chain)
                                .jwk(
                                        new ECKey.Builder(
                                                        Curve.P_256, (ECPublicKey) key.getPublic())
                                                .build()),
                        header(chain).contentType("JWT"),
                        header(chain).criticalParams(Set.of("exp")),
                        header(chain).base64URLEncodePayload(false).criticalParams(Set.of("b64")),
                        header(chain).x509CertSHA256Thumbprint(Base64URL.encode("x")),
                        header(chain).customParam("secret", "x"))) {
            assertRejected(
                    signed(header.build(), claims().build(), key),
                    Reason.FORBIDDEN_HEADER,
                    Reason.MALFORMED);
        }
    }

    @Test
    void signerOfAnotherAuthorityIsRefused() throws Exception {
        var impostor = authority(CaMaterial.create(WEST, DC, NOW));
        var theirs = CertificateRequest.newKey();

        assertRejected(
                signed(header(server(impostor, theirs)).build(), claims().build(), theirs),
                Reason.KEY_NOT_TRUSTED);
    }

    /// A token that brings a different CA is a different token: its fingerprint tells.
    @Test
    void tokenOfAnImpostorHasAnotherFingerprint() throws Exception {
        var theirMaterial = CaMaterial.create(WEST, DC, NOW);
        var theirs = CertificateRequest.newKey();
        var impostor = authority(theirMaterial);
        var text =
                signed(
                        header(server(impostor, theirs)).build(),
                        claims().claim("ca", List.of(theirMaterial.rootPem())).build(),
                        theirs);

        assertThat(read(text))
                .isInstanceOfSatisfying(
                        TokenReading.Accepted.class,
                        accepted ->
                                assertThat(accepted.fingerprint())
                                        .isEqualTo(new Fingerprint(impostor.fingerprint()))
                                        .isNotEqualTo(new Fingerprint(authority.fingerprint())));
    }

    @Test
    void workloadCannotMakeATokenForItsDatacenter() throws Exception {
        var workload = CertificateRequest.newKey();
        for (var identity :
                List.of(
                        SpiffeId.service(WEST, DC, "billing"),
                        SpiffeId.meshGateway(WEST, DC),
                        SpiffeId.server(WEST, EAST))) {
            var theirs =
                    authority
                            .issue(workload.getPublic(), identity, List.of(), Duration.ofHours(1))
                            .chain();
            assertThat(rejection(signed(header(theirs).build(), claims().build(), workload)))
                    .isEqualTo(
                            new TokenRejection(
                                    Reason.KEY_NOT_TRUSTED,
                                    "expected a signature by 'spiffe://west.example/agent/server/dc/west';"
                                            + " found one by '"
                                            + identity
                                            + "'"));
        }
    }

    @Test
    void keyThatTheCertificateDoesNotNameIsRefused() throws Exception {
        assertRejected(
                signed(header(chain).build(), claims().build(), CertificateRequest.newKey()),
                Reason.ALTERED);
    }

    /// The chain must not be checked on one certificate and the signature on another.
    @Test
    void certificateThatHasNoPartInTheChainIsRefused() throws Exception {
        var stranger = CertificateRequest.newKey();
        var theirs = server(authority(CaMaterial.create(WEST, DC, NOW)), stranger).getFirst();
        var first = List.of(theirs, chain.get(0), chain.get(1));
        var between = List.of(chain.get(0), theirs, chain.get(1));
        var last = List.of(chain.get(0), chain.get(1), theirs);

        for (var extra : List.of(first, between, last)) {
            for (var signer : List.of(key, stranger)) {
                assertRejected(
                        signed(header(extra).build(), claims().build(), signer),
                        Reason.KEY_NOT_TRUSTED);
            }
        }
    }

    @Test
    void chainMayEndInTheRootButNotGoOnForEver() throws Exception {
        var withRoot = new ArrayList<>(chain);
        withRoot.add(material.root());
        assertThat(read(signed(header(withRoot).build(), claims().build(), key)))
                .isInstanceOf(TokenReading.Accepted.class);

        withRoot.addAll(Collections.nCopies(5, material.root()));
        assertRejected(
                signed(header(withRoot).build(), claims().build(), key), Reason.KEY_NOT_TRUSTED);
    }

    @Test
    void tokenWithoutCertificateIsRefused() throws Exception {
        var bare = new JWSHeader.Builder(JWSAlgorithm.ES256).type(TokenIssuer.TYPE).build();

        assertRejected(signed(bare, claims().build(), key), Reason.KEY_NOT_TRUSTED);
    }

    @Test
    void claimGivenTwiceIsRefused() {
        var parts = good.split("\\.");
        var payload = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        var twice = payload.replaceFirst("\\{", "{\"iss\":\"east.example\",");
        var header = new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8);

        assertRejected(
                parts[0] + "." + encoded(twice) + "." + parts[2], Reason.MALFORMED, Reason.ALTERED);
        assertRejected(
                encoded(header.replaceFirst("\\{", "{\"alg\":\"none\","))
                        + "."
                        + parts[1]
                        + "."
                        + parts[2],
                Reason.MALFORMED,
                Reason.ALTERED);
    }
}
