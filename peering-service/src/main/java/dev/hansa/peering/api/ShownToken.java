package dev.hansa.peering.api;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.acl.FirstToken;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/// The token that a request comes with, in one of the two headers that Consul's clients use.
final class ShownToken {
    private static final String BEARER = "Bearer ";

    private ShownToken() {}

    /// @throws RefusedRequestException when it is where others would see it
    static Optional<Secret> of(RoutingContext call) throws RefusedRequestException {
        // an empty one is none, and some clients always name it
        if (call.queryParams().getAll("token").stream().anyMatch(token -> !token.isEmpty())) {
            throw RefusedRequestException.bad(
                    "token: expected in the header X-Consul-Token; found in the URL, which logs keep");
        }
        var own = call.request().getHeader("X-Consul-Token");
        if (own != null && !own.isEmpty()) {
            return Optional.of(read(own));
        }
        var bearer = call.request().getHeader("Authorization");
        return bearer != null && bearer.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? Optional.of(read(bearer.substring(BEARER.length()).strip()))
                : Optional.empty();
    }

    /// A UUID is the same in either case.
    private static Secret read(String text) {
        return new Secret(FirstToken.secret(text).orElse(text));
    }

    /// As one server passes it on to another; empty: none was shown.
    static Optional<Secret> passedOn(String token) {
        return token.isEmpty() ? Optional.empty() : Optional.of(new Secret(token));
    }
}
