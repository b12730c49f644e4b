package dev.hansa.peering.api;

import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessControl;
import dev.hansa.peering.acl.Actor;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.discovery.DenialLog;
import dev.hansa.peering.failover.FailoverOperations;
import dev.hansa.peering.history.History;
import dev.hansa.peering.login.KeySource;
import dev.hansa.peering.store.Contact;
import dev.hansa.peering.store.Members;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.store.Witness;
import dev.hansa.peering.ui.UiDoor;
import dev.hansa.trustbundle.TrustBundle;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The operators' door: Consul's HTTP API. Bytes are read and written on the event loop; each
/// request is answered on a virtual thread of its own, because answers wait on the disk, on peers
/// and on changes.
public final class ApiRouter implements AutoCloseable {
    private static final String CHANGES = "/v1/hansa/changes";
    private static final ThreadFactory THREADS = Thread.ofVirtual().name("api-request").factory();

    private final ApiSettings settings;
    private final BlockingReads reads;
    private final Agent agent;
    private final ChangeStream changes;
    private final MonitorStream monitor;
    private final Consumer<PeeringEvent> events;
    private final Places places;

    private volatile Optional<Elsewhere> elsewhere = Optional.empty();

    /// Whether all members know of the audit log, and of what is asked for its sake.
    private volatile BooleanSupplier hasAudit = () -> false;

    private volatile Runnable confirm = () -> {};

    private volatile Supplier<Contact> contact = () -> Contact.LEADING;

    private final Routes routes = new Routes();
    private final AccessControl control;
    private final Doorkeeper doorkeeper;
    private final AclResources acl;
    private final AuditNotes notes;
    private final Safely safely;
    private Optional<SnapshotResource> snapshots = Optional.empty();

    /// @param bundle the datacenter's own roots, the signing one first
    /// @param denials what the sidecars told of
    /// @param monitor outlives this
    public ApiRouter(
            ApiSettings settings,
            Store store,
            LiveCatalog catalog,
            PeeringOperations peerings,
            JoinTokens joinTokens,
            Supplier<TrustBundle> bundle,
            DenialLog denials,
            MonitorStream monitor,
            Consumer<PeeringEvent> events) {
        this.settings = settings;
        this.monitor = monitor;
        this.events = events;
        this.places = new Places(settings.readers());
        this.reads = new BlockingReads(store, catalog, peerings.changes());
        this.control = new AccessControl(settings.access(), store, settings.clock());
        this.notes = new AuditNotes(store, events, System::nanoTime);
        this.doorkeeper = new Doorkeeper(control, places, notes, events);
        this.safely = new Safely(doorkeeper, events);
        routes.peerings(new PeeringResource(peerings, reads));
        routes.config(new ConfigResource(store, reads, notes, events));
        var views = new CatalogReads(catalog.snapshots(), store, reads);
        routes.catalog(new CatalogResource(settings, views));
        routes.health(new HealthResource(views));
        var registrations = new Registrations(store);
        routes.registration(new RegistrationResource(settings, registrations));
        agent = new Agent(settings, catalog.snapshots(), registrations);
        routes.discovery(new DiscoveryChainResource(settings, store, bundle, reads));
        var mesh =
                new MeshResource(settings, store, catalog.snapshots(), bundle, joinTokens, reads);
        routes.mesh(mesh);
        var summary = new SummaryResource(views, mesh::exports, reads);
        routes.summary(summary);
        // as whoever leads knows it
        changes =
                new ChangeStream(
                        settings.datacenter().name(),
                        places,
                        request -> ownAnswer(request, summary::changes));
        routes.intentions(new IntentionResource(settings, store, denials, reads, events));
        acl = AclResources.of(settings, control, store, reads, events);
        routes.acl(acl);
        routes.document();
    }

    /// Also lets people and programs log in; before [#router].
    public void logins(KeySource keys) {
        routes.logins(acl.logins(keys));
    }

    /// Also takes the words of those who own checks; before [#router].
    public void checks(CheckWatch watch) {
        routes.agentServices(new AgentServiceResource(agent));
        routes.agentChecks(new AgentCheckResource(agent, watch, events));
        routes.heartbeat(new HeartbeatResource(agent, watch));
    }

    /// Also answers for the certificate authority; before [#router].
    ///
    /// @param leafLife of certificates
    public void certificateAuthority(CaOperations ca, Duration leafLife) {
        routes.authority(new CaResource(ca, leafLife));
    }

    /// Also answers for failover; before [#router].
    public void failover(FailoverOperations failover) {
        reads.failovers(failover.failoverCount());
        routes.failover(new FailoverResource(failover, reads));
        routes.controls(new ControlResource(failover, reads));
        routes.topology(new TopologyResource(failover::flows, failover::proxies, reads));
    }

    /// Also answers for the members of the log, and says of the servers where theirs are; before
    /// [#router].
    public void members(Members members, Duration deadAfter) {
        contact = members::contact;
        var addresses = new LogAddresses(agent, members);
        routes.members(new OperatorResource(addresses, deadAfter, notes, events));
        routes.agent(new AgentResource(settings, agent, reads, addresses), settings.nodeName());
    }

    /// Also tells who did what; before [#router].
    public void audit(AuditLog log) {
        hasAudit = () -> log.head().get().number() > 0;
        routes.audit(new AuditResource(log));
    }

    /// Also tells what has happened of late; before [#router].
    public void history(History history) {
        reads.happenings(history.count());
        routes.history(new HistoryResource(settings.nodeName(), history, reads));
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

    /// All of them.
    Routes routes() {
        return routes;
    }

    /// Called before a read that may not be stale, and after a change for which the log was not
    /// asked; before [#router].
    ///
    /// @param leads throws [StoreFailure] when this server does not lead any more
    public void confirm(Runnable leads) {
        confirm = leads;
    }

    /// Answers a request that another server has passed on.
    ///
    /// @throws InterruptedException when this server stops
    public Question.Answer answer(Question question) throws InterruptedException {
        try (var stay = question.kind().equals(Question.OWN) ? places.ours() : places.passedOn()) {
            return answer(question, stay);
        }
    }

    private Question.Answer answer(Question question, Places.Stay stay)
            throws InterruptedException {
        var route = routes.find(question.method(), question.route());
        if (route.isEmpty()) {
            return new Question.Answer(
                    500, "request: expected one that this server's version knows; found another");
        }
        var difference = doorkeeper.difference(question.access());
        if (difference.isPresent()) {
            return new Question.Answer(500, difference.get());
        }
        var request =
                new ApiRequest(
                        question.path(), question.query(), question.body(), stay, Caller.NOBODY);
        var told =
                question.kind().equals(Question.OWN) && question.route().equals(CHANGES)
                        ? new Told(
                                answerAs(Caller.everything(), request, "GET", route.get()),
                                false,
                                Contact.LEADING)
                        : Author.at(
                                new Author.Entrance(
                                        question.from(),
                                        question.method() + " " + question.route()),
                                () ->
                                        answer(
                                                request,
                                                ShownToken.passedOn(question.token()),
                                                question.method(),
                                                route.get()));
        return PassedOn.of(told.answer(), told.missedSome());
    }

    /// Also gives and takes snapshots; before [#router].
    public void snapshots(SnapshotResource resource) {
        snapshots = Optional.of(resource);
    }

    /// The routes, to be mounted on the API's listener.
    public Router router(Vertx vertx) {
        var router = Router.router(vertx);
        var body = new BodyDoor(events);
        router.route().handler(AnswerWriter::dated);
        router.route()
                .handler(new OriginGuard(settings.listen(), System::nanoTime, events))
                .failureHandler(body::fail);
        router.route().handler(new RequestPace(settings.rates(), System::nanoTime, events));
        router.route().handler(new ReadableLine()).handler(OneNamespace::require);
        StreamRoute.SNAPSHOT.mount(router, doorkeeper);
        snapshots.ifPresent(resource -> resource.mount(router, notes, contact));
        router.route().handler(new UiDoor());
        StreamRoute.EVENTS.mount(router, doorkeeper, changes::open);
        StreamRoute.MONITOR.mount(router, doorkeeper, monitor::open);
        router.route("/v1/acl/login").handler(new LoginGate(System::nanoTime, events));
        body.mount(router);
        routes.inOrder()
                .forEach(entry ->
                        router.route(entry.getKey())
                                .handler(call -> dispatch(call, entry.getKey(), entry.getValue())));
        router.route().handler(NotPlanned::answer);
        return router;
    }

    /// Keeps the registrations that the store holds in the catalog, from now until closed.
    public static Latest.Subscription mirrorRegistrations(Store store, LiveCatalog catalog) {
        return store.state().watch(state -> catalog.registered(state.registrations()));
    }

    private void dispatch(RoutingContext call, String path, Map<String, Routes.Route> methods) {
        var method = call.request().method().name();
        var route = methods.get(method);
        if (route == null) {
            call.response().putHeader("Allow", "OPTIONS," + String.join(",", methods.keySet()));
            if (method.equals("OPTIONS")) {
                AnswerWriter.plain(call, 200, "");
            } else {
                AnswerWriter.plain(call, 405, "method " + method + " not allowed");
            }
        } else {
            try {
                start(call, path, route, ShownToken.of(call));
            } catch (RefusedRequestException e) {
                AnswerWriter.plain(call, e.status(), e.sentence());
            }
        }
    }

    private void start(RoutingContext call, String path, Routes.Route route, Optional<Secret> token)
            throws RefusedRequestException {
        var method = call.request().method().name();
        // whatever may go wrong with a request does so before it has a place
        var asked = request(call, places.ours());
        var loop = call.vertx().getOrCreateContext();
        var entrance = Doorkeeper.entrance(call, path);
        var stay =
                places.enter(ClientNetwork.client(call))
                        .orElseThrow(() ->
                                new RefusedRequestException(
                                        429,
                                        "request: expected at most "
                                                + places.mostRunning()
                                                + "; found as many already running"));
        var request = asked.in(stay);
        BodyDoor.handOver(call, stay);
        stay.work(
                THREADS,
                () -> {
                    var told =
                            Author.at(entrance, () -> answer(request, token, method, path, route));
                    loop.runOnContext(_ ->
                            AnswerWriter.send(
                                    call,
                                    told.answer(),
                                    told.contact(),
                                    control.defaultAllow(),
                                    told.missedSome()));
                });
        // on the same loop, which tells of it later
        call.response().closeHandler(_ -> stay.hungUp());
    }

    private static ApiRequest request(RoutingContext call, Places.Stay stay) {
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
        return new ApiRequest(
                call.pathParams(), query, body == null ? "" : body, stay, Caller.NOBODY);
    }

    /// @param missedSome whether the answer leaves out what the caller may not see
    /// @param contact how whoever has answered stands to the one that leads
    private record Told(ApiAnswer answer, boolean missedSome, Contact contact) {}

    private Told answer(
            ApiRequest request,
            Optional<Secret> token,
            String method,
            String path,
            Routes.Route route) {
        var leader = elsewhere;
        if (leader.isEmpty() || StaleReads.isAnsweredHere(request, method, path)) {
            return answer(request, token, method, route);
        }
        // by what this server knows of tokens, which may be old
        request.stay().waitsAmong(doorkeeper.isStranger(token));
        var missedSome = new AtomicBoolean();
        var isLost = new AtomicBoolean();
        var answer =
                safely.answer(() -> {
                    Question.Answer said;
                    try {
                        said =
                                ask(
                                        leader.get(),
                                        new Question(
                                                Question.API,
                                                method,
                                                path,
                                                request.path(),
                                                request.query(),
                                                request.body(),
                                                token.map(Secret::value).orElse(""),
                                                control.mode(),
                                                hasAudit.getAsBoolean() ? Author.from() : ""),
                                        request);
                    } catch (StoreFailure e) {
                        if (!StaleReads.isAnsweredWithoutLeader(request, method, path)) {
                            throw e;
                        }
                        // answered below, by what this server has
                        reads.withoutLeader(request);
                        isLost.set(true);
                        return ApiAnswer.EMPTY;
                    }
                    missedSome.set(said.missedSome());
                    return PassedOn.read(said);
                });
        return isLost.get()
                ? answer(request.atOnce(), token, method, route)
                : new Told(answer, missedSome.get(), Contact.LEADING);
    }

    private Told answer(
            ApiRequest request, Optional<Secret> shown, String method, Routes.Route route) {
        var token = route.ask().isOfAnyToken() ? Optional.<Secret>empty() : shown;
        var missedSome = new AtomicBoolean();
        var answer =
                safely.answer(() -> {
                    var access = doorkeeper.access(token);
                    request.stay().waitsAmong(access.isNothing());
                    var caller = new Caller(access, token);
                    var said = answerAs(caller, request, method, route);
                    if (mayWait(method, request)) {
                        // whoever has waited may not do meanwhile what he might before
                        var now = doorkeeper.access(token);
                        if (now != access) {
                            caller = new Caller(now, token);
                            said = answerAs(caller, request.atOnce(), method, route);
                        }
                    }
                    missedSome.set(caller.missedSome());
                    return said;
                });
        return new Told(answer, missedSome.get(), contact.get());
    }

    private ApiAnswer answerAs(
            Caller caller, ApiRequest request, String method, Routes.Route route) {
        var log = new Witness();
        var said =
                Actor.as(
                        caller.access(),
                        () ->
                                log.watch(() ->
                                        safely.answer(() -> work(caller, request, method, route))));
        // that there is nothing to do was true of what a former leader held, too
        return method.equals("GET") || log.hasSpoken() || !said.isDone()
                ? said
                : safely.answer(() -> confirmed(said));
    }

    private ApiAnswer confirmed(ApiAnswer said) {
        confirm.run();
        return said;
    }

    private ApiAnswer work(Caller caller, ApiRequest request, String method, Routes.Route route)
            throws RefusedRequestException, InterruptedException {
        if (method.equals("GET") && !request.query().containsKey("stale")) {
            confirm.run();
        }
        var datacenter = request.query().getOrDefault("dc", "");
        if (!datacenter.isEmpty() && !datacenter.equals(settings.datacenter().name())) {
            return ApiAnswer.text(500, "No path to datacenter");
        }
        var known = request.by(caller);
        route.ask().of(known);
        return route.resource().answer(known);
    }

    /// What this server asks for itself, of itself or of whoever leads.
    private ApiAnswer ownAnswer(ApiRequest request, ApiResource resource) {
        var leader = elsewhere;
        if (leader.isEmpty()) {
            return answerAs(
                    Caller.everything(), request, "GET", new Routes.Route(Ask.nothing(), resource));
        }
        return safely.answer(() ->
                PassedOn.read(
                        ask(
                                leader.get(),
                                new Question(
                                        Question.OWN,
                                        "GET",
                                        CHANGES,
                                        request.path(),
                                        request.query(),
                                        "",
                                        "",
                                        control.mode(),
                                        ""),
                                request)));
    }

    /// Whoever waits at the leader waits here too.
    private static Question.Answer ask(Elsewhere leader, Question question, ApiRequest request)
            throws RefusedRequestException, InterruptedException {
        var stay = request.stay();
        if (!mayWait(question.method(), request)) {
            return leader.ask(question, stay::isGone);
        }
        var said = new AtomicReference<>(new Question.Answer(503, "the caller has hung up"));
        stay.await(() -> said.set(leader.ask(question, stay::isGone)));
        return said.get();
    }

    private static boolean mayWait(String method, ApiRequest request) {
        return method.equals("GET")
                && (request.query().containsKey("index") || request.query().containsKey("hash"));
    }

    /// Answers all who wait with what there is, and lets go of store and catalog.
    @Override
    public void close() {
        changes.close();
        reads.close();
        notes.close();
    }
}
