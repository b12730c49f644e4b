package dev.hansa.peering.store;

/// The first token was made at this index. Whoever names it in a file of the server's may make
/// another first one.
public record AclBootstrapRecord(long index) {}
