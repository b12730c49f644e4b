package dev.hansa.failover;

import dev.hansa.exportedservices.Endpoint;
import java.time.Duration;
import java.util.Optional;

/// What came of one way that a proxy tried for a trace.
///
/// @param target its label; empty from a gateway, which knows names alone
/// @param connected until TCP stood; empty: it did not
/// @param took until the end of the attempt, good or bad
/// @param protocol of TLS; empty where none was spoken
/// @param identity the SPIFFE ID that was shown and believed; empty where none was
/// @param failure why this way leads nowhere; empty: it leads there
public record TracedWay(
        String target,
        Endpoint address,
        Optional<Duration> connected,
        Duration took,
        String protocol,
        String identity,
        Optional<String> failure) {
    /// Ways of one trace: as many as a connection would try, and some.
    public static final int MOST = 32;

    public boolean reached() {
        return failure.isEmpty();
    }
}
