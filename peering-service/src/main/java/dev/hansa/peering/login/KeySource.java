package dev.hansa.peering.login;

import dev.hansa.token.login.LoginKeys;

/// The keys that issuers publish.
@FunctionalInterface
public interface KeySource {
    /// @param newer whether those that it gave before were found not to have the one that is wanted
    /// @throws KeysUnavailableException when there are none to be had at present
    LoginKeys keys(KeyPlace place, boolean newer)
            throws KeysUnavailableException, InterruptedException;
}
