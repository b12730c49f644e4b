package dev.hansa.peering.establish;

import dev.hansa.peering.PeeringFailure;
import dev.hansa.token.Fingerprint;
import java.time.Instant;

/// What came of a request for a peering token.
public sealed interface TokenGeneration {
    /// @param text the token, to be handed to the other operator; whoever holds it can peer
    /// @param fingerprint what the other operator will find, to be told in another way than the
    ///   token
    record Generated(String text, String tokenId, Instant expiresAt, Fingerprint fingerprint)
            implements TokenGeneration {
        @Override
        public String toString() {
            return "Generated[text=<redacted>, tokenId="
                    + tokenId
                    + ", expiresAt="
                    + expiresAt
                    + "]";
        }
    }

    record Refused(PeeringFailure failure) implements TokenGeneration {}
}
