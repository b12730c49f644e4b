package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.ByteCounts;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/// A gateway whose server is heard, and what it may be told.
final class TestingGateway {
    private TestingGateway() {}

    static SniGateway of(
            Transport transport, Supplier<RouteTable> table, Consumer<GatewayEvent> events) {
        return of(transport, table, new PassiveHealth((_, _, _) -> {}), events, _ -> {});
    }

    /// @param bytesIn told how many have come from callers
    static SniGateway of(
            Transport transport,
            Supplier<RouteTable> table,
            PassiveHealth seen,
            Consumer<GatewayEvent> events,
            LongConsumer bytesIn) {
        return new SniGateway(
                transport,
                new SniRouter(table, () -> false, seen),
                seen,
                Duration.ofHours(1),
                Clock.systemUTC(),
                events,
                bytesIn,
                _ -> {},
                _ -> ByteCounts.NONE);
    }

    /// One exported name that leads to a port here.
    static RouteTable exported(String name, int port) {
        var endpoint = new TargetEndpoint(new Endpoint("127.0.0.1", port), HealthView.GOOD);
        var route = new SniRoute(name, SniRoute.EXPORTED, "east", List.of(endpoint), "");
        return new RouteTable(1, Map.of(new ServerName(name), route));
    }
}
