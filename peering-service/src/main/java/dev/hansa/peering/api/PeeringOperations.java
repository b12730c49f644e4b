package dev.hansa.peering.api;

import dev.hansa.bootstrap.Latest;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the API asks of the side that makes and ends peerings. Calls block: on disk, and to
/// establish also on the network.
public interface PeeringOperations {
    /// @param forDatacenter the only datacenter that may use the token; empty: any
    /// @param externalAddresses put into the token instead of our own addresses, when not empty
    /// @param life how long the token may lie unused; empty: the server's default
    /// @param form empty: the server's default
    TokenResult generateToken(
            PeerName peer,
            String forDatacenter,
            Map<String, String> meta,
            List<String> externalAddresses,
            Optional<Duration> life,
            Optional<TokenForm> form);

    EstablishResult establish(
            PeerName peer, String token, Map<String, String> meta, Conditions conditions);

    /// Makes the unused token of a peering worthless.
    RevokeResult revokeToken(PeerName peer);

    /// What an operator asks of a token beyond what every token must be.
    ///
    /// @param acceptedAudience another datacenter that the token may have been made for
    /// @param requiresSigned refuse a token in Consul's form
    /// @param expectedFingerprint as the other operator said it; empty: trusted on first use
    record Conditions(
            Optional<String> acceptedAudience,
            boolean requiresSigned,
            Optional<String> expectedFingerprint) {}

    /// Begins to delete; returns why it could not. A peering that is not there is deleted already.
    Optional<String> delete(PeerName peer);

    Optional<PeeringView> view(PeerName peer);

    List<PeeringView> list();

    /// Counts up whenever a view may have changed for a reason that is not in the store, such as a
    /// stream that opened. Readers that wait, wait on it.
    Latest<Long> changes();

    sealed interface TokenResult {
        /// @param token whoever holds it can peer
        /// @param fingerprint of this datacenter, in digits
        /// @param words the same to be spoken
        record Ok(String token, String fingerprint, String words) implements TokenResult {
            @Override
            public String toString() {
                return "Ok[token=<redacted>, fingerprint=" + fingerprint + "]";
            }
        }

        record Failed(int httpStatus, String sentence) implements TokenResult {}
    }

    sealed interface RevokeResult {
        record Ok(String tokenId) implements RevokeResult {}

        record Failed(String sentence) implements RevokeResult {}
    }

    sealed interface EstablishResult {
        /// @param fingerprint of whose token it was, for two operators to compare
        /// @param words the same to be spoken
        record Ok(String fingerprint, String words) implements EstablishResult {}

        record Failed(int httpStatus, String sentence) implements EstablishResult {}
    }
}
