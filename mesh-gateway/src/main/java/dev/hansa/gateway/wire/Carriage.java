package dev.hansa.gateway.wire;

/// A connection that is carried, for whoever has to know how it stands. On its loop only.
public interface Carriage {
    /// Bytes that the endpoint has said.
    long answered();

    /// Whether the caller has had the last word, and nothing has ended.
    boolean waits();

    /// Bytes that the caller has said.
    long said();
}
