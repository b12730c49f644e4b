package dev.hansa.peering.telemetry;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Actor;
import dev.hansa.peering.failover.FailoverEvent;
import dev.hansa.trustbundle.PeerName;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Decides alone what of all that happens becomes a log line, a metric or an audit record. An audit
/// record says who, what and how it ended, for each act that changes what may reach what.
public final class PeeringTelemetry implements Consumer<PeeringEvent> {
    /// Its own name, so that a deployment can keep it apart from the log.
    public static final String AUDIT_LOGGER = "hansa.audit";

    private static final Logger LOG = LoggerFactory.getLogger("hansa.server");
    private static final Logger AUDIT = LoggerFactory.getLogger(AUDIT_LOGGER);

    /// The API knows no identities yet; whoever reaches its address is the operator.
    private static final String OPERATOR = "operator";

    /// Reasons and names that a peer or a caller chose are cut: a log is not theirs to fill.
    private static final int MAX_FOREIGN = 512;

    private final MeterRegistry metrics;
    private final AtomicInteger proxies = new AtomicInteger();
    private final AtomicInteger writable = new AtomicInteger(1);
    private final AtomicInteger leads = new AtomicInteger();
    private final AtomicInteger controls = new AtomicInteger();
    private final AtomicInteger dnsListens = new AtomicInteger();
    private final ConcurrentMap<PeerName, AtomicInteger> streams = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, AtomicInteger> failedOver = new ConcurrentHashMap<>();

    public PeeringTelemetry(MeterRegistry metrics) {
        this.metrics = metrics;
        metrics.gauge(MetricNames.PROXIES_CONNECTED, proxies);
        metrics.gauge(MetricNames.STORE_WRITABLE, writable);
        metrics.gauge(MetricNames.LEADS, leads);
        metrics.gauge(MetricNames.FAILOVER_CONTROLS, controls);
        metrics.gauge(MetricNames.DNS_LISTENING, dnsListens);
    }

    @Override
    public void accept(PeeringEvent event) {
        switch (event) {
            case PeeringEvent.ServerStarted started ->
                    LOG.info(
                            "server of datacenter '{}' started: trust domain {}, HTTP API {}, UI http://{}/ui/, peers {}, proxies {}",
                            started.datacenter(),
                            started.trustDomain(),
                            started.httpAddress(),
                            started.httpAddress(),
                            started.peerAddress(),
                            started.proxyAddress());
            case PeeringEvent.ServerStopping(var reason) -> LOG.info("server stops: {}", reason);
            case PeeringEvent.ConfigWritten(var kind, var name, var index) -> {
                count(MetricNames.CONFIG_WRITES, "kind", kind, "act", "write");
                LOG.info("config entry {}/{} written at index {}", kind, name, index);
                audit(OPERATOR, "config write " + kind + "/" + name, "done, index " + index);
            }
            case PeeringEvent.ConfigDeleted(var kind, var name, var index) -> {
                count(MetricNames.CONFIG_WRITES, "kind", kind, "act", "delete");
                LOG.info("config entry {}/{} deleted at index {}", kind, name, index);
                audit(OPERATOR, "config delete " + kind + "/" + name, "done, index " + index);
            }
            case PeeringEvent.TokenGenerated(var peer, var tokenId, var life) -> {
                count(MetricNames.TOKENS_GENERATED);
                LOG.info(
                        "peering token {} generated for peer '{}', good for {}",
                        tokenId,
                        peer,
                        life);
                audit(OPERATOR, "generate token for peer " + peer, "done, token " + tokenId);
            }
            case PeeringEvent.TokenNotGenerated(var peer, var failure) -> {
                count(MetricNames.TOKENS_REFUSED, "reason", failure.reason());
                LOG.warn(
                        "peering token for peer '{}' not generated: {}",
                        peer,
                        foreign(failure.message()));
                audit(OPERATOR, "generate token for peer " + peer, "failed: " + failure.message());
            }
            case PeeringEvent.TokenRevoked(var peer, var tokenId) -> {
                count(MetricNames.TOKENS_REVOKED);
                LOG.info("peering token {} for peer '{}' revoked", tokenId, peer);
                audit(OPERATOR, "revoke token of peer " + peer, "done, token " + tokenId);
            }
            // the sentence follows with the failed establishment
            case PeeringEvent.TokenRejected(_, var reason) ->
                    count(
                            MetricNames.TOKENS_REJECTED,
                            "reason",
                            reason.name().toLowerCase(Locale.ROOT));
            case PeeringEvent.SecretExchanged(var peer) -> {
                LOG.info("peer '{}' used its token", peer);
                audit("peer " + peer, "exchange establishment secret", "accepted");
            }
            case PeeringEvent.SecretRefused(var id, var reason) -> {
                count(MetricNames.SECRETS_REFUSED);
                LOG.warn(
                        "establishment secret for peering '{}' refused: {}",
                        foreign(id),
                        foreign(reason));
                audit(
                        "unknown",
                        "exchange establishment secret of peering " + id,
                        "refused: " + reason);
            }
            case PeeringEvent.Established(var peer, var serverName) -> {
                count(MetricNames.ESTABLISHMENTS, "outcome", "done", "reason", "none");
                LOG.info("peering '{}' established with {}", peer, foreign(serverName));
                audit(OPERATOR, "establish peering " + peer, "done");
            }
            case PeeringEvent.EstablishFailed(var peer, var failure) -> {
                count(MetricNames.ESTABLISHMENTS, "outcome", "failed", "reason", failure.reason());
                LOG.warn("peering '{}' not established: {}", peer, foreign(failure.message()));
                audit(OPERATOR, "establish peering " + peer, "failed: " + failure.message());
            }
            case PeeringEvent.PeeringDeleted(var peer) -> {
                count(MetricNames.PEERINGS_DELETED);
                LOG.info("peering '{}' deleted", peer);
                audit(OPERATOR, "delete peering " + peer, "done");
            }
            case PeeringEvent.StreamOpened(var peer, var dialed) -> {
                count(MetricNames.STREAMS_OPENED, "peer", peer.value());
                connected(peer).set(1);
                LOG.info(
                        "stream with peer '{}' opened by {}",
                        peer,
                        dialed ? "this side" : "the peer");
                audit("peer " + peer, "open stream", "accepted");
            }
            case PeeringEvent.StreamRefused(var id, var reason) -> {
                count(MetricNames.STREAMS_REFUSED);
                LOG.warn("stream of peering '{}' refused: {}", foreign(id), foreign(reason));
                audit("unknown", "open stream of peering " + id, "refused: " + reason);
            }
            // a flood of them is not to become one of the log
            case PeeringEvent.ConnectionRefused(var listener, var reason) -> {
                count(MetricNames.CONNECTIONS_REFUSED, "listener", listener, "reason", reason);
                LOG.debug("a connection to the port for '{}' refused: {}", listener, reason);
            }
            case PeeringEvent.StreamEnded(var peer, var reason) -> {
                count(MetricNames.STREAMS_ENDED, "peer", peer.value());
                connected(peer).set(0);
                LOG.warn("stream with peer '{}' ended: {}", peer, foreign(reason));
            }
            case PeeringEvent.LeaderNamed(var peer, var followed) ->
                    count(
                            MetricNames.LEADER_HINTS,
                            "peer",
                            peer.value(),
                            "followed",
                            Boolean.toString(followed));
            case PeeringEvent.PeerTerminated(var peer) -> {
                connected(peer).set(0);
                LOG.warn("peer '{}' deleted the peering: terminated", peer);
                audit("peer " + peer, "terminate peering", "done");
            }
            case PeeringEvent.PeerNacked(var peer, var resource, var reason) -> {
                count(MetricNames.NACKS, "peer", peer.value(), "by", "peer");
                LOG.warn(
                        "peer '{}' did not take '{}': {}",
                        peer,
                        foreign(resource),
                        foreign(reason));
            }
            case PeeringEvent.ResourceRefused(var peer, var resource, var why, var reason) -> {
                count(
                        MetricNames.RESOURCES_REFUSED,
                        "peer",
                        peer.value(),
                        "reason",
                        why.name().toLowerCase(Locale.ROOT));
                count(MetricNames.NACKS, "peer", peer.value(), "by", "us");
                LOG.warn(
                        "'{}' from peer '{}' not taken: {}",
                        foreign(resource),
                        peer,
                        foreign(reason));
            }
            case PeeringEvent.ResourceSent(var peer) ->
                    count(MetricNames.RESOURCES_SENT, "peer", peer.value());
            case PeeringEvent.ResourceTooLarge(var peer, var resource, var most, var found) -> {
                count(MetricNames.RESOURCES_TOO_LARGE, "peer", peer.value());
                LOG.warn(
                        "'{}' not sent to peer '{}': expected a message of at most {} bytes; found {}",
                        foreign(resource),
                        peer,
                        most,
                        found);
            }
            case PeeringEvent.StreamSynced(var peer, var after, var resources) -> {
                metrics.timer(MetricNames.FULL_SYNC, "peer", peer.value()).record(after);
                LOG.info(
                        "peer '{}' has taken all of our {} resources in {} ms",
                        peer,
                        resources,
                        after.toMillis());
            }
            case PeeringEvent.ServiceImported(var peer, var service, var before, var instances) -> {
                count(MetricNames.IMPORT_CHANGES, "peer", peer.value());
                // a peer's health goes up and down all day; that there are more or fewer is news
                LOG.atLevel(before == instances ? Level.DEBUG : Level.INFO)
                        .log(
                                "service '{}' of peer '{}' now has {} instances",
                                foreign(service),
                                peer,
                                instances);
            }
            case PeeringEvent.ServiceWithdrawn(var peer, var service) -> {
                count(MetricNames.IMPORT_CHANGES, "peer", peer.value());
                LOG.info("service '{}' of peer '{}' withdrawn", foreign(service), peer);
            }
            case PeeringEvent.TrustUpdated(var peer, var trustDomain, var roots) -> {
                count(MetricNames.TRUST_UPDATES, "peer", peer.value());
                LOG.info(
                        "trust bundle of peer '{}' ({}): {} roots",
                        peer,
                        foreign(trustDomain),
                        roots);
                audit("peer " + peer, "replace trust bundle", "done, " + roots + " roots");
            }
            case PeeringEvent.ProxyConnected(_, var proxy, var identity) -> {
                proxies.incrementAndGet();
                LOG.info("proxy '{}' connected as {}", foreign(proxy), identity);
            }
            case PeeringEvent.ProxyDisconnected(_, var proxy, _, var reason) -> {
                proxies.decrementAndGet();
                LOG.info("proxy '{}' disconnected: {}", foreign(proxy), foreign(reason));
            }
            case PeeringEvent.ProxyRefused(var identity, var reason) -> {
                count(MetricNames.PROXIES_REFUSED);
                LOG.warn("proxy '{}' refused: {}", foreign(identity), foreign(reason));
                audit("proxy " + identity, "connect", "refused: " + reason);
            }
            case PeeringEvent.CertificateIssued(var identity, var life) -> {
                count(MetricNames.CERTIFICATES_ISSUED);
                LOG.info("certificate issued to {} for {}", identity, life);
                audit("proxy " + identity, "certificate", "issued for " + life);
            }
            case PeeringEvent.CaRotated(var step, var detail) -> {
                count(MetricNames.CA_ROTATION_STEPS, "step", step);
                LOG.info("certificate authority: {}: {}", step, foreign(detail));
                audit(OPERATOR, "rotate certificate authority: " + step, detail);
            }
            case PeeringEvent.HealthChanged(_, var name, var id, var status, var output) -> {
                // Our own four words, so the label stays bounded.
                count(MetricNames.HEALTH_CHANGES, "status", status);
                LOG.info(
                        "service '{}', instance '{}' is {}: {}", name, id, status, foreign(output));
            }
            case PeeringEvent.ServiceDropped(_, var service, var instance, var reason) -> {
                LOG.warn(
                        "service '{}', instance '{}' deregistered: {}",
                        foreign(service),
                        foreign(instance),
                        foreign(reason));
                audit(
                        "server",
                        "deregister service " + service + "/" + instance,
                        "done: " + reason);
            }
            case PeeringEvent.LeadershipTaken(var member, var term) -> {
                leads.set(1);
                count(MetricNames.LEADERSHIPS);
                LOG.info("this server, '{}', leads from term {} of the log on", member, term);
            }
            case PeeringEvent.LeadershipLost(var member) -> {
                leads.set(0);
                // the next leader knows
                failedOver.values().forEach(active -> active.set(0));
                controls.set(0);
                LOG.info("this server, '{}', does not lead now", member);
            }
            case PeeringEvent.LeadHandedOver(var to, var reason) ->
                    LOG.warn("the lead is handed over to '{}': {}", to, reason);
            case PeeringEvent.LeaderLost(var reason) ->
                    LOG.info("not listening to a leader: {}", foreign(reason));
            case PeeringEvent.JoinWaits(var server, var reason) ->
                    LOG.warn("not joined yet, asked '{}': {}", server, foreign(reason));
            case PeeringEvent.AccessChanged(var what) -> {
                LOG.info("access: {}", what);
                audit(OPERATOR, "access", what);
            }
            case PeeringEvent.RequestDenied denied -> RefusalLog.tell(LOG, metrics, denied);
            case PeeringEvent.CrossOriginRefused refused -> RefusalLog.tell(LOG, metrics, refused);
            case PeeringEvent.RequestOverRate _ -> count(MetricNames.REQUESTS_OVER_RATE);
            case PeeringEvent.BodyRefused _ -> count(MetricNames.BODIES_REFUSED);
            case PeeringEvent.MemberChanged(var member, var what) -> {
                LOG.info("server '{}' {}", member, what);
                audit(OPERATOR, "servers of the datacenter", member + " " + what);
            }
            case PeeringEvent.StoreReadOnly(var reason) -> {
                writable.set(0);
                LOG.error("the store takes no writes; reads go on: {}", reason);
            }
            case PeeringEvent.VirtualAddressesWait(var why) ->
                    LOG.warn("no service has a virtual address yet: {}", foreign(why));
            case PeeringEvent.StoreWritable _ -> {
                writable.set(1);
                LOG.info("the store takes writes again");
            }
            case PeeringEvent.FilesShort(var why) -> LOG.error("nobody is let in: {}", why);
            case PeeringEvent.FilesLeft _ -> LOG.info("newcomers are let in again");
            case PeeringEvent.SnapshotSaved(var index, var bytes) -> {
                LOG.info("snapshot of index {} saved: {} bytes", index, bytes);
                audit(OPERATOR, "snapshot save", "done, index " + index);
            }
            case PeeringEvent.SnapshotRestored(var from, var index) -> {
                LOG.warn("snapshot of index {} restored: the state is at index {}", from, index);
                audit(OPERATOR, "snapshot restore", "done, index " + from + " as " + index);
            }
            case PeeringEvent.SnapshotRefused(var reason) -> {
                LOG.warn("snapshot not restored: {}", foreign(reason));
                audit(OPERATOR, "snapshot restore", "refused: " + reason);
            }
            case PeeringEvent.WriteRefused(var reason) -> {
                count(MetricNames.WRITES_REFUSED);
                LOG.debug("write refused: {}", reason);
            }
            case PeeringEvent.FailoverSeen(var service, var isAway) -> away(service, isAway);
            case PeeringEvent.FailoverChanged(var failover) -> failedOver(failover);
            case PeeringEvent.ControlsHeld(var count) -> controls.set(count);
            case PeeringEvent.ControlOrdered(var control) -> {
                LOG.warn("failover: {} {}", control.what(), foreign(control.evidence()));
                audit(
                        operator(control.by()),
                        control.what(),
                        "done, control "
                                + control.id()
                                + " until "
                                + control.until()
                                + (control.reason().isEmpty() ? "" : ": " + control.reason()));
            }
            case PeeringEvent.ControlRefused(var what, var by, var reason) -> {
                LOG.info("failover: {} refused: {}", foreign(what), foreign(reason));
                audit(operator(by), what, "refused: " + reason);
            }
            case PeeringEvent.ControlEnded(var control, var how) -> {
                LOG.info("failover: {} has ended: {}", control.what(), foreign(how));
                audit(
                        operator(control.by()),
                        control.what(),
                        "ended, control " + control.id() + ", " + how);
            }
            case PeeringEvent.DrillEnded(var report) -> {
                var control = report.control();
                var words =
                        "over after "
                                + report.over().map(Duration::toString).orElse("unknown")
                                + ", back after "
                                + report.back().map(Duration::toString).orElse("unknown");
                LOG.info("failover: {}: {}", control.what(), words);
                audit(operator(control.by()), control.what(), words);
            }
            case PeeringEvent.DnsListening(var address, var domain) -> {
                dnsListens.set(1);
                LOG.info("names in '{}' are answered by DNS at {}, UDP and TCP", domain, address);
            }
            case PeeringEvent.DnsNotListening(var reason) -> {
                dnsListens.set(0);
                LOG.warn("nobody is answered by DNS, trying again: {}", reason);
            }
            case PeeringEvent.DnsAnswered(var type, var transport, var outcome) ->
                    count(
                            MetricNames.DNS_QUERIES,
                            "type",
                            type,
                            "transport",
                            transport,
                            "outcome",
                            outcome);
            case PeeringEvent.LoginTried(var method, var outcome, var source) -> {
                count(MetricNames.LOGINS, "method", method, "outcome", outcome);
                LOG.debug("a login by '{}' from {}: {}", method, source, outcome);
            }
            case PeeringEvent.LoginKeysUnavailable(var reason) ->
                    LOG.warn("nobody can log in by keys at {}", foreign(reason));
            case PeeringEvent.BackgroundFailure failure ->
                    BackgroundLog.tell(LOG, metrics, failure);
        }
    }

    /// What they call themselves is theirs to say.
    private static String operator(String by) {
        return OPERATOR + " " + by;
    }

    private void failedOver(FailoverEvent failover) {
        var service = failover.service().value();
        var words =
                switch (failover.turn()) {
                    case OVER -> {
                        count(MetricNames.FAILOVERS, "service", service);
                        away(service, true);
                        yield "fails over";
                    }
                    case BACK -> {
                        count(MetricNames.FAILBACKS, "service", service);
                        away(service, false);
                        yield "fails back";
                    }
                    case LOST -> {
                        count(MetricNames.FAILOVER_LOST, "service", service);
                        away(service, false);
                        yield "has no healthy target left";
                    }
                };
        LOG.atLevel(failover.turn() == FailoverEvent.Turn.BACK ? Level.INFO : Level.WARN)
                .log(
                        "service '{}' {}: from '{}' to '{}' after {}: {}",
                        service,
                        words,
                        failover.from().orElse("none"),
                        failover.to().orElse("none"),
                        failover.lasted(),
                        foreign(failover.cause()));
    }

    private void away(String service, boolean isAway) {
        failedOver
                .computeIfAbsent(
                        service,
                        _ ->
                                metrics.gauge(
                                        MetricNames.FAILOVER_ACTIVE,
                                        io.micrometer.core.instrument.Tags.of("service", service),
                                        new AtomicInteger()))
                .set(isAway ? 1 : 0);
    }

    private void count(String name, String... labels) {
        metrics.counter(name, labels).increment();
    }

    private AtomicInteger connected(PeerName peer) {
        return streams.computeIfAbsent(
                peer,
                _ ->
                        metrics.gauge(
                                MetricNames.STREAMS_CONNECTED,
                                io.micrometer.core.instrument.Tags.of("peer", peer.value()),
                                new AtomicInteger()));
    }

    /// Whoever shows a token is named by its accessor, beside what he calls himself.
    private static void audit(String who, String what, String outcome) {
        var accessor = Actor.accessor();
        AUDIT.info(
                "who=\"{}\" what=\"{}\" outcome=\"{}\"",
                foreign(accessor.isEmpty() ? who : who + ", token " + accessor),
                foreign(what),
                foreign(outcome));
    }

    /// Cut, on one line, and without quotes that could end ours.
    static String foreign(String text) {
        return ForeignText.shown(text, MAX_FOREIGN).replace('"', '\'');
    }
}
