package dev.hansa.peering.api;

import dev.hansa.exportedservices.ServiceName;
import java.time.Duration;
import java.util.Set;

/// Makes the tokens with which this datacenter's own proxies and servers join. Blocks on disk.
@FunctionalInterface
public interface JoinTokens {
    /// @param services whose sidecars may join with it
    /// @param meshGateway whether a mesh gateway may
    /// @param server whether another server of this datacenter may
    /// @return the text of a join token; whoever holds it can be these
    String issue(Set<ServiceName> services, boolean meshGateway, boolean server, Duration life);
}
