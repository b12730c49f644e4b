package dev.hansa.peering.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.trustbundle.PeerName;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeerDataAgeTest {
    private static final PeerName LKE = new PeerName("lke");

    private Instant now = Instant.parse("2026-11-30T12:00:00Z");
    private final LiveCatalog live = new LiveCatalog();
    private final PrometheusMeterRegistry metrics =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    @BeforeEach
    void watch() {
        InstantSource source = () -> now;
        Clock clock = source.withZone(ZoneOffset.UTC);
        live.snapshots().watch(new PeerDataAge(metrics, live.snapshots(), clock)::look);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void whatALostPeerHasToldGrowsOldUntilItIsHeardAgain() {
        heard(true);
        assertThat(told()).containsExactly("hansa_peer_data_age_seconds{peer=\"lke\"} 0.0");

        now = now.plusSeconds(15);
        live.imported(LKE, held -> held.heard(held.heardAt(), false));
        now = now.plusSeconds(75);
        assertThat(told()).containsExactly("hansa_peer_data_age_seconds{peer=\"lke\"} 90.0");

        heard(true);
        assertThat(told()).containsExactly("hansa_peer_data_age_seconds{peer=\"lke\"} 0.0");
    }

    /// A server that begins to lead has the record of the one before.
    @Test
    void whoHasNotHeardThePeerItselfShowsTheAgeAllTheSame() {
        var before = now.minusSeconds(600);
        live.imported(LKE, held -> held.heard(before, false));

        assertThat(told()).containsExactly("hansa_peer_data_age_seconds{peer=\"lke\"} 600.0");
    }

    @Test
    void peerThatIsDeletedHasNone() {
        heard(true);
        live.forget(LKE);
        assertThat(told()).isEmpty();

        heard(true);
        assertThat(told()).hasSize(1);
    }

    @Test
    void peerThatWasNeverHeardIsNotNew() {
        live.imported(LKE, held -> held.with("web", List.of()));

        assertThat(told()).containsExactly("hansa_peer_data_age_seconds{peer=\"lke\"} NaN");
    }

    @Test
    void clockThatIsSetBackMakesNothingYoungerThanNew() {
        heard(true);
        now = now.minusSeconds(3600);

        assertThat(told()).containsExactly("hansa_peer_data_age_seconds{peer=\"lke\"} 0.0");
    }

    private void heard(boolean connected) {
        live.imported(LKE, held -> held.heard(now, connected));
    }

    /// As a scraper reads it.
    private List<String> told() {
        return metrics.scrape().lines().filter(line -> line.startsWith("hansa_peer_data")).toList();
    }
}
