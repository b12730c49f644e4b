package dev.hansa.gateway.telemetry;

import dev.hansa.bootstrap.Throttle;
import dev.hansa.failover.SniRoute;
import dev.hansa.gateway.GatewayEvent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides what becomes of an event: log line, level, metric. Never blocks the loop that tells it.
public final class GatewayTelemetry implements Consumer<GatewayEvent> {
    private static final Logger LOG = LoggerFactory.getLogger("hansa.proxy");
    private static final Logger ACCESS = LoggerFactory.getLogger("hansa.access");

    /// A peer decides how many names its services have; a metric must not grow with them.
    private static final int MAX_DENIALS = 1000;

    private static final String OTHER = "other";

    /// Lines a second of one subject that is told one by one: a person who looks for one of them
    /// reads no more, and a disk holds a year of them.
    static final int LINES = 10;

    private final Set<List<String>> denials = ConcurrentHashMap.newKeySet();
    private final MeterRegistry metrics;
    private final Clock clock;
    private final Map<String, ListenerMeters> listeners = new ConcurrentHashMap<>();
    private final Map<RouteKind, ByteCounts> routed = new ConcurrentHashMap<>();
    private final ConnectionLog connections;
    private final Map<String, AtomicLong> gauges = new ConcurrentHashMap<>();
    private final Throttle refusals;
    private final Throttle attempts;
    private final Throttle states;
    private final Counter in;
    private final Counter out;

    public GatewayTelemetry(MeterRegistry metrics, ConnectionLog connections, Clock clock) {
        this(metrics, connections, clock, System::nanoTime);
    }

    /// @param nanoTime [System#nanoTime], or a test's
    GatewayTelemetry(
            MeterRegistry metrics, ConnectionLog connections, Clock clock, LongSupplier nanoTime) {
        var second = Duration.ofSeconds(1);
        this.refusals = new Throttle(LINES, second, nanoTime);
        this.attempts = new Throttle(LINES, second, nanoTime);
        this.states = new Throttle(1, second, nanoTime);
        this.metrics = metrics;
        this.clock = clock;
        this.connections = connections;
        this.in = metrics.counter(MetricNames.BYTES_IN);
        this.out = metrics.counter(MetricNames.BYTES_OUT);
    }

    /// Counts bytes as they pass; no event for each buffer.
    public void bytesIn(long bytes) {
        in.increment((double) bytes);
    }

    public void bytesOut(long bytes) {
        out.increment((double) bytes);
    }

    /// The counts of a route's kind and peer.
    public ByteCounts routed(SniRoute route) {
        // asked for each connection, and the registry's own search costs as much as a system call
        return routed.computeIfAbsent(
                new RouteKind(route.purpose(), route.peer()),
                _ -> {
                    var from = routed(route, "in");
                    var to = routed(route, "out");
                    return new ByteCounts(
                            bytes -> from.increment((double) bytes),
                            bytes -> to.increment((double) bytes));
                });
    }

    /// As many as there are peers, twice.
    private record RouteKind(String purpose, String peer) {}

    private Counter routed(SniRoute route, String direction) {
        return metrics.counter(
                MetricNames.ROUTED_BYTES,
                "purpose",
                route.purpose(),
                "peer",
                route.peer(),
                "direction",
                direction);
    }

    @Override
    public void accept(GatewayEvent event) {
        switch (event) {
            case GatewayEvent.Started(var role, var addresses) ->
                    LOG.info("{} listens on {}", role, addresses);
            case GatewayEvent.DrainBegan(var why, var open, var limit) -> {
                gauge(MetricNames.DRAINING, Tags.empty()).set(1);
                LOG.info(
                        "drain begins: {}; {} connections open, {} s at most",
                        why,
                        open,
                        limit.toSeconds());
            }
            case GatewayEvent.DrainEnded(var cut, var took) ->
                    LOG.info(
                            "drain ends after {} ms; {} connections had to be cut",
                            took.toMillis(),
                            cut);
            case GatewayEvent.TookOver(var sockets) ->
                    LOG.info("took over {} listening sockets from the process before", sockets);
            case GatewayEvent.NotAdmitted(var listener, var reason) -> {
                count(MetricNames.REFUSED, "listener", listener, "reason", reason.word());
                if (isTimeFor(reason.word())) {
                    LOG.warn(
                            "new connections at '{}' are refused: {}; said once a second",
                            listener,
                            reason.word());
                }
            }
            case GatewayEvent.AcceptFailed(var listener, var cause) -> {
                count(MetricNames.ACCEPT_FAILURES, "listener", listener);
                if (isTimeFor(MetricNames.ACCEPT_FAILURES)) {
                    LOG.warn(
                            "connections at '{}' cannot be accepted, they wait: {}",
                            listener,
                            cause);
                }
            }
            case GatewayEvent.LimitLowered(var setting, var wanted, var possible, var why) ->
                    LOG.warn("{}: expected {}; {} is used: {}", setting, wanted, possible, why);
            case GatewayEvent.AddressChanged(var before, var now) ->
                    LOG.info("peers reach this gateway at {}, no longer at {}", now, before);
            case GatewayEvent.AddressRefused(var sentence) ->
                    LOG.warn("wan.address-file: {}; the address stays", sentence);
            case GatewayEvent.ConnectionOpened(var listener) -> {
                var meters = meters(listener);
                meters.connections().increment();
                meters.open().incrementAndGet();
            }
            case GatewayEvent.ConnectionEnded(var record) -> ended(record);
            case GatewayEvent.Served(var service, var upstream, var target) ->
                    count(
                            MetricNames.UPSTREAM_CONNECTIONS,
                            "service",
                            service,
                            "upstream",
                            upstream,
                            "target",
                            target);
            case GatewayEvent.AttemptFailed(
                            var service,
                            var upstream,
                            var target,
                            var sentence) -> {
                count(
                        MetricNames.UPSTREAM_ATTEMPTS_FAILED,
                        "service",
                        service,
                        "upstream",
                        upstream,
                        "target",
                        target);
                attempts.line("attempt " + service + " " + upstream)
                        .ifPresent(leftOut ->
                                LOG.warn(
                                        "upstream '{}' of '{}': attempt failed: {}{}",
                                        upstream,
                                        service,
                                        sentence,
                                        andBefore(leftOut)));
            }
            case GatewayEvent.RaceBegan(var listener, var service, var upstream) ->
                    count(
                            MetricNames.RACES,
                            "listener",
                            listener,
                            "service",
                            service,
                            "upstream",
                            upstream);
            case GatewayEvent.RaceOvertaken(var listener, var service, var upstream) ->
                    count(
                            MetricNames.RACES_OVERTAKEN,
                            "listener",
                            listener,
                            "service",
                            service,
                            "upstream",
                            upstream);
            case GatewayEvent.AheadOpened() ->
                    gauge(MetricNames.AHEAD_STANDING, Tags.empty()).incrementAndGet();
            case GatewayEvent.AheadTold(var outcome) -> {
                count(MetricNames.AHEAD, "outcome", outcome.word());
                if (outcome.endsStanding()) {
                    gauge(MetricNames.AHEAD_STANDING, Tags.empty()).decrementAndGet();
                }
            }
            case GatewayEvent.SuspicionChanged changed -> suspicion(changed);
            case GatewayEvent.UpstreamRefused(
                            var service,
                            var upstream,
                            var reason,
                            var sentence) -> {
                count(
                        MetricNames.UPSTREAM_REFUSED,
                        "service",
                        service,
                        "upstream",
                        upstream,
                        "reason",
                        reason);
                attempts.line("refused " + service + " " + upstream)
                        .ifPresent(
                                leftOut -> LOG.warn("refused: {}{}", sentence, andBefore(leftOut)));
            }
            case GatewayEvent.InboundDenied(var service, var source, var reason, var sentence) -> {
                count(MetricNames.INBOUND_DENIED, "service", service, "reason", reason);
                // whoever is not known yet is one of many; the access log has each
                if (!source.isEmpty() || isTimeFor(service + " " + reason)) {
                    LOG.warn(
                            "denied at '{}'{}: {}",
                            service,
                            source.isEmpty() ? "" : " from " + source,
                            sentence);
                }
            }
            case GatewayEvent.IntentionDenied(_, var source, var destination, var intention, _) -> {
                var labels = List.of(source, destination, intention);
                var known =
                        denials.contains(labels)
                                || denials.size() < MAX_DENIALS && denials.add(labels);
                count(
                        MetricNames.INTENTION_DENIALS,
                        "source",
                        known ? source : OTHER,
                        "destination",
                        destination,
                        "intention",
                        known ? intention : OTHER);
            }
            case GatewayEvent.CheckChanged(var service, var status, var output) -> {
                gauge(MetricNames.CHECK_PASSING, Tags.of("service", service))
                        .set(status.equals("passing") ? 1 : 0);
                LOG.info("check of '{}' is {}: {}", service, status, output);
            }
            case GatewayEvent.ControlConnected(var identity, var server) -> {
                gauge(MetricNames.CONTROL_CONNECTED, Tags.of("identity", identity)).set(1);
                LOG.info("{} is connected to {}", identity, server);
            }
            case GatewayEvent.ControlLost(var identity, var reason) -> {
                gauge(MetricNames.CONTROL_CONNECTED, Tags.of("identity", identity)).set(0);
                metrics.counter(MetricNames.CONTROL_LOST).increment();
                LOG.warn(
                        "{} lost its server, and routes on by its last snapshot: {}",
                        identity,
                        reason);
            }
            case GatewayEvent.SnapshotTaken(var identity, var version) -> {
                gauge(MetricNames.SNAPSHOT_VERSION, Tags.of("identity", identity)).set(version);
                LOG.debug("{} routes by snapshot {}", identity, version);
            }
            case GatewayEvent.SnapshotIgnored(var identity, var version, var present) ->
                    LOG.info(
                            "{}: route snapshot {} ignored: {} already applied",
                            identity,
                            version,
                            present);
            case GatewayEvent.SnapshotRefused(var identity, var reason) ->
                    LOG.error(
                            "{}: snapshot refused, the last good one stays: {}", identity, reason);
            case GatewayEvent.Secured(var listener, var protocol) ->
                    count(MetricNames.HANDSHAKES, "listener", listener, "protocol", protocol);
            case GatewayEvent.CertificateTaken(var identity, var notAfter) -> {
                remaining(identity).set(notAfter.getEpochSecond());
                LOG.info("{} has a certificate until {}", identity, notAfter);
            }
            case GatewayEvent.CertificateFailed(var identity, var reason) -> {
                count(MetricNames.CERTIFICATE_FAILED, "identity", identity);
                LOG.warn("{}: no certificate: {}", identity, reason);
            }
            case GatewayEvent.BackgroundFailure(var what, var cause) ->
                    LOG.error("{} failed", what, cause);
        }
    }

    private void suspicion(GatewayEvent.SuspicionChanged changed) {
        gauge(
                        MetricNames.SUSPECT,
                        Tags.of(
                                "listener",
                                changed.listener(),
                                "service",
                                changed.service(),
                                "upstream",
                                changed.upstream()))
                .set(changed.suspects());
        var sign = changed.sign();
        if (sign.isPresent()) {
            LOG.warn(
                    "{} '{}': {} is suspect: {}; it is tried last until it answers",
                    changed.listener(),
                    changed.upstream(),
                    changed.way(),
                    sign.get().word());
        } else {
            LOG.info(
                    "{} '{}': {} is suspect no longer",
                    changed.listener(),
                    changed.upstream(),
                    changed.way());
        }
    }

    private void ended(ConnectionRecord record) {
        meters(record.listener()).open().decrementAndGet();
        if (record.isProbe()) {
            count(MetricNames.PROBES, "listener", record.listener());
            return; // a few a minute for ever: they would push all else out of /connections
        }
        if (!record.refusal().isEmpty()) {
            count(MetricNames.REFUSED, "listener", record.listener(), "reason", record.refusal());
        }
        connections.add(record);
        if (!record.isLogged()) {
            return;
        }
        if (record.isOfStranger()) {
            refusals.line(record.listener() + " " + record.service() + " " + record.refusal())
                    .ifPresent(leftOut -> access(record, andBefore(leftOut)));
        } else {
            access(record, "");
        }
    }

    private static String andBefore(long leftOut) {
        return leftOut == 0 ? "" : "; " + leftOut + " more like it were left out before";
    }

    private static void access(ConnectionRecord record, String remark) {
        ACCESS.info(
                "{} {} {} {} -> {} in={}/{} out={}/{} {}ms {}{}",
                record.listener(),
                record.service(),
                record.name(),
                record.downstream(),
                record.upstream().isEmpty() ? "-" : record.upstream(),
                record.downstreamIn(),
                record.upstreamOut(),
                record.upstreamIn(),
                record.downstreamOut(),
                record.millis(),
                record.refusal().isEmpty()
                        ? record.end()
                        : record.refusal() + ": " + record.sentence(),
                remark);
    }

    /// Whoever floods us must not flood the log.
    private boolean isTimeFor(String subject) {
        return states.line(subject).isPresent();
    }

    private ListenerMeters meters(String listener) {
        return listeners.computeIfAbsent(
                listener,
                _ ->
                        new ListenerMeters(
                                metrics.counter(MetricNames.CONNECTIONS, "listener", listener),
                                gauge(MetricNames.OPEN, Tags.of("listener", listener))));
    }

    /// What each connection counts.
    private record ListenerMeters(Counter connections, AtomicLong open) {}

    private void count(String name, String... tags) {
        metrics.counter(name, tags).increment();
    }

    /// Where the end of an identity's certificate is kept, in seconds of the epoch; read as what is
    /// left until then.
    private AtomicLong remaining(String identity) {
        var tags = Tags.of("identity", identity);
        return gauges.computeIfAbsent(
                MetricNames.CERTIFICATE_REMAINING + tags,
                _ ->
                        metrics.gauge(
                                MetricNames.CERTIFICATE_REMAINING,
                                tags,
                                new AtomicLong(),
                                ends -> (double) (ends.get() - clock.instant().getEpochSecond())));
    }

    private AtomicLong gauge(String name, Tags tags) {
        return gauges.computeIfAbsent(
                name + tags,
                _ -> metrics.gauge(name, tags, new AtomicLong(), AtomicLong::doubleValue));
    }
}
