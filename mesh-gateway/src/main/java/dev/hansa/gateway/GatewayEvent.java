package dev.hansa.gateway;

import dev.hansa.gateway.telemetry.ConnectionRecord;
import java.time.Instant;

/// Everything that happens in a proxy and that somebody may want to know. Told to one consumer,
/// which decides alone what becomes a log line or a metric.
public sealed interface GatewayEvent {
    record Started(String role, String addresses) implements GatewayEvent {}

    record Stopping(String reason) implements GatewayEvent {}

    record ConnectionOpened(String listener) implements GatewayEvent {}

    record ConnectionEnded(ConnectionRecord record) implements GatewayEvent {}

    /// A sidecar's upstream reached a target.
    record Served(String service, String upstream, String target) implements GatewayEvent {}

    /// One attempt failed; the next endpoint or target is tried.
    record AttemptFailed(String service, String upstream, String target, String sentence)
            implements GatewayEvent {}

    /// Nothing was left to try.
    record UpstreamRefused(String service, String upstream, String reason, String sentence)
            implements GatewayEvent {}

    /// A caller was turned away.
    record InboundDenied(String service, String source, String reason, String sentence)
            implements GatewayEvent {}

    /// An intention, or the default, forbade a call by a verified caller; its connection may have
    /// stood until then.
    ///
    /// @param source the SPIFFE ID from the caller's certificate
    /// @param intention the label of the rule; `default` when none decided
    record IntentionDenied(
            Instant at, String source, String destination, String intention, String sentence)
            implements GatewayEvent {}

    record CheckChanged(String service, String status, String output) implements GatewayEvent {}

    record ControlConnected(String identity, String server) implements GatewayEvent {}

    record ControlLost(String identity, String reason) implements GatewayEvent {}

    record SnapshotTaken(String identity, long version) implements GatewayEvent {}

    record SnapshotIgnored(String identity, long version, long present) implements GatewayEvent {}

    record SnapshotRefused(String identity, String reason) implements GatewayEvent {}

    /// A handshake is done with somebody who is believed.
    ///
    /// @param protocol `TLSv1.3` or `TLSv1.2`
    record Secured(String listener, String protocol) implements GatewayEvent {}

    record CertificateTaken(String identity, Instant notAfter) implements GatewayEvent {}

    record CertificateFailed(String identity, String reason) implements GatewayEvent {}

    record BackgroundFailure(String what, Throwable cause) implements GatewayEvent {}
}
