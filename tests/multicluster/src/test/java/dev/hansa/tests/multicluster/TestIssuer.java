package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/// Somebody who says who people are, whom an auth method believes by the key that it names.
record TestIssuer(KeyPair key) {
    private static final String NAME = "https://issuer.example";
    private static final ObjectMapper JSON = new ObjectMapper();

    static TestIssuer create() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return new TestIssuer(generator.generateKeyPair());
    }

    /// What `PUT /v1/acl/auth-method` takes.
    String method(String name) {
        var pem =
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(key.getPublic().getEncoded())
                        + "\n-----END PUBLIC KEY-----\n";
        var method = JSON.createObjectNode().put("Name", name).put("Type", "jwt");
        method.putObject("Config")
                .put("BoundIssuer", NAME)
                .putArray("JWTValidationPubKeys")
                .add(pem);
        return method.toString();
    }

    /// Of somebody, for an hour.
    String jwt() throws GeneralSecurityException {
        var claims =
                JSON.createObjectNode()
                        .put("iss", NAME)
                        .put("sub", "ada")
                        .put("exp", Instant.now().plus(Duration.ofHours(1)).getEpochSecond());
        var said =
                encoded("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.UTF_8))
                        + "."
                        + encoded(claims.toString().getBytes(StandardCharsets.UTF_8));
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key.getPrivate());
        signature.update(said.getBytes(StandardCharsets.US_ASCII));
        return said + "." + encoded(signature.sign());
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
