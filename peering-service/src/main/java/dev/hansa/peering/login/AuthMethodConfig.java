package dev.hansa.peering.login;

import dev.hansa.token.login.LoginKeys;
import dev.hansa.token.login.LoginTerms;

/// An auth method, read: whose tokens, which keys, which claims.
public record AuthMethodConfig(LoginTerms terms, Keys keys, ClaimMappings claims) {
    /// Where the keys are.
    public sealed interface Keys {
        /// In the method itself.
        record Pinned(LoginKeys keys) implements Keys {}

        record Published(KeyPlace place) implements Keys {}
    }
}
