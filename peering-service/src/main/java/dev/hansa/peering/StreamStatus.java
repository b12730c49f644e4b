package dev.hansa.peering;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// How a peering's stream is, at one moment.
///
/// @param lastError why the last stream ended or the last attempt failed; empty while connected and
///   after a graceful end
/// @param exportedServices what we last told the peer that it may see
public record StreamStatus(
        boolean connected,
        Optional<String> lastError,
        Optional<Instant> lastHeartbeat,
        Optional<Instant> lastReceive,
        Optional<Instant> lastSend,
        List<String> exportedServices) {
    public static final StreamStatus NONE =
            new StreamStatus(
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of());

    public StreamStatus {
        exportedServices = List.copyOf(exportedServices);
    }

    public StreamStatus opened() {
        return new StreamStatus(
                true, Optional.empty(), lastHeartbeat, lastReceive, lastSend, exportedServices);
    }

    public StreamStatus ended(Optional<String> error) {
        return new StreamStatus(
                false, error, lastHeartbeat, lastReceive, lastSend, exportedServices);
    }

    public StreamStatus heartbeat(Instant at) {
        return new StreamStatus(
                connected, lastError, Optional.of(at), Optional.of(at), lastSend, exportedServices);
    }

    public StreamStatus received(Instant at) {
        return new StreamStatus(
                connected, lastError, lastHeartbeat, Optional.of(at), lastSend, exportedServices);
    }

    public StreamStatus sent(Instant at) {
        return new StreamStatus(
                connected,
                lastError,
                lastHeartbeat,
                lastReceive,
                Optional.of(at),
                exportedServices);
    }

    public StreamStatus exporting(List<String> names) {
        return new StreamStatus(connected, lastError, lastHeartbeat, lastReceive, lastSend, names);
    }
}
