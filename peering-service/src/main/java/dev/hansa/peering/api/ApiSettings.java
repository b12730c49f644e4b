package dev.hansa.peering.api;

import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.cluster.ServerAddresses;
import dev.hansa.trustbundle.Datacenter;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.OptionalLong;
import java.util.function.Supplier;

/// What the HTTP API says of its server, and where it listens.
///
/// @param listen the address as configured: its host is one that callers may name
/// @param addresses where this server and the others are, for callers
/// @param defaultAllow what happens to a call that no intention decides
/// @param access whether callers are asked for tokens
/// @param readers who wait for changes
/// @param rates of each address
/// @param bootstrapReset the index of a bootstrap of access control that may be done again
public record ApiSettings(
        Datacenter datacenter,
        String nodeName,
        InetSocketAddress listen,
        ServerAddresses addresses,
        boolean defaultAllow,
        AccessSettings access,
        ReaderLimits readers,
        RequestRates rates,
        Supplier<OptionalLong> bootstrapReset,
        Clock clock) {}
