package dev.hansa.peering.stream;

/// How much of this server its peers may take up.
///
/// @param peerings records in the store, ended ones that nobody has deleted included: each may have
///   a stream, two watches and a catalog
/// @param services names that one peer may have here, their companions not counted
/// @param instances under one name
/// @param message bytes of the largest message that we take
/// @param consulMessage bytes of the largest message that we send to a peer that does not say what
///   it takes
/// @param pending bytes of a conversation that wait in memory in one direction: what the peer does
///   not read, or we have not come to; one message more may be on its way
/// @param catalog bytes of all that one peer's services take up, as they travel
/// @param connections to the port for peers, whoever makes them
public record PeerLimits(
        int peerings,
        int services,
        int instances,
        int message,
        int consulMessage,
        int pending,
        int catalog,
        int connections) {
    /// Ten times the largest federation that we have heard of.
    public static final int PEERINGS = 256;

    /// Ten times the largest export that we measure with.
    public static final int SERVICES = 100_000;

    /// Consul deployments with more instances of one service than this are unheard of; so many
    /// still fit in one message of 8 MiB.
    public static final int INSTANCES = 8192;

    /// What Consul's dialers take since 1.14.2. Earlier ones take gRPC's 4 MiB, its servers 50 MiB,
    /// and none of them says so on the wire.
    public static final int MESSAGE = 8 << 20;

    /// Enough to keep a long fat wire busy; more would only be memory that a slow peer holds.
    public static final int PENDING = 1 << 20;

    /// Ten times what 10,000 services with three instances and a companion each come to. In memory
    /// it is about three times as much.
    public static final int CATALOG = 256 << 20;

    /// Four for each peering: the stream, the one that replaces it, an exchange, and room for
    /// strangers, who are sent away after seconds.
    public static final int CONNECTIONS = 1024;

    public static final PeerLimits DEFAULT =
            new PeerLimits(
                    PEERINGS, SERVICES, INSTANCES, MESSAGE, MESSAGE, PENDING, CATALOG, CONNECTIONS);
}
