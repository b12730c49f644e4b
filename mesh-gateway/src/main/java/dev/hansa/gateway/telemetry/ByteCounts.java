package dev.hansa.gateway.telemetry;

import java.util.function.LongConsumer;

/// Where bytes are counted while they pass, so that a connection which stays open for weeks is seen
/// in the meters as well as one that ended. Both are called on event loops and never block.
///
/// @param in bytes from who connected
/// @param out bytes to who connected
public record ByteCounts(LongConsumer in, LongConsumer out) {
    public static final ByteCounts NONE = new ByteCounts(_ -> {}, _ -> {});
}
