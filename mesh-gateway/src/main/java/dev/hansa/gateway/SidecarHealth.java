package dev.hansa.gateway;

import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Target;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.gateway.discovery.Identity;
import dev.hansa.gateway.discovery.RouteSubscription;
import dev.hansa.gateway.sidecar.Outbound;
import dev.hansa.gateway.sidecar.Redirected;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What `/health` says of a service that a sidecar carries.
final class SidecarHealth {
    private SidecarHealth() {}

    /// One service that a sidecar carries.
    ///
    /// @param check empty: nothing asks it
    /// @param takesCalls or it only makes them
    /// @param open connections, in and out
    static Map<String, Object> of(
            RouteSubscription routes,
            Identity identity,
            List<CheckResult> check,
            boolean takesCalls,
            int open,
            List<Outbound> upstreams,
            Optional<Redirected> redirected) {
        var state = new LinkedHashMap<String, Object>();
        var lost = routes.lostAt();
        state.put("control", lost.isEmpty() ? "connected" : "stale since " + lost.get());
        state.put(
                "snapshotVersion", routes.snapshot().get().map(RouteSnapshot::version).orElse(0L));
        identity.certificate()
                .get()
                .ifPresent(own -> state.put("certificateExpires", own.notAfter().toString()));
        state.put(
                "check",
                check.stream()
                        .findFirst()
                        .map(result -> result.getStatus() + ": " + result.getOutput())
                        .orElse(takesCalls ? "none" : "none: it only calls"));
        state.put("openConnections", open);
        var virtual = routes.snapshot().get().flatMap(RouteSnapshot::virtual);
        redirected.ifPresent(taking ->
                state.put(
                        "transparent",
                        Map.of(
                                "passingThrough",
                                taking.open(),
                                "virtualServices",
                                virtual.map(known -> known.services().size()).orElse(0),
                                "clusterIps",
                                virtual.map(known -> known.clusterIps().size()).orElse(0))));
        var ways = new LinkedHashMap<String, Object>();
        upstreams.forEach(upstream ->
                ways.put(upstream.upstream().toString(), health(upstream, lost.isPresent())));
        state.put("upstreams", ways);
        return state;
    }

    private static Map<String, Object> health(Outbound upstream, boolean stale) {
        var state = new LinkedHashMap<String, Object>();
        var targets = new ArrayList<String>();
        var none = stale ? "none known; each is tried while this is stale" : "none";
        var live = none;
        for (Target target : upstream.route().map(route -> route.targets()).orElse(List.of())) {
            targets.add(
                    target.label()
                            + ": "
                            + (target.health().healthy() ? "passing" : target.health().evidence()));
            if (live.equals(none) && target.health().healthy()) {
                live = target.label();
            }
        }
        state.put("live", live);
        if (!stale) {
            upstream.liveSince().ifPresent(since -> state.put("liveSince", since.toString()));
        }
        upstream.goingBack().ifPresent(how -> state.put("goingBack", how));
        state.put("targets", targets);
        state.put("endpoints", endpoints(upstream));
        upstream.lastRefusal()
                .ifPresent(refusal ->
                        state.put(
                                "lastRefusal",
                                Map.of(
                                        "at", refusal.at().toString(),
                                        "reason", refusal.reason(),
                                        "sentence", refusal.sentence())));
        return state;
    }

    /// What this process has seen itself.
    private static List<Map<String, Object>> endpoints(Outbound upstream) {
        var endpoints = new ArrayList<Map<String, Object>>();
        for (Target target : upstream.route().map(route -> route.targets()).orElse(List.of())) {
            for (var endpoint : target.endpoints()) {
                var row = new LinkedHashMap<String, Object>();
                row.put("target", target.label());
                row.put("address", endpoint.address().toString());
                row.putAll(Endpoints.seen(upstream.seen(target, endpoint)));
                endpoints.add(row);
            }
        }
        return endpoints;
    }
}
