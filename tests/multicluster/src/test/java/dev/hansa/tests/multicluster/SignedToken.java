package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Base64;

/// What stands in a signed peering token, read as anybody can: nothing of it is checked.
///
/// @param jws header, claims and signature
record SignedToken(String jws) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// @param text as the acceptor wrote it
    static SignedToken of(String text) throws IOException {
        return new SignedToken(
                JSON.readTree(Base64.getDecoder().decode(text)).path("Signed").asText());
    }

    JsonNode claims() throws IOException {
        return JSON.readTree(Base64.getUrlDecoder().decode(jws.split("\\.")[1]));
    }

    String signature() {
        return jws.split("\\.")[2];
    }
}
