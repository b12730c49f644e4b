package dev.hansa.peering.api;

/// Requests to the HTTP API that one address may make a second; one more is refused with 429. In a
/// burst twice as many, after a second of rest or longer.
///
/// @param reads with GET, HEAD or OPTIONS
/// @param writes with any other method: most of them cost the datacenter an entry of its log
public record RequestRates(int reads, int writes) {}
