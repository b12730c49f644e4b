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

    /// @param acceptedAudience another datacenter that the token may have been made for
    /// @param requiresSigned refuse a token in Consul's form
    EstablishResult establish(
            PeerName peer,
            String token,
            Map<String, String> meta,
            Optional<String> acceptedAudience,
            boolean requiresSigned);

    /// Begins to delete; returns why it could not. A peering that is not there is deleted already.
    Optional<String> delete(PeerName peer);

    Optional<PeeringView> view(PeerName peer);

    List<PeeringView> list();

    /// Counts up whenever a view may have changed for a reason that is not in the store, such as a
    /// stream that opened. Readers that wait, wait on it.
    Latest<Long> changes();

    sealed interface TokenResult {
        /// @param token whoever holds it can peer
        record Ok(String token) implements TokenResult {
            @Override
            public String toString() {
                return "Ok[token=<redacted>]";
            }
        }

        record Failed(int httpStatus, String sentence) implements TokenResult {}
    }

    sealed interface EstablishResult {
        /// @param fingerprint of whose token it was, for two operators to compare; may be empty
        record Ok(String fingerprint) implements EstablishResult {}

        record Failed(int httpStatus, String sentence) implements EstablishResult {}
    }
}
