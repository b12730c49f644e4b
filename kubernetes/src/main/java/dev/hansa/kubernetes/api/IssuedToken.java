package dev.hansa.kubernetes.api;

import dev.hansa.bootstrap.Secret;

/// A peering token, and whose it is.
public record IssuedToken(Secret token, String fingerprint, String words) {}
