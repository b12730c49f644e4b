package dev.hansa.peering.store;

/// A place in the replicated log.
///
/// @param term the leader's, from 1
/// @param index from 0; -1 before the first entry
record LogPosition(long term, long index) {}
