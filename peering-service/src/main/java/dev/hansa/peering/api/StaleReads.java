package dev.hansa.peering.api;

import java.util.List;

/// Which requests a server answers by what it has itself, though it does not lead.
final class StaleReads {
    /// What streams and the authority are doing is not in the store.
    private static final List<String> LEADERS_ALONE =
            List.of(
                    "/v1/peering",
                    "/v1/hansa/peerings",
                    "/v1/operator/",
                    "/v1/hansa/ca",
                    "/v1/connect/ca/configuration",
                    "/v1/hansa/intention-denials",
                    "/v1/hansa/changes",
                    "/v1/hansa/explain/",
                    "/v1/hansa/topology/",
                    "/v1/hansa/traffic",
                    "/v1/hansa/proxies",
                    "/v1/hansa/failover",
                    "/v1/hansa/history");

    private StaleReads() {}

    /// What asks for no more than the server has: not what waits for an index that it may be
    /// behind, and not what only the leader knows.
    static boolean isAnsweredHere(ApiRequest request, String method, String route) {
        return route.equals("/v1/agent/self")
                || route.equals("/v1/openapi.json")
                || route.startsWith("/v1/status/")
                || isAnsweredWithoutLeader(request, method, route)
                        && !request.query().containsKey("index");
    }

    /// Also what waits for an index, once the leader cannot be asked: the caller has said that what
    /// is old will do.
    static boolean isAnsweredWithoutLeader(ApiRequest request, String method, String route) {
        return method.equals("GET")
                && request.query().containsKey("stale")
                && LEADERS_ALONE.stream().noneMatch(route::startsWith);
    }
}
