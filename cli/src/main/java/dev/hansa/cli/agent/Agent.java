package dev.hansa.cli.agent;

import dev.hansa.bootstrap.Closer;
import dev.hansa.peering.api.ServiceFile.Definition;
import dev.hansa.peering.checks.Probe;
import dev.hansa.peering.checks.Probes;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// One machine's agent: reads what runs there from files, asks it how it is, keeps the catalog at
/// that, and keeps the sidecars running (ADR 0034).
final class Agent implements AutoCloseable {
    /// How soon a changed file is noticed; a look reads names and times only.
    private static final Duration LOOK = Duration.ofSeconds(2);

    /// A sidecar's drain, and its kill if that was not enough.
    private static final Duration LAST_DRAIN = Duration.ofSeconds(35);

    private final AgentConfig config;
    private final Consumer<AgentEvent> events;
    private final Closer closer = new Closer();
    private final ServiceFolder folder;
    private final ServerApi api;
    private final LocalChecks checks;
    private final Registrar registrar;
    private final SidecarKeeper.Parts sidecarParts;
    private final Map<String, SidecarKeeper> sidecars = new HashMap<>();
    private volatile Map<String, Definition> definitions = Map.of();
    private volatile boolean isComplete;
    private volatile boolean reload;
    private boolean closing;
    private boolean othersAreEnded;

    private Agent(
            AgentConfig config,
            DataFolder data,
            Probe probe,
            HansaProcess starter,
            Consumer<AgentEvent> events)
            throws Exception {
        closer.add(data);
        this.config = config;
        this.events = events;
        this.folder = new ServiceFolder(config.servicesDir(), config.node(), events);
        var sidecarFolder = data.sidecars();
        this.api = closer.add(new ServerApi(config.servers()));
        this.checks = closer.add(new LocalChecks(probe, events, this::wake));
        this.registrar =
                new Registrar(
                        new Registrar.Known(data.id(), () -> definitions, () -> isComplete),
                        config,
                        api,
                        checks,
                        events,
                        System::nanoTime);
        this.sidecarParts =
                new SidecarKeeper.Parts(
                        config, api, new SidecarPorts(sidecarFolder), starter, events);
    }

    static Agent start(AgentConfig config) throws Exception {
        return start(
                config,
                Probes.withLoopsOfItsOwn(),
                HansaProcess.ofThisProgram(),
                new AgentTelemetry());
    }

    static Agent start(
            AgentConfig config, Probe probe, HansaProcess starter, Consumer<AgentEvent> events)
            throws Exception {
        var opened = new Closer();
        Agent agent;
        try {
            opened.add(probe);
            // before anything is read or ended: another agent may live there
            var data = opened.add(DataFolder.open(config.dataDir()));
            agent = new Agent(config, data, probe, starter, events);
        } catch (Exception e) {
            try (opened) {
                throw e;
            }
        }
        try {
            config.servers().stream()
                    .filter(one -> one.isInTheClear())
                    .forEach(
                            one -> events.accept(new AgentEvent.InTheClear(one.base().toString())));
            agent.closer.add(AgentDoor.open(config.adminAddress(), agent.checks, agent::health));
            agent.read(true);
            agent.registrar.start();
            agent.closer.add(agent.registrar);
            var watch = Thread.ofVirtual().name("service-files").start(agent::watch);
            agent.closer.add(() -> {
                watch.interrupt();
                watch.join();
            });
            events.accept(
                    new AgentEvent.Started(
                            config.nodeName(), config.address(), agent.definitions.size()));
            return agent;
        } catch (Exception e) {
            try (agent.closer) {
                agent.detach();
                throw e;
            }
        }
    }

    /// Sidecars go on, for the next agent to find.
    private void detach() throws InterruptedException {
        List<SidecarKeeper> keepers;
        synchronized (this) {
            closing = true;
            keepers = List.copyOf(sidecars.values());
        }
        for (var keeper : keepers) {
            keeper.detach();
        }
    }

    private void wake() {
        registrar.wake();
    }

    /// Reads every file again; returns at once.
    void reload() {
        reload = true;
    }

    private void watch() {
        try {
            while (true) {
                var until = System.nanoTime() + LOOK.toNanos();
                while (!reload && System.nanoTime() - until < 0) {
                    Thread.sleep(100);
                }
                var all = reload;
                reload = false;
                try {
                    read(all);
                } catch (IOException | RuntimeException | Error e) {
                    events.accept(new AgentEvent.BackgroundFailure("reading services", e));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void read(boolean all) throws IOException {
        if (closing) {
            return;
        }
        var now = folder.read(all);
        if (all || !now.equals(definitions)) {
            definitions = Map.copyOf(now);
            events.accept(new AgentEvent.FilesRead(folder.count(), now.size()));
            checks.follow(now.values());
            registrar.wake();
        }
        // after the definitions: whoever sees it has those that it is said of
        isComplete = folder.isComplete();
        follow(now);
        if (!othersAreEnded && isComplete) {
            endOthers();
            othersAreEnded = true;
        }
    }

    private void follow(Map<String, Definition> now) {
        sidecars.forEach((id, keeper) ->
                keeper.want(
                        Optional.ofNullable(now.get(id)).filter(one -> one.sidecar().isPresent())));
        sidecars.values().removeIf(SidecarKeeper::isDone);
        for (var one : now.entrySet()) {
            if (one.getValue().sidecar().isPresent() && !sidecars.containsKey(one.getKey())) {
                keep(one.getKey(), Optional.of(one.getValue()));
            }
        }
    }

    private void keep(String id, Optional<Definition> wanted) {
        var keeper = new SidecarKeeper(id, wanted, sidecarParts);
        sidecars.put(id, keeper);
        keeper.start();
    }

    /// Those of services that were taken out of the files while no agent ran. Only when every file
    /// is known: one that cannot be read now may be theirs.
    private void endOthers() throws IOException {
        for (var id : SidecarHome.ids(sidecarParts.ports().folder())) {
            if (!sidecars.containsKey(id)) {
                keep(id, Optional.empty());
            }
        }
    }

    private synchronized Map<String, Object> health() {
        var state = new LinkedHashMap<String, Object>();
        var failure = registrar.failure();
        state.put("status", failure.isEmpty() ? "passing" : "degraded");
        state.put("role", "agent");
        state.put("node", config.nodeName());
        state.put("server", failure.orElse("answers"));
        var services = new LinkedHashMap<String, Object>();
        definitions.forEach((id, definition) -> {
            var service = new LinkedHashMap<String, Object>();
            var found = new LinkedHashMap<String, Object>();
            for (var check : definition.instance().checks()) {
                found.put(
                        check.id(),
                        checks.known(id, check)
                                .map(one -> one.status().word() + ": " + one.output())
                                .orElse("not known yet"));
            }
            service.put("checks", found);
            var keeper = sidecars.get(id);
            if (keeper != null) {
                service.put(
                        "sidecar",
                        keeper.pid()
                                .map(pid -> "process " + pid)
                                .orElse(keeper.problem().orElse("starting")));
            }
            services.put(id, service);
        });
        state.put("services", services);
        return state;
    }

    /// Leaves sidecars and registrations for the next start, or takes both away first.
    @Override
    public void close() throws Exception {
        List<SidecarKeeper> keepers;
        synchronized (this) {
            closing = true;
            keepers = List.copyOf(sidecars.values());
        }
        try (closer) {
            if (config.leaveOnTerminate()) {
                leave(keepers);
            }
            detach();
        }
    }

    /// First out of the catalog, so that nobody comes any more, then the drain of what is there.
    private void leave(List<SidecarKeeper> keepers) throws InterruptedException {
        registrar.close();
        try {
            registrar.leave();
        } catch (ServerException e) {
            // it is critical when its time is over, and forgotten after that
            events.accept(new AgentEvent.ServerFailed(e.sentence(), Duration.ZERO));
        }
        keepers.forEach(keeper -> keeper.want(Optional.empty()));
        for (var keeper : keepers) {
            keeper.join(LAST_DRAIN);
        }
    }
}
