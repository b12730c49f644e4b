package dev.hansa.peering.login;

import java.net.URI;

/// Where an issuer publishes its keys.
///
/// @param url https
/// @param caPem the only certificates that certify that server; empty: the JVM's
public record KeyPlace(URI url, String caPem) {
    /// For sentences: without the query, which may have a key of an API in it.
    String shown() {
        return url.toString().replaceFirst("\\?.*", "?...");
    }
}
