package dev.hansa.gateway;

import dev.hansa.gateway.route.AheadOutcome;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Everything that happens in a proxy and that somebody may want to know. Told to one consumer,
/// which decides alone what becomes a log line or a metric.
public sealed interface GatewayEvent {
    record Started(String role, String addresses) implements GatewayEvent {}

    /// No more connections are wanted here.
    ///
    /// @param why `told to stop` or `another process has taken over`
    /// @param open connections that stand
    record DrainBegan(String why, int open, Duration limit) implements GatewayEvent {}

    /// @param cut connections that still stood at the end of the time
    record DrainEnded(int cut, Duration took) implements GatewayEvent {}

    /// This process has taken the listening sockets of another.
    record TookOver(int sockets) implements GatewayEvent {}

    /// A connection was reset as it was accepted, before a byte of it was read.
    record NotAdmitted(String listener, Refusal reason) implements GatewayEvent {}

    /// The kernel has a connection for us and we cannot take it: no descriptor, no memory.
    record AcceptFailed(String listener, String cause) implements GatewayEvent {}

    /// A setting is above what the process may have.
    record LimitLowered(String setting, int wanted, int possible, String why)
            implements GatewayEvent {}

    /// Where peers reach a gateway has changed.
    record AddressChanged(String before, String now) implements GatewayEvent {}

    /// What is to say where peers reach a gateway cannot be read; the address stays.
    record AddressRefused(String sentence) implements GatewayEvent {}

    record ConnectionOpened(String listener) implements GatewayEvent {}

    record ConnectionEnded(ConnectionRecord record) implements GatewayEvent {}

    /// A sidecar's upstream reached a target.
    record Served(String service, String upstream, String target) implements GatewayEvent {}

    /// One attempt failed, or was overtaken by another.
    record AttemptFailed(String service, String upstream, String target, String sentence)
            implements GatewayEvent {}

    /// A second way was started while a first one was late.
    ///
    /// @param listener `upstream`, or `gateway`, and then the other two are empty
    record RaceBegan(String listener, String service, String upstream) implements GatewayEvent {}

    /// A way that was started later has won while an earlier one was still silent.
    record RaceOvertaken(String listener, String service, String upstream)
            implements GatewayEvent {}

    /// One more connection stands ahead of its caller.
    record AheadOpened() implements GatewayEvent {}

    record AheadTold(AheadOutcome outcome) implements GatewayEvent {}

    /// An endpoint has become suspect, or is so no longer.
    ///
    /// @param sign empty: no longer
    /// @param suspects how many there are now
    record SuspicionChanged(
            String listener,
            String service,
            String upstream,
            PassiveHealth.Way way,
            Optional<PassiveHealth.Sign> sign,
            int suspects)
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
