package dev.hansa.peering.telemetry;

/// The names of the control plane's metrics. Labels are peers, kinds of config entry and services
/// with a failover, which an operator makes, or words of our own: nothing that a caller or a peer
/// can multiply.
public final class MetricNames {
    public static final String CONFIG_WRITES = "hansa.config.writes";
    public static final String LEADS = "hansa.server.leads";
    public static final String LEADERSHIPS = "hansa.server.leaderships";
    public static final String STORE_WRITABLE = "hansa.store.writable";
    public static final String DATABASE_BEHIND = "hansa.store.database.behind";
    public static final String FILES_SHORT = "hansa.files.short";
    public static final String AUDIT_LOST = "hansa.audit.records.lost";
    public static final String WRITES_REFUSED = "hansa.store.writes.refused";
    public static final String TOKENS_GENERATED = "hansa.peering.tokens.generated";
    public static final String TOKENS_REFUSED = "hansa.peering.tokens.refused";
    public static final String TOKENS_REVOKED = "hansa.peering.tokens.revoked";
    public static final String TOKENS_REJECTED = "hansa.peering.tokens.rejected";
    public static final String SECRETS_REFUSED = "hansa.peering.secrets.refused";
    public static final String ESTABLISHMENTS = "hansa.peering.establishments";
    public static final String PEERINGS_DELETED = "hansa.peering.deleted";
    public static final String STREAMS_OPENED = "hansa.peering.streams.opened";
    public static final String STREAMS_REFUSED = "hansa.peering.streams.refused";
    public static final String CONNECTIONS_REFUSED = "hansa.connections.refused";
    public static final String STREAMS_ENDED = "hansa.peering.streams.ended";
    public static final String STREAMS_CONNECTED = "hansa.peering.streams.connected";
    public static final String LEADER_HINTS = "hansa.peering.leader.hints";
    public static final String RESOURCES_REFUSED = "hansa.peering.resources.refused";
    public static final String RESOURCES_SENT = "hansa.peering.resources.sent";
    public static final String RESOURCES_TOO_LARGE = "hansa.peering.resources.too.large";
    public static final String FULL_SYNC = "hansa.peering.full.sync";
    public static final String NACKS = "hansa.peering.nacks";
    public static final String PEER_DATA_AGE = "hansa.peer.data.age.seconds";
    public static final String IMPORT_CHANGES = "hansa.peering.import.changes";
    public static final String TRUST_UPDATES = "hansa.peering.trust.updates";
    public static final String PROXIES_CONNECTED = "hansa.proxies.connected";
    public static final String PROXIES_REFUSED = "hansa.proxies.refused";
    public static final String CERTIFICATES_ISSUED = "hansa.certificates.issued";
    public static final String CA_ROTATION_STEPS = "hansa.ca.rotation.steps";
    public static final String HEALTH_CHANGES = "hansa.health.changes";
    public static final String FAILOVERS = "hansa.failover.over";
    public static final String FAILBACKS = "hansa.failover.back";
    public static final String FAILOVER_LOST = "hansa.failover.lost";
    public static final String FAILOVER_ACTIVE = "hansa.failover.active";
    public static final String FAILOVER_CONTROLS = "hansa.failover.controls";
    public static final String DNS_QUERIES = "hansa.dns.queries";
    public static final String DNS_LISTENING = "hansa.dns.listening";
    public static final String REQUESTS_DENIED = "hansa.api.denied";
    public static final String CROSS_ORIGIN = "hansa.api.cross.origin";
    public static final String REQUESTS_OVER_RATE = "hansa.api.over.rate";
    public static final String BODIES_REFUSED = "hansa.api.bodies.refused";
    public static final String LOGINS = "hansa.api.logins";
    public static final String BACKGROUND_FAILURES = "hansa.background.failures";

    private MetricNames() {}
}
