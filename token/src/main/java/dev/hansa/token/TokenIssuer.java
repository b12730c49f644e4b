package dev.hansa.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.util.Base64;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/// Signs peering tokens: compact JWS (RFC 7515), ES256, the signing certificate and its
/// intermediate in `x5c`; beside it, for whoever reads Consul's tokens, what it says in Consul's
/// keys.
public final class TokenIssuer {
    /// Our own media type: no other kind of JWT can pass for a peering token, nor the other way
    /// round (RFC 8725 3.11).
    public static final JOSEObjectType TYPE = new JOSEObjectType("hansa-peering+jwt");

    static final int VERSION = 1;

    private final PrivateKey signingKey;
    private final List<Base64> chain;

    /// @param signingKey EC P-256
    /// @param chain the server's leaf for that key, then its intermediate
    public TokenIssuer(PrivateKey signingKey, List<X509Certificate> chain) {
        this.signingKey = signingKey;
        var encoded = new ArrayList<Base64>();
        for (var certificate : chain) {
            try {
                encoded.add(Base64.encode(certificate.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalArgumentException("signing certificate: cannot be encoded", e);
            }
        }
        this.chain = List.copyOf(encoded);
    }

    /// The token's text in a form.
    public String issue(PeeringToken token, TokenForm form) {
        return switch (form) {
            case SIGNED -> ConsulToken.encode(token, issue(token));
            case CONSUL -> ConsulToken.encode(token);
        };
    }

    /// The JWS alone: three parts of base64url, joined by dots. A reader takes it too, since builds
    /// before wrote signed tokens so.
    public String issue(PeeringToken token) {
        var header =
                new JWSHeader.Builder(JWSAlgorithm.ES256).type(TYPE).x509CertChain(chain).build();
        var claims =
                new JWTClaimsSet.Builder()
                        .claim("ver", VERSION)
                        .issuer(token.issuer().name())
                        .claim("dc", token.datacenter().name())
                        .audience(token.audience())
                        .issueTime(Date.from(token.issuedAt()))
                        .notBeforeTime(Date.from(token.notBefore()))
                        .expirationTime(Date.from(token.expiresAt()))
                        .jwtID(token.id())
                        .claim("peer_id", token.peerId())
                        .claim("server_name", token.serverName())
                        .claim("server_addresses", token.serverAddresses())
                        .claim("manual_server_addresses", token.manualServerAddresses())
                        .claim("ca", token.caPems())
                        .claim("secret", token.establishmentSecret().value())
                        .build();
        try {
            var jwt = new SignedJWT(header, claims);
            jwt.sign(new ECDSASigner(signingKey, Curve.P_256));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("a token cannot be signed by our own key", e);
        }
    }
}
