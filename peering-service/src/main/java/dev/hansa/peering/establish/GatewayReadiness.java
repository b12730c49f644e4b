package dev.hansa.peering.establish;

import java.time.Duration;

/// Knows when this datacenter's own gateways have taken a new route.
@FunctionalInterface
public interface GatewayReadiness {
    /// No gateways are needed: peers are dialled directly.
    GatewayReadiness NONE = (_, _) -> {};

    /// Waits until the connected gateways route `serverName`, at most `limit`. Returning without is
    /// not a failure: the attempts that follow will tell.
    ///
    /// @throws InterruptedException when told to stop
    void await(String serverName, Duration limit) throws InterruptedException;
}
