package dev.hansa.gateway.telemetry;

/// Every metric of a proxy (docs/OPERATIONS.md has a row for each). Labels are single-valued and
/// bounded.
public final class MetricNames {
    public static final String CONNECTIONS = "hansa_connections_total";
    public static final String OPEN = "hansa_connections_open";
    public static final String REFUSED = "hansa_connections_refused_total";
    public static final String PROBES = "hansa_probes_total";
    public static final String BYTES_IN = "hansa_bytes_in_total";
    public static final String BYTES_OUT = "hansa_bytes_out_total";
    public static final String ROUTED_BYTES = "hansa_routed_bytes_total";
    public static final String UPSTREAM_CONNECTIONS = "hansa_upstream_connections_total";
    public static final String UPSTREAM_REFUSED = "hansa_upstream_refused_total";
    public static final String UPSTREAM_ATTEMPTS_FAILED = "hansa_upstream_attempts_failed_total";
    public static final String RACES = "hansa_races_total";
    public static final String RACES_OVERTAKEN = "hansa_races_overtaken_total";
    public static final String AHEAD = "hansa_connections_ahead_total";
    public static final String AHEAD_STANDING = "hansa_connections_ahead_standing";
    public static final String SUSPECT = "hansa_suspect_endpoints";
    public static final String INBOUND_DENIED = "hansa_inbound_denied_total";
    public static final String INTENTION_DENIALS = "hansa_intention_denials_total";
    public static final String SNAPSHOT_VERSION = "hansa_snapshot_version";
    public static final String CONTROL_CONNECTED = "hansa_control_connected";
    public static final String CONTROL_LOST = "hansa_control_lost_total";
    public static final String CERTIFICATE_REMAINING = "hansa_certificate_remaining_seconds";
    public static final String CERTIFICATE_FAILED = "hansa_certificate_failures_total";
    public static final String HANDSHAKES = "hansa_tls_handshakes_total";
    public static final String ACCEPT_FAILURES = "hansa_accept_failures_total";
    public static final String DRAINING = "hansa_draining";
    public static final String CHECK_PASSING = "hansa_check_passing";

    private MetricNames() {}
}
