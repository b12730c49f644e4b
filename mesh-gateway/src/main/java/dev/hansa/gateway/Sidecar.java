package dev.hansa.gateway;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualServices;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.failover.wire.Registration;
import dev.hansa.gateway.SidecarConfig.Carried;
import dev.hansa.gateway.SidecarConfig.Served;
import dev.hansa.gateway.discovery.Identity;
import dev.hansa.gateway.discovery.ProxyCertificate;
import dev.hansa.gateway.discovery.RouteSubscription;
import dev.hansa.gateway.sidecar.ApplicationCheck;
import dev.hansa.gateway.sidecar.CallerTally;
import dev.hansa.gateway.sidecar.CheckSettings;
import dev.hansa.gateway.sidecar.Inbound;
import dev.hansa.gateway.sidecar.Outbound;
import dev.hansa.gateway.sidecar.Redirected;
import dev.hansa.gateway.sidecar.TlsEnds;
import dev.hansa.gateway.telemetry.AdminServer;
import dev.hansa.gateway.telemetry.MetricsServer;
import dev.hansa.gateway.telemetry.ProbeServer;
import dev.hansa.gateway.wire.Acceptance;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.KernelSockets;
import dev.hansa.gateway.wire.ProxyHeaderGate;
import dev.hansa.trustbundle.SpiffeId;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/// A running sidecar process: for each service that it carries an identity, a way in and its
/// upstreams' ways out.
public final class Sidecar implements AutoCloseable {
    /// Three probes of a kubelet, each of a connection a second at most; others can reach the port
    /// too.
    private static final int MAX_PROBES = 32;

    /// Two Prometheus and a person, twice over; each answer is made in memory, some 100 KB for a
    /// sidecar of many upstreams. Whoever else reaches the port takes nothing from the kubelet.
    private static final int MAX_SCRAPES = 8;

    private final Proxy proxy;
    private final SidecarConfig config;
    private final Acceptance acceptance;
    private final List<One> services = new CopyOnWriteArrayList<>();

    private Sidecar(Proxy proxy, SidecarConfig config) {
        this.proxy = proxy;
        this.config = config;
        var kernel = KernelSockets.open(proxy.telemetry);
        this.acceptance = kernel.isPresent() ? proxy.closer.add(kernel.get()) : Acceptance.UNSEEN;
    }

    /// One service's parts.
    ///
    /// @param check nothing when the service only calls, and then there is no way in
    private record One(
            Carried carried,
            Identity identity,
            RouteSubscription routes,
            Latest<List<CheckResult>> check,
            Latest<Optional<TlsEnds>> ends,
            Optional<Inbound> inbound,
            List<Outbound> upstreams,
            Optional<Redirected> redirected) {
        int open() {
            return inbound.map(Inbound::open).orElse(0)
                    + upstreams.stream().mapToInt(Outbound::open).sum()
                    + redirected.map(Redirected::open).orElse(0);
        }
    }

    /// Starts, waits until each service has a certificate and its first routes, and listens.
    ///
    /// @throws Exception when the token cannot be read or an address cannot be bound, naming it
    public static Sidecar start(SidecarConfig config, Clock clock) throws Exception {
        return start(config, clock, () -> {});
    }

    /// @param stop tells this process to stop when another has taken its place
    static Sidecar start(SidecarConfig config, Clock clock, Runnable stop) throws Exception {
        var proxy = new Proxy(config.joinTokenFile(), config.lifecycle(), clock);
        try {
            var sidecar = new Sidecar(proxy, config);
            var admin = new AdminServer(sidecar::health, proxy.metrics, proxy.connections);
            proxy.openAdmin(admin, config.adminAddress());
            for (var carried : config.services()) {
                sidecar.services.add(sidecar.carry(carried));
            }
            for (var one : sidecar.services) {
                while (one.ends().await(Optional::isPresent, Duration.ofDays(1)).isEmpty()) {
                    // a server that is away for longer than a day is still worth waiting for
                }
            }
            for (var one : sidecar.services) {
                proxy.awaitServer(one.routes());
            }
            proxy.serve(
                    admin,
                    config.adminAddress(),
                    () -> {
                        for (var one : sidecar.services) {
                            sidecar.listen(one);
                        }
                        sidecar.listenToOutsiders();
                    },
                    stop);
            proxy.telemetry.accept(
                    new GatewayEvent.Started(
                            "sidecar",
                            config.services().stream()
                                    .map(carried ->
                                            carried.name()
                                                    + " (instance "
                                                    + sidecar.registration(carried).getServiceId()
                                                    + ")"
                                                    + carried.served()
                                                            .map(served -> " on " + served.text())
                                                            .orElse(", which only calls")
                                                    + upstreams(carried))
                                    .toList()
                                    .toString()));
            return sidecar;
        } catch (Exception e) {
            try (proxy.closer) {
                throw e;
            }
        }
    }

    private static String upstreams(Carried carried) {
        return carried.upstreams().isEmpty()
                ? ""
                : carried.upstreams().stream()
                        .map(upstream ->
                                upstream.name() + " on " + Endpoints.text(upstream.listen()))
                        .collect(Collectors.joining(", ", ", upstreams ", ""));
    }

    private One carry(Carried carried) {
        var id =
                SpiffeId.service(
                        proxy.token.trustDomain(),
                        proxy.token.datacenter(),
                        carried.name().value());
        var check =
                carried.served()
                        .map(served ->
                                check(
                                        carried.name(),
                                        served.application(),
                                        served.check(),
                                        proxy.telemetry));
        var results = check.map(ApplicationCheck::results).orElseGet(() -> new Latest<>(List.of()));
        var identity =
                proxy.closer
                        .add(
                                new Identity(
                                        id,
                                        proxy.control,
                                        proxy.disk,
                                        proxy.clock,
                                        proxy.telemetry))
                        .start();
        var upstreams = new CopyOnWriteArrayList<Outbound>();
        var callers = new CallerTally(proxy.token.trustDomain());
        var routes =
                proxy.closer
                        .add(
                                new RouteSubscription(
                                        identity,
                                        proxy.control,
                                        registration(carried),
                                        carried.upstreams().stream()
                                                .map(SidecarConfig.Upstream::name)
                                                .distinct()
                                                .toList(),
                                        carried.transparent().isPresent(),
                                        results,
                                        proxy.presence,
                                        () ->
                                                new Sightings(
                                                        Upstreams.observations(upstreams),
                                                        Optional.of(callers.callers())),
                                        (order, done) -> Upstreams.trace(upstreams, order, done),
                                        config.dataDir(),
                                        proxy.software,
                                        proxy.clock,
                                        proxy.telemetry))
                        .start();
        var ends = new Latest<Optional<TlsEnds>>(Optional.empty());
        identity.certificate().watch(_ -> renew(ends, identity.certificate(), routes.snapshot()));
        routes.snapshot().watch(_ -> renew(ends, identity.certificate(), routes.snapshot()));
        var inbound =
                check.map(asked ->
                        inbound(
                                carried.name(),
                                carried.served().orElseThrow().application(),
                                asked,
                                callers,
                                ends,
                                routes));
        for (var upstream : carried.upstreams()) {
            upstreams.add(outbound(carried.name(), upstream.name(), ends, routes));
        }
        var redirected =
                carried.transparent()
                        .map(_ ->
                                redirected(
                                        carried.name(),
                                        name ->
                                                dialled(
                                                        carried.name(),
                                                        name,
                                                        upstreams,
                                                        ends,
                                                        routes),
                                        routes));
        results.watch(_ -> inbound.ifPresent(Inbound::reviewWaiting));
        if (carried.served().filter(served -> served.check().resetUnread()).isPresent()) {
            check.ifPresent(asked ->
                    asked.silent().watch(inARow -> inbound.ifPresent(in -> in.silent(inARow))));
        }
        ends.watch(_ -> {
            inbound.ifPresent(Inbound::review);
            upstreams.forEach(Outbound::review);
        });
        return new One(carried, identity, routes, results, ends, inbound, upstreams, redirected);
    }

    private Outbound outbound(
            ServiceName service,
            UpstreamName upstream,
            Latest<Optional<TlsEnds>> ends,
            RouteSubscription routes) {
        return new Outbound(
                service,
                upstream,
                proxy.transport,
                ends,
                () -> routes.lostAt().isPresent(),
                config.maxConnections(),
                config.idleTimeout(),
                proxy.clock,
                proxy.telemetry,
                proxy.telemetry::bytesIn,
                proxy.telemetry::bytesOut);
    }

    /// The upstream that an application has dialled by its virtual address: like one that is
    /// configured from then on, in health, sightings and traces too. Empty when there are as many
    /// as a server takes.
    private Optional<Outbound> dialled(
            ServiceName service,
            UpstreamName name,
            List<Outbound> upstreams,
            Latest<Optional<TlsEnds>> ends,
            RouteSubscription routes) {
        synchronized (upstreams) {
            var known = upstreams.stream().filter(one -> one.upstream().equals(name)).findFirst();
            if (known.isPresent() || upstreams.size() >= VirtualServices.MOST) {
                return known;
            }
            var made = outbound(service, name, ends, routes);
            upstreams.add(made);
            made.review();
            routes.alsoCalls(name);
            return Optional.of(made);
        }
    }

    private Redirected redirected(
            ServiceName service,
            Function<UpstreamName, Optional<Outbound>> upstreams,
            RouteSubscription routes) {
        return new Redirected(
                service,
                upstreams,
                routes.snapshot(),
                proxy.transport,
                config.maxConnections(),
                config.idleTimeout(),
                proxy.clock,
                proxy.telemetry,
                proxy.telemetry::bytesIn,
                proxy.telemetry::bytesOut);
    }

    private ApplicationCheck check(
            ServiceName service,
            Endpoint application,
            CheckSettings how,
            Consumer<GatewayEvent> events) {
        return proxy.closer.add(
                new ApplicationCheck(
                        service, application, how, proxy.transport, acceptance, events));
    }

    /// What is asked for a kubelet alone, and told nobody else.
    private List<Supplier<Boolean>> further(Carried carried) {
        return carried.served().stream()
                .flatMap(served ->
                        served.probes().stream()
                                .map(kind ->
                                        check(
                                                carried.name(),
                                                served.application(),
                                                CheckSettings.probe(kind, served.check()),
                                                _ -> {})))
                .map(asked -> (Supplier<Boolean>) () -> passes(asked.results()))
                .toList();
    }

    private Inbound inbound(
            ServiceName service,
            Endpoint application,
            ApplicationCheck check,
            CallerTally callers,
            Latest<Optional<TlsEnds>> ends,
            RouteSubscription routes) {
        return new Inbound(
                service,
                application,
                proxy.transport,
                acceptance,
                check,
                callers,
                ends,
                config.maxConnections(),
                config.idleTimeout(),
                proxy.clock,
                event -> {
                    proxy.telemetry.accept(event);
                    if (event instanceof GatewayEvent.IntentionDenied denied) {
                        routes.report(denied);
                    }
                },
                proxy.telemetry::bytesIn,
                proxy.telemetry::bytesOut);
    }

    /// Every change of certificate or snapshot makes new TLS ends for new connections: of the
    /// newest of both, whichever of two changes at one time comes last.
    private void renew(
            Latest<Optional<TlsEnds>> ends,
            Supplier<Optional<ProxyCertificate>> certificate,
            Supplier<Optional<RouteSnapshot>> snapshot) {
        ends.update(before -> {
            var own = certificate.get();
            var routes = snapshot.get();
            if (own.isEmpty() || routes.isEmpty()) {
                return before;
            }
            try {
                return Optional.of(
                        new TlsEnds(
                                before,
                                own.get(),
                                routes.get(),
                                config.tlsMinVersion(),
                                proxy.clock));
            } catch (SSLException e) {
                proxy.telemetry.accept(new GatewayEvent.BackgroundFailure("making TLS ends", e));
                return before;
            }
        });
    }

    private Registration registration(Carried carried) {
        var id = carried.served().flatMap(Served::id);
        var registration =
                Registration.newBuilder()
                        .setProxyId(config.nodeName() + "-" + id.orElse(carried.name().value()))
                        .setNodeName(config.nodeName())
                        .setService(carried.name().value())
                        .setServiceId(id.orElse(carried.name() + "-" + config.nodeName()))
                        .setOnlyCalls(carried.served().isEmpty())
                        .setMachine(config.machine().orElse(""));
        carried.served().ifPresent(served -> register(served, registration));
        return registration.build();
    }

    private static void register(Served served, Registration.Builder registration) {
        var host = served.listen().getHostString();
        registration
                .setNodeAddress(host)
                .setServiceAddress(served.application().host())
                .setServicePort(served.application().port())
                .addAllTags(served.tags())
                .putAllMeta(served.meta())
                .setLan(Address.newBuilder().setHost(host).setPort(served.listen().getPort()));
    }

    private void listen(One one) throws IOException {
        if (one.inbound().isPresent()) {
            proxy.doors.open(
                    one.carried().served().orElseThrow().listen(),
                    Admission.undecided(
                            "inbound",
                            Admission.halfOpen(config.maxConnections()),
                            proxy.telemetry),
                    ProxyHeaderGate.of(config.proxies(), one.inbound().get()::accept));
        }
        for (var i = 0; i < one.carried().upstreams().size(); i++) {
            var outbound = one.upstreams().get(i);
            proxy.doors.open(
                    one.carried().upstreams().get(i).listen(),
                    Admission.unlimited("upstream", proxy.telemetry),
                    outbound::accept);
        }
        if (one.redirected().isPresent()) {
            proxy.doors.openRedirected(
                    one.carried().transparent().orElseThrow(),
                    Admission.unlimited("redirected", proxy.telemetry),
                    one.redirected().get()::accept);
        }
    }

    /// Bound after everything else: whoever connects here finds the listeners open.
    private void listenToOutsiders() throws IOException {
        if (config.probeAddress().isPresent()) {
            var address = config.probeAddress().get();
            var further =
                    services.stream().flatMap(one -> further(one.carried()).stream()).toList();
            new ProbeServer(proxy::status, this::applicationsPass, further)
                    .listen(proxy.doors, address, atMost("probe", MAX_PROBES));
        }
        if (config.metricsAddress().isPresent()) {
            var address = config.metricsAddress().get();
            new MetricsServer(proxy.metrics)
                    .listen(proxy.doors, address, atMost("metrics", MAX_SCRAPES));
        }
    }

    private Admission atMost(String listener, int most) {
        return new Admission(listener, most, most, () -> false, System::nanoTime, proxy.telemetry);
    }

    private boolean applicationsPass() {
        return services.stream().allMatch(one -> one.inbound().isEmpty() || passes(one.check()));
    }

    private static boolean passes(Latest<List<CheckResult>> results) {
        return results.get().stream().allMatch(check -> check.getStatus().equals("passing"));
    }

    private Map<String, Object> health() {
        var state = new LinkedHashMap<String, Object>();
        state.put("status", proxy.status());
        state.put("role", "sidecar");
        state.put("datacenter", proxy.token.datacenter().name());
        var all = new LinkedHashMap<String, Object>();
        services.forEach(one -> all.put(one.carried().name().value(), health(one)));
        state.put("services", all);
        return state;
    }

    private static Map<String, Object> health(One one) {
        return SidecarHealth.of(
                one.routes(),
                one.identity(),
                one.check().get(),
                one.inbound().isPresent(),
                one.open(),
                one.upstreams(),
                one.redirected());
    }

    /// Stops accepting, lets open connections end within the drain timeout, closes everything.
    @Override
    public void close() throws Exception {
        try (proxy.closer) {
            proxy.drain(() -> services.stream().mapToInt(One::open).sum());
        }
    }
}
