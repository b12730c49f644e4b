package dev.hansa.cli.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.api.ServiceFile;
import dev.hansa.peering.api.ServiceFile.Definition;
import dev.hansa.peering.configentry.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Keeps the catalog at what is true of this machine. Says that the machine is there, again and
/// again; the answer is what the catalog has of it, and whatever differs is put right then. So
/// nothing depends on a message that was lost, nor on which server answers.
final class Registrar implements AutoCloseable {
    /// So that one word may be lost, and a server may be changed, before the machine is missed.
    private static final int BEATS_IN_TTL = 3;

    /// Between two looks: a check that flaps is told of as often at most.
    private static final Duration SHORTEST = Duration.ofMillis(200);

    private static final Duration FIRST_RETRY = Duration.ofMillis(250);

    /// What an operator has put beside our checks.
    private static final List<String> MAINTENANCE =
            List.of("_service_maintenance", "_node_maintenance");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Known machine;
    private final AgentConfig config;
    private final ServerApi api;
    private final LocalChecks checks;
    private final Consumer<AgentEvent> events;
    private final LongSupplier nanos;
    private final Duration pause;
    private final Backoff backoff;
    private final Thread thread;
    private boolean awake;
    private volatile boolean isUnanswered;
    private volatile long heardAt;
    private volatile Optional<String> failure = Optional.empty();

    /// What is known on the machine.
    ///
    /// @param agentId by which the servers tell it from another of the same name
    /// @param isComplete false: a file that was never read well may have more than the definitions
    record Known(
            String agentId,
            Supplier<Map<String, Definition>> definitions,
            BooleanSupplier isComplete) {}

    /// @param nanos a clock that never goes back
    Registrar(
            Known machine,
            AgentConfig config,
            ServerApi api,
            LocalChecks checks,
            Consumer<AgentEvent> events,
            LongSupplier nanos) {
        this.machine = machine;
        this.config = config;
        this.api = api;
        this.checks = checks;
        this.events = events;
        this.nanos = nanos;
        this.pause = config.ttl().dividedBy(BEATS_IN_TTL);
        this.backoff = new Backoff(FIRST_RETRY, pause);
        this.heardAt = nanos.getAsLong();
        this.thread = Thread.ofVirtual().name("registrar").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// Something is other than before.
    synchronized void wake() {
        awake = true;
        notifyAll();
    }

    /// Why no server takes this machine's word now.
    Optional<String> failure() {
        return failure;
    }

    private void run() {
        try {
            while (true) {
                var wait = pause;
                try {
                    look();
                    backoff.reset();
                    isUnanswered = false;
                    if (failure.isPresent()) {
                        failure = Optional.empty();
                        events.accept(new AgentEvent.ServerAnswers());
                    }
                } catch (ServerException e) {
                    isUnanswered = !e.isRefused();
                    failed(e.sentence());
                    wait = backoff.pause();
                } catch (RuntimeException | Error e) {
                    events.accept(new AgentEvent.BackgroundFailure("registering", e));
                    wait = backoff.pause();
                }
                Thread.sleep(SHORTEST);
                await(wait);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The same sentence again and again is one line.
    private void failed(String sentence) {
        var isNews = !Optional.of(sentence).equals(failure);
        failure = Optional.of(sentence);
        if (isNews) {
            events.accept(
                    new AgentEvent.ServerFailed(
                            sentence, Duration.ofNanos(nanos.getAsLong() - heardAt)));
        }
    }

    /// A change does not shorten the wait for a server that is away.
    private synchronized void await(Duration wait) throws InterruptedException {
        var until = nanos.getAsLong() + wait.toNanos();
        while (!awake || isUnanswered) {
            var left = Duration.ofNanos(until - nanos.getAsLong()).toMillis();
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        awake = false;
    }

    private void look() throws ServerException, InterruptedException {
        var held = api.beat(beat());
        heardAt = nanos.getAsLong();
        Optional<ServerException> first = Optional.empty();
        // one that is refused keeps none of the others from being told
        // before the definitions, which are those that it is said of, or later ones
        var isComplete = machine.isComplete().getAsBoolean();
        var definitions = machine.definitions().get();
        // with the service that had it
        var gone = new HashMap<String, String>();
        for (var definition : definitions.values()) {
            try {
                tell(
                        definition.instance(),
                        Optional.ofNullable(held.get(definition.instance().id())),
                        gone);
            } catch (ServerException e) {
                first = first.or(() -> Optional.of(e));
                if (!e.isRefused()) {
                    throw e;
                }
            }
        }
        for (var definition : definitions.values()) {
            try {
                restore(definition.instance(), held, gone);
            } catch (ServerException e) {
                first = first.or(() -> Optional.of(e));
                if (!e.isRefused()) {
                    throw e;
                }
            }
        }
        for (var id : held.keySet()) {
            if (isComplete && !definitions.containsKey(id)) {
                api.deregister(config.nodeName(), id);
                events.accept(
                        new AgentEvent.Deregistered("service '" + id + "'", "no file has it"));
            }
        }
        if (first.isPresent()) {
            throw first.get();
        }
    }

    private ObjectNode beat() {
        var body =
                JSON.createObjectNode()
                        .put("Node", config.nodeName())
                        .put("AgentID", machine.agentId())
                        .put("Address", config.address())
                        .put("TTL", GoDuration.format(config.ttl()))
                        .put("ReapAfter", GoDuration.format(config.reapAfter()));
        var meta = body.putObject("Meta");
        config.meta().forEach(meta::put);
        return body;
    }

    /// @param gone to which the checks are added that were taken away
    private void tell(
            ServiceInstance service, Optional<ServerApi.Held> held, Map<String, String> gone)
            throws ServerException, InterruptedException {
        var known = held.map(ServerApi.Held::checks).orElse(Map.of());
        var now = new ArrayList<HealthCheck>();
        var news = new ArrayList<HealthCheck>();
        for (var check : service.checks()) {
            var found = now(service.id(), check, known);
            now.add(found);
            if (!found.status().word().equals(known.get(check.id()))) {
                news.add(found);
            }
        }
        if (held.isEmpty() || !held.get().digest().equals(ServiceFile.digest(service))) {
            api.register(ServiceFile.registration(service.withChecks(now, 0)));
            events.accept(
                    new AgentEvent.Registered(
                            service.id(), held.isEmpty() ? "it was not there" : "it was another"));
        } else if (!news.isEmpty()) {
            api.register(ServiceFile.results(config.nodeName(), service.id(), news));
        }
        for (var id : known.keySet()) {
            if (service.checks().stream().noneMatch(check -> check.id().equals(id))
                    && MAINTENANCE.stream().noneMatch(id::startsWith)) {
                gone.put(id, service.id());
                api.deregisterCheck(config.nodeName(), id);
                events.accept(
                        new AgentEvent.Deregistered(
                                "check '" + id + "' of '" + service.id() + "'", "no file has it"));
            }
        }
    }

    /// Ids of checks are a node's: with one of a service went those of that id of all others.
    private void restore(
            ServiceInstance service, Map<String, ServerApi.Held> held, Map<String, String> gone)
            throws ServerException, InterruptedException {
        var lost =
                service.checks().stream()
                        .map(HealthCheck::id)
                        .filter(id -> gone.containsKey(id) && !service.id().equals(gone.get(id)))
                        .findFirst();
        if (lost.isEmpty()) {
            return;
        }
        var before = held.get(service.id());
        var known = before == null ? Map.<String, String>of() : before.checks();
        var now = service.checks().stream().map(check -> now(service.id(), check, known)).toList();
        api.register(ServiceFile.registration(service.withChecks(now, 0)));
        events.accept(
                new AgentEvent.Registered(
                        service.id(),
                        "its check '"
                                + lost.get()
                                + "' went with that of '"
                                + gone.get(lost.get())
                                + "'"));
    }

    /// What this agent has not found out yet is as it was.
    private HealthCheck now(String serviceId, HealthCheck check, Map<String, String> known) {
        return checks.known(serviceId, check)
                .orElseGet(() ->
                        Optional.ofNullable(known.get(check.id()))
                                .map(word -> check.with(CheckStatus.of(word), check.output()))
                                .orElse(check));
    }

    /// Takes this machine and all that is registered there out of the catalog.
    ///
    /// @throws ServerException also when another machine has the name, whose services they are then
    void leave() throws ServerException, InterruptedException {
        var _ = api.beat(beat());
        api.deregister(config.nodeName(), "");
        events.accept(
                new AgentEvent.Deregistered(
                        "node '" + config.nodeName() + "'", "this agent was told to stop"));
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
