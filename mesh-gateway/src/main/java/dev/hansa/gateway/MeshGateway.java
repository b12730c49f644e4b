package dev.hansa.gateway;

import dev.hansa.bootstrap.Latest;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.TracedWay;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.Registration;
import dev.hansa.gateway.discovery.Identity;
import dev.hansa.gateway.discovery.RouteSubscription;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.AdminServer;
import dev.hansa.gateway.wire.RawTransport;
import dev.hansa.gateway.wire.SniGateway;
import dev.hansa.trustbundle.SpiffeId;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A running mesh gateway: routes by name for its datacenter and its peers. It has a certificate of
/// its own for its server and none for anybody else's traffic.
public final class MeshGateway implements AutoCloseable {
    private final Proxy proxy;
    private final GatewayConfig config;
    private final RouteSubscription routes;
    private final Identity identity;
    private final SniGateway gateway;
    private final Latest<RouteTable> table;
    private final PassiveHealth seen;

    private MeshGateway(
            Proxy proxy,
            GatewayConfig config,
            RouteSubscription routes,
            Identity identity,
            SniGateway gateway,
            Latest<RouteTable> table,
            PassiveHealth seen) {
        this.proxy = proxy;
        this.config = config;
        this.routes = routes;
        this.identity = identity;
        this.gateway = gateway;
        this.table = table;
        this.seen = seen;
    }

    /// Starts, waits for the first routes (from the server or from disk), and listens. With routes
    /// from the disk it listens before it turns to its server: a restart costs the callers as
    /// little as it can.
    ///
    /// @throws Exception when the token cannot be read or an address cannot be bound, naming it
    public static MeshGateway start(GatewayConfig config, Clock clock) throws Exception {
        return start(config, clock, () -> {});
    }

    /// @param stop tells this process to stop when another has taken its place
    static MeshGateway start(GatewayConfig config, Clock clock, Runnable stop) throws Exception {
        var proxy = new Proxy(config.joinTokenFile(), config.lifecycle(), clock);
        try {
            var id = SpiffeId.meshGateway(proxy.token.trustDomain(), proxy.token.datacenter());
            var identity =
                    proxy.closer.add(
                            new Identity(id, proxy.control, proxy.disk, clock, proxy.telemetry));
            var traced = new AtomicReference<@Nullable SniGateway>();
            var routes =
                    proxy.closer.add(
                            new RouteSubscription(
                                    identity,
                                    proxy.control,
                                    registration(config),
                                    List.of(),
                                    false,
                                    new Latest<>(List.of()),
                                    proxy.presence,
                                    () -> Sightings.NONE,
                                    (order, done) -> trace(traced.get(), order, done),
                                    config.dataDir(),
                                    proxy.software,
                                    clock,
                                    proxy.telemetry));
            if (config.wanAddressFile().isPresent()) {
                proxy.closer.add(
                        AddressFile.follow(
                                config.wanAddressFile().get(),
                                config.wanAddress(),
                                AddressFile.EVERY,
                                routes::moved,
                                proxy.telemetry));
            }
            var table = new Latest<>(RouteTable.EMPTY);
            var seen =
                    new PassiveHealth((way, sign, suspects) ->
                            proxy.telemetry.accept(
                                    new GatewayEvent.SuspicionChanged(
                                            "gateway", "", "", way, sign, suspects)));
            routes.snapshot()
                    .watch(snapshot -> snapshot.ifPresent(next -> table.set(RouteTable.of(next))));
            Optional<RawTransport> raw =
                    RawTransport.isAvailable()
                            ? Optional.of(proxy.closer.add(new RawTransport(0)))
                            : Optional.empty();
            var gateway =
                    new SniGateway(
                            proxy.transport,
                            new SniRouter(table, () -> routes.lostAt().isPresent(), seen),
                            seen,
                            config.idleTimeout(),
                            clock,
                            proxy.telemetry,
                            proxy.telemetry::bytesIn,
                            proxy.telemetry::bytesOut,
                            proxy.telemetry::routed);
            gateway.limitNames(config.limits().ofName());
            gateway.announceBy(config.proxyProtocol()::isToldOf);
            traced.set(gateway);
            raw.ifPresent(loops -> keepAhead(gateway, loops, config, proxy.telemetry));
            table.watch(next -> {
                gateway.review(next.listed());
                gateway.expect(next.distant());
            });
            var running = new MeshGateway(proxy, config, routes, identity, gateway, table, seen);
            var admin = new AdminServer(running::health, proxy.metrics, proxy.connections);
            var fromDisk = routes.snapshot().get().isPresent() && !proxy.takesOver();
            if (!fromDisk) {
                identity.start();
                routes.start();
                proxy.openAdmin(admin, config.adminAddress());
                while (routes.snapshot().await(Optional::isPresent, Duration.ofDays(1)).isEmpty()) {
                    // a server that is away for longer than a day is still worth waiting for
                }
                proxy.awaitServer(routes);
            }
            var admission = config.limits().admission(proxy.telemetry);
            proxy.serve(
                    admin,
                    config.adminAddress(),
                    () -> {
                        for (var address : config.listen()) {
                            proxy.doors.open(address, admission, raw, gateway);
                        }
                        var proxied = admission.throughProxies(config.proxyProtocol().from());
                        for (var address : config.proxyProtocol().listen()) {
                            proxy.doors.open(address, proxied, raw, gateway);
                        }
                    },
                    stop);
            if (fromDisk) {
                identity.start();
                routes.start();
            }
            proxy.telemetry.accept(
                    new GatewayEvent.Started(
                            "mesh gateway",
                            config.listen().stream().map(Endpoints::text).toList()
                                    + (raw.isPresent()
                                            ? ""
                                            : ", and relays by channels: "
                                                    + RawTransport.whyNot())));
            return running;
        } catch (Exception e) {
            try (proxy.closer) {
                throw e;
            }
        }
    }

    private static void keepAhead(
            SniGateway gateway,
            RawTransport loops,
            GatewayConfig config,
            Consumer<GatewayEvent> events) {
        var each = config.connectionsAhead();
        if (each == 0) {
            return;
        }
        if (config.limits().leavesFor(SniGateway.MOST_AHEAD)) {
            gateway.keepAhead(loops, each);
            return;
        }
        events.accept(
                new GatewayEvent.LimitLowered(
                        "connections-ahead",
                        each,
                        0,
                        "max-connections leaves none of the files that this process may open (ulimit -n)"));
    }

    private static void trace(
            @Nullable SniGateway gateway, TraceOrder order, Consumer<List<TracedWay>> done) {
        switch (order) {
            case TraceOrder.OfName(var sni) when gateway != null -> gateway.trace(sni, done);
            case TraceOrder.OfName _ ->
                    throw new IllegalArgumentException(
                            "trace: expected a gateway that routes; found one that starts");
            case TraceOrder.OfUpstream _ ->
                    throw new IllegalArgumentException(
                            "trace: expected a name; found an upstream, which a sidecar has");
        }
    }

    private static Registration registration(GatewayConfig config) {
        return Registration.newBuilder()
                .setProxyId(config.nodeName() + "-" + config.lanAddress().port())
                .setNodeName(config.nodeName())
                .setNodeAddress(config.lanAddress().host())
                .setLan(
                        Address.newBuilder()
                                .setHost(config.lanAddress().host())
                                .setPort(config.lanAddress().port()))
                .setWan(
                        Address.newBuilder()
                                .setHost(config.wanAddress().host())
                                .setPort(config.wanAddress().port()))
                .build();
    }

    private Map<String, Object> health() {
        var state = new LinkedHashMap<String, Object>();
        var lost = routes.lostAt();
        state.put("status", proxy.status());
        state.put("role", "mesh-gateway");
        state.put("datacenter", proxy.token.datacenter().name());
        state.put("control", lost.isEmpty() ? "connected" : "stale since " + lost.get());
        state.put(
                "snapshotVersion", routes.snapshot().get().map(RouteSnapshot::version).orElse(0L));
        state.put("names", routes.snapshot().get().map(s -> s.sniRoutes().size()).orElse(0));
        identity.certificate()
                .get()
                .ifPresent(own -> state.put("certificateExpires", own.notAfter().toString()));
        state.put("openConnections", gateway.open());
        state.put("suspects", suspects());
        return state;
    }

    private List<Map<String, Object>> suspects() {
        var now = System.nanoTime();
        var rows = new ArrayList<Map<String, Object>>();
        for (var way : table.get().listed().keySet()) {
            var view = seen.view(way, now);
            if (view.suspicion().isPresent()) {
                var row = new LinkedHashMap<String, Object>();
                row.put("address", way.address().toString());
                row.putAll(Endpoints.seen(view));
                rows.add(row);
            }
        }
        return rows;
    }

    /// Stops accepting, lets open connections end within the drain timeout, closes everything.
    @Override
    public void close() throws Exception {
        try (proxy.closer) {
            gateway.stopAhead();
            proxy.drain(gateway::open);
        }
    }
}
