package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;

/// The datacenter's certificate authority as it is kept: certificates as PEM, private keys as
/// PKCS#8 PEM.
public record CaRecord(
        String trustDomain,
        String datacenter,
        String rootPem,
        Secret rootKeyPem,
        String intermediatePem,
        Secret intermediateKeyPem) {}
