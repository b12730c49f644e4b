package dev.hansa.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hansa.bootstrap.Secret;
import dev.hansa.token.TokenRejection.Reason;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// One acceptor with its authority and signing key, one good token of it, and the means to spoil it
/// and sign again.
class TokenWorld {
    static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    static final TrustDomain WEST = new TrustDomain("west.example");
    static final Datacenter DC = new Datacenter("west");
    static final Datacenter EAST = new Datacenter("east");
    static final String SECRET = "e4b3d9f6-3f0c-4b6e-8e58-8d7f5d7a9b1c";

    final CaMaterial material = CaMaterial.create(WEST, DC, NOW);
    final CertificateAuthority authority = authority(material);
    final KeyPair key = CertificateRequest.newKey();
    final List<X509Certificate> chain = server(authority, key);
    final String good = new TokenIssuer(key.getPrivate(), chain).issue(token());

    PeeringToken token() {
        return new PeeringToken(
                WEST,
                DC,
                "east",
                NOW,
                NOW,
                NOW.plus(Duration.ofHours(1)),
                "t1",
                "p1",
                MeshNames.peeringServer(DC, WEST),
                List.of("198.51.100.5:8443"),
                List.of(),
                List.of(material.rootPem()),
                new Secret(SECRET));
    }

    /// The same claims, to be spoilt and signed again.
    JWTClaimsSet.Builder claims() {
        try {
            return new JWTClaimsSet.Builder(SignedJWT.parse(good).getJWTClaimsSet());
        } catch (ParseException e) {
            throw new AssertionError(e);
        }
    }

    String issue(JWTClaimsSet.Builder claims) {
        return issue(claims.serializeNullClaims(true).build().toJSONObject(true));
    }

    String issue(Map<String, Object> claims) {
        var header = header(chain).build();
        var jws = new JWSObject(header, new Payload(claims));
        try {
            jws.sign(new ECDSASigner(key.getPrivate(), Curve.P_256));
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
        return jws.serialize();
    }

    static String signed(JWSHeader header, JWTClaimsSet claims, KeyPair signer)
            throws JOSEException {
        var jwt = new SignedJWT(header, claims);
        jwt.sign(new ECDSASigner(signer.getPrivate(), Curve.P_256));
        return jwt.serialize();
    }

    static JWSHeader.Builder header(List<X509Certificate> chain) {
        return new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(TokenIssuer.TYPE)
                .x509CertChain(x5c(chain));
    }

    static List<com.nimbusds.jose.util.Base64> x5c(List<X509Certificate> chain) {
        return chain.stream()
                .map(certificate -> {
                    try {
                        return com.nimbusds.jose.util.Base64.encode(certificate.getEncoded());
                    } catch (CertificateEncodingException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    static List<X509Certificate> server(CertificateAuthority authority, KeyPair key) {
        return authority
                .issue(
                        key.getPublic(),
                        SpiffeId.server(WEST, DC),
                        List.of(MeshNames.peeringServer(DC, WEST)),
                        Duration.ofDays(3))
                .chain();
    }

    static CertificateAuthority authority(CaMaterial material) {
        return new CertificateAuthority(material, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    static String encoded(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static TokenReading read(String text) {
        return read(text, NOW);
    }

    static TokenReading read(String text, Instant now) {
        return new TokenReader().read(text, now, TokenTerms.of(EAST));
    }

    static TokenRejection rejection(String text) {
        return rejection(text, NOW);
    }

    static TokenRejection rejection(String text, Instant now) {
        return switch (read(text, now)) {
            case TokenReading.Rejected(var rejection) -> rejection;
            case TokenReading.Accepted _ -> throw new AssertionError("accepted: " + text);
        };
    }

    static void assertRejected(String text, Reason... oneOf) {
        var rejection = rejection(text);
        assertThat(rejection.reason()).as(rejection.sentence()).isIn((Object[]) oneOf);
        assertThat(rejection.sentence())
                .startsWith("peering token rejected: ")
                .doesNotContain(SECRET);
    }
}
