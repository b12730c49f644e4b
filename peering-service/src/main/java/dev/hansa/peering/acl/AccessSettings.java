package dev.hansa.peering.acl;

/// @param enabled whether callers of the API are asked for a token
/// @param defaultAllow what holds where no rule speaks; tokens, policies and what gives away keys
///   stay closed all the same
public record AccessSettings(boolean enabled, boolean defaultAllow) {
    /// Whoever reaches the API may do everything.
    public static final AccessSettings OPEN = new AccessSettings(false, true);
}
