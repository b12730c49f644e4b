package dev.hansa.gateway.route;

import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.SniRoute;
import dev.hansa.gateway.route.PassiveHealth.Way;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Every name that the gateway serves, as of one snapshot. A later version replaces it whole.
public record RouteTable(long version, Map<ServerName, SniRoute> routes) {
    public static final RouteTable EMPTY = new RouteTable(0, Map.of());

    public RouteTable {
        routes = Map.copyOf(routes);
    }

    /// @throws IllegalArgumentException when a route's name could never be asked for
    public static RouteTable of(RouteSnapshot snapshot) {
        var routes = new HashMap<ServerName, SniRoute>();
        snapshot.sniRoutes().forEach(route -> routes.put(new ServerName(route.sni()), route));
        return new RouteTable(snapshot.version(), routes);
    }

    public Optional<SniRoute> find(ServerName name) {
        return Optional.ofNullable(routes.get(name));
    }

    /// The healthy gateways of peers: where a caller may be carried to any moment, far away.
    public Set<Way> distant() {
        return routes.values().stream()
                .filter(route -> route.purpose().equals(SniRoute.IMPORTED))
                .flatMap(route -> route.endpoints().stream())
                .filter(endpoint -> endpoint.health().healthy())
                .map(SniRouter::way)
                .collect(toUnmodifiableSet());
    }

    /// Every endpoint, and whether the server calls it healthy.
    public Map<Way, Boolean> listed() {
        var listed = new HashMap<Way, Boolean>();
        for (var route : routes.values()) {
            for (var endpoint : route.endpoints()) {
                listed.merge(
                        SniRouter.way(endpoint), endpoint.health().healthy(), Boolean::logicalOr);
            }
        }
        return listed;
    }
}
