package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.discovery.DenialLog;
import dev.hansa.peering.failover.FailoverOperations;
import dev.hansa.peering.store.Members;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.ui.UiDoor;
import dev.hansa.trustbundle.TrustBundle;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The operators' door: Consul's HTTP API. Bytes are read and written on the event loop; each
/// request is answered on a virtual thread of its own, because answers wait on the disk, on peers
/// and on changes.
public final class ApiRouter implements AutoCloseable {
    /// As Consul's largest transaction; a longer entry or token is a mistake.
    private static final long MAX_BODY = 512 * 1024;

    /// Each holds a body and a thread; waiting readers are among them and have a lower limit.
    private static final int MAX_IN_FLIGHT = 1024;

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final long NO_INDEX = -1;

    private static final String CHANGES = "/v1/hansa/changes";

    /// What streams and the authority are doing is not in the store.
    private static final List<String> LEADERS_ALONE =
            List.of(
                    "/v1/peering",
                    "/v1/operator/",
                    "/v1/hansa/ca",
                    "/v1/connect/ca/configuration",
                    "/v1/hansa/intention-denials",
                    "/v1/hansa/changes",
                    "/v1/hansa/explain/",
                    "/v1/hansa/failover");

    private final ApiSettings settings;
    private final BlockingReads reads;
    private final Agent agent;
    private final ChangeStream changes;
    private final Consumer<PeeringEvent> events;
    private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);

    private volatile Optional<Elsewhere> elsewhere = Optional.empty();
    private volatile Runnable confirm = () -> {};

    /// By path, then by method.
    private final Map<String, Map<String, ApiResource>> resources = new TreeMap<>();

    private Optional<SnapshotResource> snapshots = Optional.empty();

    /// @param bundle the datacenter's own roots, the signing one first
    /// @param denials what the sidecars told of
    public ApiRouter(
            ApiSettings settings,
            Store store,
            LiveCatalog catalog,
            PeeringOperations peerings,
            JoinTokens joinTokens,
            Supplier<TrustBundle> bundle,
            DenialLog denials,
            Consumer<PeeringEvent> events) {
        this.settings = settings;
        this.events = events;
        this.reads = new BlockingReads(store, catalog, peerings.changes());
        peerings(new PeeringResource(peerings, reads));
        config(new ConfigResource(store, reads, events));
        var views = new CatalogReads(catalog.snapshots(), store, reads);
        catalog(new CatalogResource(settings, views));
        health(new HealthResource(views));
        var registrations = new Registrations(store);
        var registration = new RegistrationResource(settings, registrations);
        on("PUT", "/v1/catalog/register", registration::register);
        on("PUT", "/v1/catalog/deregister", registration::deregister);
        agent = new Agent(settings, catalog.snapshots(), registrations);
        agent(new AgentResource(settings, agent, reads));
        discovery(new DiscoveryChainResource(settings, store, bundle, reads));
        var mesh =
                new MeshResource(settings, store, catalog.snapshots(), bundle, joinTokens, reads);
        mesh(mesh);
        var summary = new SummaryResource(catalog.snapshots(), mesh::exports, reads);
        on("GET", "/v1/hansa/services", summary::services);
        on("GET", "/v1/hansa/changes", summary::changes);
        // as whoever leads knows it
        changes =
                new ChangeStream(
                        settings.datacenter().name(),
                        request -> answer(request, "GET", CHANGES, summary::changes));
        intentions(new IntentionResource(settings, store, denials, reads, events));
    }

    private void peerings(PeeringResource peerings) {
        on("POST", "/v1/peering/token", peerings::generateToken);
        on("POST", "/v1/peering/establish", peerings::establish);
        on("GET", "/v1/peering/", peerings::read);
        on("GET", "/v1/peering/:name", peerings::read);
        on("DELETE", "/v1/peering/:name", peerings::delete);
        on("DELETE", "/v1/peering/:name/token", peerings::revokeToken);
        on("GET", "/v1/peerings", peerings::list);
    }

    private void config(ConfigResource config) {
        on("PUT", "/v1/config", config::write);
        on("GET", "/v1/config/:kind", config::list);
        on("DELETE", "/v1/config/:kind", config::delete);
        on("GET", "/v1/config/:kind/:name", config::read);
        on("DELETE", "/v1/config/:kind/:name", config::delete);
    }

    private void catalog(CatalogResource catalog) {
        on("GET", "/v1/catalog/datacenters", catalog::datacenters);
        on("GET", "/v1/catalog/nodes", catalog::nodes);
        on("GET", "/v1/catalog/node/", catalog::node);
        on("GET", "/v1/catalog/node/:node", catalog::node);
        on("GET", "/v1/catalog/services", catalog::services);
        on("GET", "/v1/catalog/service/", catalog::service);
        on("GET", "/v1/catalog/service/:service", catalog::service);
        on("GET", "/v1/catalog/connect/", catalog::connect);
        on("GET", "/v1/catalog/connect/:service", catalog::connect);
        on("GET", "/v1/catalog/node-services/", catalog::nodeServices);
        on("GET", "/v1/catalog/node-services/:node", catalog::nodeServices);
        on("GET", "/v1/hansa/imported-services", catalog::imported);
    }

    private void health(HealthResource health) {
        on("GET", "/v1/health/service/", health::service);
        on("GET", "/v1/health/service/:service", health::service);
        on("GET", "/v1/health/connect/", health::connect);
        on("GET", "/v1/health/connect/:service", health::connect);
        on("GET", "/v1/health/ingress/:service", health::ingress);
        on("GET", "/v1/health/checks/:service", health::checks);
        on("GET", "/v1/health/node/", health::node);
        on("GET", "/v1/health/node/:node", health::node);
        on("GET", "/v1/health/state/", health::state);
        on("GET", "/v1/health/state/:state", health::state);
    }

    /// Also takes the words of those who own checks; before [#router].
    public void checks(CheckWatch watch) {
        var services = new AgentServiceResource(agent);
        on("PUT", "/v1/agent/service/register", services::register);
        on("PUT", "/v1/agent/service/deregister/:id", services::deregister);
        on("PUT", "/v1/agent/service/maintenance/", services::maintenance);
        on("PUT", "/v1/agent/service/maintenance/:id", services::maintenance);
        on("PUT", "/v1/agent/maintenance", services::nodeMaintenance);
        var checks = new AgentCheckResource(agent, watch, events);
        on("PUT", "/v1/agent/check/register", checks::register);
        on("PUT", "/v1/agent/check/deregister/:id", checks::deregister);
        on("PUT", "/v1/agent/check/pass/:id", checks::pass);
        on("PUT", "/v1/agent/check/warn/:id", checks::warn);
        on("PUT", "/v1/agent/check/fail/:id", checks::fail);
        on("PUT", "/v1/agent/check/update/:id", checks::update);
    }

    private void discovery(DiscoveryChainResource chains) {
        on("GET", "/v1/discovery-chain/", chains::read);
        on("GET", "/v1/discovery-chain/:service", chains::read);
        on("POST", "/v1/discovery-chain/:service", chains::read);
    }

    private void mesh(MeshResource mesh) {
        on("GET", "/v1/connect/ca/roots", mesh::roots);
        on("GET", "/v1/agent/connect/ca/roots", mesh::roots);
        on("GET", "/v1/exported-services", mesh::exported);
        on("POST", "/v1/hansa/join-token", mesh::issueJoinToken);
    }

    /// Also answers for the certificate authority; before [#router].
    ///
    /// @param leafLife of certificates
    public void certificateAuthority(CaOperations ca, Duration leafLife) {
        var resource = new CaResource(ca, leafLife);
        on("GET", "/v1/connect/ca/configuration", resource::configuration);
        on("PUT", "/v1/connect/ca/configuration", resource::configure);
        on("GET", "/v1/hansa/ca", resource::status);
        on("PUT", "/v1/hansa/ca/rotate", resource::rotate);
    }

    /// Also answers for failover; before [#router].
    public void failover(FailoverOperations failover) {
        reads.failovers(failover.failoverCount());
        var resource = new FailoverResource(failover, reads);
        on("GET", "/v1/hansa/failovers", resource::failovers);
        on("GET", "/v1/hansa/explain/:service", resource::explain);
        on("POST", "/v1/hansa/trace/:service", resource::trace);
        on("GET", "/v1/hansa/failover/readiness", resource::readiness);
        var controls = new ControlResource(failover, reads);
        on("GET", "/v1/hansa/failover/controls", controls::list);
        on("POST", "/v1/hansa/failover/controls", controls::order);
        on("DELETE", "/v1/hansa/failover/controls/:id", controls::clear);
        on("GET", "/v1/hansa/failover/drills/:id", controls::drill);
    }

    /// Also answers for the members of the log; before [#router].
    public void members(Members members) {
        var resource = new OperatorResource(settings, members, events);
        on("GET", "/v1/operator/raft/configuration", resource::configuration);
        on("GET", "/v1/operator/autopilot/health", resource::health);
        on("DELETE", "/v1/operator/raft/peer", resource::remove);
        on("POST", "/v1/operator/raft/transfer-leader", resource::transfer);
        on("GET", "/v1/status/leader", resource::leader);
        on("GET", "/v1/status/peers", resource::peers);
    }

    /// The server that leads, for one that does not.
    @FunctionalInterface
    public interface Elsewhere {
        /// @param gone whether the caller has hung up
        /// @throws InterruptedException when this server stops
        Question.Answer ask(Question question, BooleanSupplier gone) throws InterruptedException;
    }

    /// What may be stale is answered here, all else by the server that leads; before [#router].
    public void elsewhere(Elsewhere leader) {
        elsewhere = Optional.of(leader);
        reads.ofCopy();
    }

    /// Called before a read that may not be stale; before [#router].
    ///
    /// @param leads throws [StoreFailure] when this server does not lead any more
    public void confirm(Runnable leads) {
        confirm = leads;
    }

    /// Answers a request that another server has passed on.
    ///
    /// @throws InterruptedException when this server stops
    public Question.Answer answer(Question question) throws InterruptedException {
        var resource = resources.getOrDefault(question.route(), Map.of()).get(question.method());
        if (resource == null) {
            return new Question.Answer(
                    500, "request: expected one that this server's version knows; found another");
        }
        var request =
                new ApiRequest(question.path(), question.query(), question.body(), () -> false);
        return switch (answer(request, question.method(), resource)) {
            case ApiAnswer.Json(var body, var index) ->
                    new Question.Answer(
                            200, "application/json", body.toString(), index.orElse(NO_INDEX));
            case ApiAnswer.Plain(var status, var type, var text, var index) ->
                    new Question.Answer(status, type, text, index.orElse(NO_INDEX));
        };
    }

    private static ApiAnswer read(Question.Answer answer) {
        var index = answer.index() < 0 ? OptionalLong.empty() : OptionalLong.of(answer.index());
        if (!answer.contentType().equals("application/json") || answer.status() != 200) {
            return new ApiAnswer.Plain(answer.status(), answer.contentType(), answer.body(), index);
        }
        try {
            return new ApiAnswer.Json(JSON.readTree(answer.body()), index);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("another server's JSON cannot be read", e);
        }
    }

    /// A follower answers what asks for no more than it has: not what waits for an index that it
    /// may be behind, and not what only the leader knows.
    private boolean isAnsweredHere(ApiRequest request, String method, String route) {
        return route.equals("/v1/agent/self")
                || route.startsWith("/v1/status/")
                || method.equals("GET")
                        && request.query().containsKey("stale")
                        && !request.query().containsKey("index")
                        && LEADERS_ALONE.stream().noneMatch(route::startsWith);
    }

    /// Also gives and takes snapshots; before [#router].
    public void snapshots(SnapshotResource resource) {
        snapshots = Optional.of(resource);
    }

    private void intentions(IntentionResource intentions) {
        on("GET", "/v1/connect/intentions", intentions::list);
        on("POST", "/v1/connect/intentions", intentions::create);
        on("GET", "/v1/connect/intentions/exact", intentions::exact);
        on("PUT", "/v1/connect/intentions/exact", intentions::put);
        on("DELETE", "/v1/connect/intentions/exact", intentions::remove);
        on("GET", "/v1/connect/intentions/match", intentions::match);
        on("GET", "/v1/connect/intentions/check", intentions::check);
        on("GET", "/v1/connect/intentions/:id", intentions::byId);
        on("PUT", "/v1/connect/intentions/:id", intentions::putById);
        on("DELETE", "/v1/connect/intentions/:id", intentions::removeById);
        on("GET", "/v1/hansa/intention-denials", intentions::denials);
    }

    private void agent(AgentResource agent) {
        on("GET", "/v1/agent/self", agent::self);
        on("GET", "/v1/agent/version", agent::version);
        on("GET", "/v1/agent/members", agent::members);
        on("GET", "/v1/agent/services", agent::services);
        on("GET", "/v1/agent/service/:id", agent::service);
        on("GET", "/v1/agent/checks", agent::checks);
        on("GET", "/v1/agent/health/service/id/:id", agent::healthById);
        on("GET", "/v1/agent/health/service/name/:name", agent::healthByName);
    }

    private void on(String method, String path, ApiResource resource) {
        resources.computeIfAbsent(path, _ -> new TreeMap<>()).put(method, resource);
    }

    /// The routes, to be mounted on the API's listener.
    public Router router(Vertx vertx) {
        var router = Router.router(vertx);
        router.route().handler(AnswerWriter::dated);
        router.route().handler(new OriginGuard(settings.listen())).failureHandler(this::fail);
        snapshots.ifPresent(resource -> resource.mount(router));
        router.route().handler(new UiDoor());
        router.get("/v1/hansa/events").handler(changes::open);
        router.route().handler(ApiRouter::asItIs);
        router.route().handler(BodyHandler.create(false).setBodyLimit(MAX_BODY));
        // Fixed paths before those with variable parts.
        resources.entrySet().stream()
                .sorted(
                        Map.Entry.<String, Map<String, ApiResource>>comparingByKey(
                                Comparator.comparing((String path) -> path.contains(":"))
                                        .thenComparing(path -> path)))
                .forEach(entry ->
                        router.route(entry.getKey())
                                .handler(call -> dispatch(call, entry.getKey(), entry.getValue())));
        router.route().handler(call -> AnswerWriter.plain(call, 404, "404 page not found"));
        return router;
    }

    /// Keeps the registrations that the store holds in the catalog, from now until closed.
    public static Latest.Subscription mirrorRegistrations(Store store, LiveCatalog catalog) {
        return store.state().watch(state -> catalog.registered(state.registrations()));
    }

    private void dispatch(RoutingContext call, String route, Map<String, ApiResource> methods) {
        var method = call.request().method().name();
        var resource = methods.get(method);
        if (resource == null) {
            call.response().putHeader("Allow", "OPTIONS," + String.join(",", methods.keySet()));
            if (method.equals("OPTIONS")) {
                AnswerWriter.plain(call, 200, "");
            } else {
                AnswerWriter.plain(call, 405, "method " + method + " not allowed");
            }
        } else if (!inFlight.tryAcquire()) {
            AnswerWriter.plain(
                    call,
                    429,
                    "request: expected at most "
                            + MAX_IN_FLIGHT
                            + " at once; found as many already running");
        } else {
            start(call, route, resource);
        }
    }

    private void start(RoutingContext call, String route, ApiResource resource) {
        var method = call.request().method().name();
        var gone = new AtomicBoolean();
        call.response().closeHandler(_ -> gone.set(true));
        var request = request(call, gone);
        var loop = call.vertx().getOrCreateContext();
        Thread.ofVirtual()
                .name("api-request")
                .start(() -> {
                    try {
                        var answer = answer(request, method, route, resource);
                        loop.runOnContext(_ -> AnswerWriter.send(call, answer));
                    } finally {
                        inFlight.release();
                    }
                });
    }

    private static ApiRequest request(RoutingContext call, AtomicBoolean gone) {
        var query = new HashMap<String, String>();
        call.queryParams()
                .forEach((name, value) ->
                        query.merge(
                                name,
                                value,
                                (first, next) ->
                                        ApiRequest.REPEATED.contains(name)
                                                ? first + "\n" + next
                                                : first));
        var body = call.body().asString();
        return new ApiRequest(call.pathParams(), query, body == null ? "" : body, gone::get);
    }

    private ApiAnswer answer(
            ApiRequest request, String method, String route, ApiResource resource) {
        var leader = elsewhere;
        if (leader.isEmpty() || isAnsweredHere(request, method, route)) {
            return answer(request, method, resource);
        }
        return told(() ->
                read(
                        leader.get()
                                .ask(
                                        new Question(
                                                Question.API,
                                                method,
                                                route,
                                                request.path(),
                                                request.query(),
                                                request.body()),
                                        request.gone())));
    }

    private ApiAnswer answer(ApiRequest request, String method, ApiResource resource) {
        return told(() -> {
            if (method.equals("GET") && !request.query().containsKey("stale")) {
                confirm.run();
            }
            var datacenter = request.query().getOrDefault("dc", "");
            if (!datacenter.isEmpty() && !datacenter.equals(settings.datacenter().name())) {
                return ApiAnswer.text(500, "No path to datacenter");
            }
            return resource.answer(request);
        });
    }

    @FunctionalInterface
    private interface Work {
        ApiAnswer run() throws RefusedRequestException, InterruptedException;
    }

    /// What the caller is told, whatever becomes of the work.
    private ApiAnswer told(Work work) {
        try {
            return work.run();
        } catch (RefusedRequestException e) {
            return ApiAnswer.of(e);
        } catch (StoreFailure e) {
            events.accept(new PeeringEvent.WriteRefused(String.valueOf(e.getMessage())));
            return ApiAnswer.text(500, String.valueOf(e.getMessage()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return ApiAnswer.text(503, "server is stopping");
        } catch (RuntimeException e) {
            // A defect of ours: told in full to the log, in one word to the caller.
            events.accept(new PeeringEvent.BackgroundFailure("API request", e));
            return ApiAnswer.text(500, "internal error");
        }
    }

    /// Bodies are read as what they are, whatever they are called: curl calls each a form, and a
    /// form's fields are short.
    private static void asItIs(RoutingContext call) {
        call.request().headers().remove("Content-Type");
        call.next();
    }

    private void fail(RoutingContext call) {
        var status = call.statusCode() < 400 ? 500 : call.statusCode();
        if (status == 413) {
            AnswerWriter.plain(
                    call, 413, "body: expected at most " + MAX_BODY + " bytes; found more");
        } else if (call.failure() == null) {
            AnswerWriter.plain(
                    call, status, "request: expected one that can be read; found otherwise");
        } else {
            events.accept(new PeeringEvent.BackgroundFailure("API request", call.failure()));
            AnswerWriter.plain(call, status, status == 500 ? "internal error" : "request refused");
        }
    }

    /// Answers all who wait with what there is, and lets go of store and catalog.
    @Override
    public void close() {
        changes.close();
        reads.close();
    }
}
