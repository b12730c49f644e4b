package dev.hansa.peering.api;

/// How many callers may wait for a change at once; one more is refused with 429.
///
/// @param all who wait, whoever they are: each holds a connection or a stream of one, and a thread
/// @param ofOneClient those among them that come from one address
public record ReaderLimits(int all, int ofOneClient) {}
