package dev.hansa.peering.stream;

import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/// The secrets that an acceptor gives out and then only compares.
final class StreamSecrets {
    private StreamSecrets() {}

    static String hash(String secret) {
        return Sha256.hex(new Secret(secret));
    }

    static boolean matches(Optional<String> expected, String candidateHash) {
        return expected.isPresent()
                && MessageDigest.isEqual(
                        expected.get().getBytes(StandardCharsets.US_ASCII),
                        candidateHash.getBytes(StandardCharsets.US_ASCII));
    }
}
