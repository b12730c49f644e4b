package dev.hansa.gateway.discovery;

/// What a proxy is for its datacenter. It listens to the server in each case, because the
/// connections that it carries stand under routes and intentions that may change.
public enum Presence {
    /// It starts while another process still takes the connections.
    STANDBY,
    SERVING,
    /// It takes no more; nobody else does in its place.
    LEAVING,
    /// It takes no more; another process has taken its place, and speaks for both.
    SUCCEEDED
}
