package dev.hansa.gateway.telemetry;

import dev.hansa.gateway.route.Refusal;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// One connection, once it has ended: the access log's line and a row of `/connections`. Bytes are
/// counted on the wire, TLS included, on both legs, so that what one process sent can be compared
/// with what the next received; the header of a proxy is nobody's, and counted on neither.
///
/// @param listener `gateway`, `inbound`, `upstream` or `redirected`
/// @param service the sidecar's service; empty at a gateway
/// @param name the SNI asked for, or the upstream's name
/// @param purpose of the route at a gateway; the target's label at a sidecar's upstream; the
///   caller's identity inbound
/// @param downstream `host:port` of who connected, as the proxy between has said
/// @param upstream `host:port` of where it was carried to; empty when it was not
/// @param end `finished`, `reset` or `idle` when it was carried
/// @param refusal empty when it was carried
public record ConnectionRecord(
        Instant began,
        long millis,
        String listener,
        String service,
        String name,
        String purpose,
        String peer,
        String downstream,
        String upstream,
        long downstreamIn,
        long downstreamOut,
        long upstreamIn,
        long upstreamOut,
        String end,
        String refusal,
        String sentence) {
    private static final String CLOSED_EARLY = Refusal.CLOSED_EARLY.word();

    /// Said before anybody knows who calls: whoever reaches the port can have them.
    private static final Set<String> OF_STRANGERS =
            Stream.of(
                            Refusal.CLOSED_EARLY,
                            Refusal.GAVE_WAY,
                            Refusal.BAD_PROXY_HEADER,
                            Refusal.TOO_MANY_OF_ONE_SOURCE,
                            Refusal.TOO_MANY_OF_ONE_SOURCE_AT_ONCE,
                            Refusal.TOO_MANY_TO_ONE_NAME,
                            Refusal.NOT_TLS,
                            Refusal.MALFORMED_HELLO,
                            Refusal.HELLO_TOO_LARGE,
                            Refusal.HELLO_TIMEOUT,
                            Refusal.NO_SERVER_NAME,
                            Refusal.BAD_SERVER_NAME,
                            Refusal.NOT_SERVED,
                            Refusal.HANDSHAKE_FAILED,
                            Refusal.IDENTITY_REFUSED)
                    .map(Refusal::word)
                    .collect(Collectors.toUnmodifiableSet());

    /// An application wanted to call; nobody asks there whether somebody listens.
    private static final Set<String> OF_APPLICATIONS = Set.of("upstream", "redirected");

    /// Closed or reset before its first byte where others connect to us, as a load balancer asks
    /// whether somebody listens: nobody was refused anything.
    boolean isProbe() {
        return refusal.equals(CLOSED_EARLY)
                && downstreamIn == 0
                && !OF_APPLICATIONS.contains(listener);
    }

    /// Refused for what a stranger can do as often as it likes.
    boolean isOfStranger() {
        return OF_STRANGERS.contains(refusal) && !OF_APPLICATIONS.contains(listener);
    }

    /// Whoever leaves before anything became of it is counted, and no line of the log.
    boolean isLogged() {
        return !refusal.equals(CLOSED_EARLY);
    }
}
