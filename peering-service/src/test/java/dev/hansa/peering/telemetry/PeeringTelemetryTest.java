package dev.hansa.peering.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringFailure;
import dev.hansa.peering.RefusalReason;
import dev.hansa.peering.failover.FailoverEvent;
import dev.hansa.peering.store.NotLeadingFailure;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class PeeringTelemetryTest {
    private static final PeerName LKE = new PeerName("lke");

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final PeeringTelemetry telemetry = new PeeringTelemetry(metrics);
    private final ListAppender<ILoggingEvent> audit = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(PeeringTelemetry.AUDIT_LOGGER);

    @BeforeEach
    void listen() {
        audit.start();
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(audit);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(audit);
    }

    /// A change of leaders leaves some behind each time; whoever is called for an error is called
    /// for a defect.
    @Test
    void workOfALeaderThatLeadsNoMoreIsALineAndNoFailure() {
        var lines = new ListAppender<ILoggingEvent>();
        var log = (Logger) LoggerFactory.getLogger("hansa.server");
        lines.start();
        log.setLevel(Level.INFO);
        log.addAppender(lines);
        try {
            telemetry.accept(
                    new PeeringEvent.BackgroundFailure(
                            "join for 'a'", new NotLeadingFailure("another leads")));
            telemetry.accept(
                    new PeeringEvent.BackgroundFailure(
                            "the store", new StoreFailure("no space", null)));
        } finally {
            log.detachAppender(lines);
        }
        assertThat(lines.list)
                .extracting(ILoggingEvent::getLevel, ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        tuple(
                                Level.INFO,
                                "join for 'a' is left to the server that leads: another leads"),
                        tuple(Level.ERROR, "the store failed"));
        assertThat(lines.list.getFirst().getThrowableProxy()).isNull();
        assertThat(metrics.counter(MetricNames.BACKGROUND_FAILURES).count()).isOne();
    }

    @Test
    void streamIsConnectedUntilItEnds() {
        telemetry.accept(new PeeringEvent.StreamOpened(LKE, true));
        assertThat(connected()).isOne();

        telemetry.accept(new PeeringEvent.StreamEnded(LKE, "connection lost"));
        assertThat(connected()).isZero();
        assertThat(metrics.counter(MetricNames.STREAMS_ENDED, "peer", "lke").count()).isOne();
    }

    private static PeeringEvent failover(FailoverEvent.Turn turn) {
        return new PeeringEvent.FailoverChanged(
                new FailoverEvent(
                        1,
                        Instant.EPOCH,
                        new Datacenter("eks"),
                        new ServiceName("echo"),
                        turn,
                        Optional.of("echo"),
                        Optional.of("echo.peer.lke"),
                        "because",
                        Duration.ofSeconds(3)));
    }

    private double away() {
        return metrics.get(MetricNames.FAILOVER_ACTIVE).tag("service", "echo").gauge().value();
    }

    @Test
    void serviceIsAwayFromOverToBack() {
        telemetry.accept(new PeeringEvent.FailoverSeen("echo", false));
        assertThat(away()).isZero();

        telemetry.accept(failover(FailoverEvent.Turn.OVER));
        assertThat(away()).isOne();
        telemetry.accept(failover(FailoverEvent.Turn.BACK));
        assertThat(away()).isZero();

        telemetry.accept(failover(FailoverEvent.Turn.OVER));
        telemetry.accept(new PeeringEvent.LeadershipLost("eks-server"));
        assertThat(away()).isZero();
        assertThat(metrics.counter(MetricNames.FAILOVERS, "service", "echo").count()).isEqualTo(2);
        assertThat(metrics.counter(MetricNames.FAILBACKS, "service", "echo").count()).isOne();
    }

    @Test
    void controlIsAuditedWhenItBeginsAndWhenItEnds() {
        var control =
                new Control(
                        7,
                        new Control.Order.DrainPeer(LKE),
                        "ada",
                        "upgrade",
                        Instant.EPOCH,
                        Instant.EPOCH.plusSeconds(60));

        telemetry.accept(new PeeringEvent.ControlOrdered(control));
        telemetry.accept(new PeeringEvent.ControlEnded(control, "expired"));

        assertThat(audit.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "who=\"operator ada\" what=\"drain of peer 'lke'\" outcome=\"done, control 7 until 1970-01-01T00:01:00Z: upgrade\"",
                        "who=\"operator ada\" what=\"drain of peer 'lke'\" outcome=\"ended, control 7, expired\"");
    }

    @Test
    void queriesByDnsAreCountedByTypeTransportAndOutcome() {
        telemetry.accept(new PeeringEvent.DnsNotListening("the address is taken"));
        assertThat(metrics.get(MetricNames.DNS_LISTENING).gauge().value()).isZero();

        telemetry.accept(new PeeringEvent.DnsListening("127.0.0.1:8600", "consul"));
        telemetry.accept(new PeeringEvent.DnsAnswered("SRV", "tcp", "no_name"));
        assertThat(metrics.get(MetricNames.DNS_LISTENING).gauge().value()).isOne();
        assertThat(
                        metrics.counter(
                                        MetricNames.DNS_QUERIES,
                                        "type",
                                        "SRV",
                                        "transport",
                                        "tcp",
                                        "outcome",
                                        "no_name")
                                .count())
                .isOne();
    }

    private double connected() {
        return metrics.get(MetricNames.STREAMS_CONNECTED).tag("peer", "lke").gauge().value();
    }

    @Test
    void auditSaysWhoDidWhatAndHowItEnded() {
        telemetry.accept(new PeeringEvent.TokenGenerated(LKE, "id-7", Duration.ofHours(1)));

        assertThat(audit.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "who=\"operator\" what=\"generate token for peer lke\" outcome=\"done, token id-7\"");
    }

    @Test
    void foreignWordsCannotForgeAuditLines() {
        telemetry.accept(
                new PeeringEvent.SecretRefused("x\" outcome=\"accepted\nwho=\"root", "wrong"));

        assertThat(audit.list.getFirst().getFormattedMessage())
                .isEqualTo(
                        "who=\"unknown\" what=\"exchange establishment secret of peering x' outcome='accepted?who='root\" outcome=\"refused: wrong\"");
    }

    @Test
    void whatIsOverALimitIsCounted() {
        var tooMany = PeeringFailure.Conflict.tooMany(LKE, 2, 2);
        telemetry.accept(new PeeringEvent.TokenNotGenerated(LKE, tooMany));
        telemetry.accept(new PeeringEvent.EstablishFailed(LKE, tooMany));
        telemetry.accept(
                new PeeringEvent.ResourceRefused(LKE, "billing", RefusalReason.LIMIT, "too many"));
        telemetry.accept(new PeeringEvent.ResourceTooLarge(LKE, "billing", 10, 11));
        telemetry.accept(new PeeringEvent.ConnectionRefused("peer", "memory_short"));

        assertThat(count(MetricNames.TOKENS_REFUSED, "reason", "too_many_peerings")).isOne();
        assertThat(count(MetricNames.ESTABLISHMENTS, "reason", "too_many_peerings")).isOne();
        assertThat(count(MetricNames.RESOURCES_REFUSED, "reason", "limit")).isOne();
        assertThat(count(MetricNames.RESOURCES_TOO_LARGE, "peer", "lke")).isOne();
        assertThat(count(MetricNames.CONNECTIONS_REFUSED, "reason", "memory_short")).isOne();
    }

    private double count(String name, String label, String value) {
        return metrics.get(name).tag(label, value).counter().count();
    }

    @Test
    void strangersNamesAreNoLabels() {
        for (var i = 0; i < 20; i++) {
            telemetry.accept(new PeeringEvent.StreamRefused("peering-" + i, "unknown " + i));
            telemetry.accept(new PeeringEvent.ProxyRefused("proxy-" + i, "unknown " + i));
        }

        assertThat(metrics.getMeters()).hasSizeLessThan(10);
    }
}
