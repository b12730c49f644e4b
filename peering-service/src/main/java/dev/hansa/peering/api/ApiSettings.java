package dev.hansa.peering.api;

import dev.hansa.trustbundle.Datacenter;
import java.net.InetSocketAddress;

/// What the HTTP API says of its server, and where it listens.
///
/// @param listen the address as configured: its host is one that callers may name
/// @param defaultAllow what happens to a call that no intention decides
public record ApiSettings(
        Datacenter datacenter, String nodeName, InetSocketAddress listen, boolean defaultAllow) {}
