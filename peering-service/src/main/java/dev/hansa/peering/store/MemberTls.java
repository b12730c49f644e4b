package dev.hansa.peering.store;

import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// How members prove to each other who they are. Both are asked for each handshake, so that a
/// renewed certificate and a rotated root need no restart.
///
/// @param keys this server's own certificate
/// @param trust takes the servers of this very datacenter and trust domain, and nobody else
public record MemberTls(X509ExtendedKeyManager keys, X509ExtendedTrustManager trust) {}
