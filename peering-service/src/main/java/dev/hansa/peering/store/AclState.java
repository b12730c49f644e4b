package dev.hansa.peering.store;

import dev.hansa.bootstrap.PersistentMap;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// Tokens and policies of the API.
///
/// @param tokens by the hash of their secret, which is what requests come with
/// @param policies by id, without those that are always there
/// @param bootstrap when the first token was made; empty: nobody has made it yet
/// @param logins how tokens are got without a secret
public record AclState(
        Map<String, AclTokenRecord> tokens,
        Map<String, AclPolicyRecord> policies,
        Optional<AclBootstrapRecord> bootstrap,
        LoginState logins) {
    public static final AclState NONE =
            new AclState(Map.of(), Map.of(), Optional.empty(), LoginState.NONE);

    public AclState {
        tokens = PersistentMap.copyOf(tokens);
        policies = PersistentMap.copyOf(policies);
    }

    AclState withTokens(Map<String, AclTokenRecord> other) {
        return new AclState(other, policies, bootstrap, logins);
    }

    AclState withPolicies(Map<String, AclPolicyRecord> other) {
        return new AclState(tokens, other, bootstrap, logins);
    }

    AclState with(LoginState other) {
        return new AclState(tokens, policies, bootstrap, other);
    }

    /// The tokens that have not expired.
    PersistentMap<String, AclTokenRecord> withoutExpired(Instant now) {
        var kept = PersistentMap.copyOf(tokens);
        for (var token : tokens.values()) {
            if (token.isExpired(now)) {
                kept = kept.without(token.secretHash());
            }
        }
        return kept;
    }

    /// Why there is no other first token.
    public static String bootstrapped(AclBootstrapRecord done) {
        return "ACL bootstrap no longer allowed (reset index: " + done.index() + ")";
    }

    /// Whether nothing was written since.
    public boolean isSame(AclState other) {
        return tokens == other.tokens && policies == other.policies;
    }

    public Optional<AclTokenRecord> token(String accessor) {
        return tokens.values().stream()
                .filter(token -> token.accessor().equals(accessor))
                .findFirst()
                .or(() ->
                        accessor.equals(AclTokenRecord.ANONYMOUS.accessor())
                                ? Optional.of(AclTokenRecord.ANONYMOUS)
                                : Optional.empty());
    }
}
