package dev.hansa.peering.telemetry;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.trustbundle.PeerName;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// How old what each peer has told us is, from the same record that routes are explained by: so the
/// figure outlives a change of leaders and a restart, like the record does.
public final class PeerDataAge {
    private final MeterRegistry metrics;
    private final Supplier<CatalogSnapshot> catalog;
    private final Clock clock;
    private final Map<PeerName, Gauge> shown = new HashMap<>();

    public PeerDataAge(MeterRegistry metrics, Supplier<CatalogSnapshot> catalog, Clock clock) {
        this.metrics = metrics;
        this.catalog = catalog;
        this.clock = clock;
    }

    /// Shows one for each peer that there is something of. One call at a time.
    public void look(CatalogSnapshot next) {
        var peers = next.imported().keySet();
        if (shown.keySet().equals(peers)) {
            return;
        }
        shown.entrySet()
                .removeIf(one -> {
                    var goes = !peers.contains(one.getKey());
                    if (goes) {
                        metrics.remove(one.getValue());
                    }
                    return goes;
                });
        peers.forEach(peer -> shown.computeIfAbsent(peer, this::gauge));
    }

    private Gauge gauge(PeerName peer) {
        Supplier<Number> seconds =
                () -> age(peer).map(age -> age.toMillis() / 1000.0).orElse(Double.NaN);
        return Gauge.builder(MetricNames.PEER_DATA_AGE, seconds)
                .tag("peer", peer.value())
                .register(metrics);
    }

    /// Empty: never heard.
    private Optional<Duration> age(PeerName peer) {
        var heardAt = catalog.get().from(peer).heardAt();
        if (!heardAt.isAfter(Instant.EPOCH)) {
            return Optional.empty();
        }
        var age = Duration.between(heardAt, clock.instant());
        // a clock that was set back
        return Optional.of(age.isNegative() ? Duration.ZERO : age);
    }
}
