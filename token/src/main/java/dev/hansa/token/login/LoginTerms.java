package dev.hansa.token.login;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What a login's token must be.
///
/// @param issuer empty: whoever holds one of the keys
/// @param audiences one of them must be named; empty: the token must name none
/// @param expirationLeeway for how long after its `exp` a token is still good
/// @param notBeforeLeeway how long before its `nbf` or `iat`
public record LoginTerms(
        Optional<String> issuer,
        List<String> audiences,
        Set<LoginAlgorithm> algorithms,
        Duration expirationLeeway,
        Duration notBeforeLeeway) {
    public LoginTerms {
        audiences = List.copyOf(audiences);
        algorithms = Set.copyOf(algorithms);
    }
}
