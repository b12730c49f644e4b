package dev.hansa.peering.stream;

import dev.hansa.bootstrap.Secret;
import dev.hansa.token.EstablishmentSecret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/// The secrets that an acceptor gives out and then only compares.
final class StreamSecrets {
    private StreamSecrets() {}

    static String hash(String secret) {
        return EstablishmentSecret.hash(new Secret(secret));
    }

    static boolean matches(Optional<String> expected, String candidateHash) {
        return expected.isPresent()
                && MessageDigest.isEqual(
                        expected.get().getBytes(StandardCharsets.US_ASCII),
                        candidateHash.getBytes(StandardCharsets.US_ASCII));
    }
}
