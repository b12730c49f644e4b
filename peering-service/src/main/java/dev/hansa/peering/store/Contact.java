package dev.hansa.peering.store;

import java.time.Duration;

/// How a server stands to whoever leads the members of its log.
///
/// @param known whether it knows of one
/// @param silence since it has heard the one that leads, or led the last time: since it looks,
///   where it never did; zero while it leads
public record Contact(boolean known, Duration silence) {
    /// Of the server that leads.
    public static final Contact LEADING = new Contact(true, Duration.ZERO);
}
