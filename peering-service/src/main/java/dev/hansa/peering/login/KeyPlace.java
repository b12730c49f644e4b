package dev.hansa.peering.login;

import java.net.URI;

/// Where an issuer publishes its keys.
///
/// @param url https
/// @param caPem the only certificates that certify that server; empty: the JVM's
public record KeyPlace(URI url, String caPem) {}
