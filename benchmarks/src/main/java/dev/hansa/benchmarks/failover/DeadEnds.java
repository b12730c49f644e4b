package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

/// What callers are told when nothing is left, and how long it takes.
final class DeadEnds {
    private static final int CALLS = 20;

    /// A caller that has heard nothing by then has not been told anything.
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final HansaWorld world;
    private final Datacenter eks;

    DeadEnds(HansaWorld world) {
        this.world = world;
        this.eks = world.eks();
    }

    /// The figures of each case and kind of client.
    List<Map<String, Object>> measure() throws Exception {
        var figures = new ArrayList<Map<String, Object>>();
        figures.addAll(
                measure(
                        "all-killed",
                        () -> {
                            for (var one : world.all()) {
                                one.kill(Datacenter.app(1), Datacenter.sidecar(1));
                            }
                        },
                        () -> {
                            for (var one : world.all()) {
                                one.startInstance(1, 0);
                            }
                        }));
        figures.addAll(
                measure("all-frozen", () -> signal(Libc.SIGSTOP), () -> signal(Libc.SIGCONT)));
        return figures;
    }

    private void signal(int signal) throws IOException {
        for (var one : world.all()) {
            one.signal(signal, Datacenter.app(1), Datacenter.sidecar(1));
        }
    }

    private List<Map<String, Object>> measure(String name, Blow.Step strike, Blow.Step undo)
            throws Exception {
        strike.run();
        var figures = new ArrayList<Map<String, Object>>();
        for (var kind : List.of(ClientKind.HTTP_NEW, ClientKind.GRPC_NEW)) {
            figures.add(calls(name, kind));
        }
        undo.run();
        world.awaitWhole();
        return figures;
    }

    private Map<String, Object> calls(String name, ClientKind kind) throws Exception {
        var callee = world.callees(List.of(kind)).values().iterator().next();
        var source = world.ground().sources().getFirst();
        var began = Instant.now();
        var slowest = 0.0;
        var answered = 0;
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Outcome>>();
            for (var i = 0; i < CALLS; i++) {
                tasks.add(() -> call(kind, () -> Wire.open(kind, source, callee, limit())));
            }
            for (var one : callers.invokeAll(tasks)) {
                slowest = Math.max(slowest, one.get().millis());
                answered += one.get().ok() ? 1 : 0;
            }
        }
        var figures = new LinkedHashMap<String, Object>();
        figures.put("name", name);
        figures.put("client", kind.word());
        figures.put("requests", CALLS);
        figures.put("answered", answered);
        figures.put("slowest_ms", Math.round(slowest * 10) / 10.0);
        figures.put("error", refusal(kind, began));
        FailoverBenchmark.say("dead end " + figures);
        return figures;
    }

    private static long limit() {
        return System.nanoTime() + LIMIT.toNanos();
    }

    private static Outcome call(ClientKind kind, Callable<Wire> open) throws Exception {
        var began = System.nanoTime();
        try (var wire = open.call()) {
            var from = wire.ask("0", limit());
            return new Outcome(kind, began, began, System.nanoTime(), from, "");
        } catch (IOException e) {
            return new Outcome(
                    kind, began, began, System.nanoTime(), "", String.valueOf(e.getMessage()));
        }
    }

    /// What the caller's sidecar said of its last refusal; empty when it has refused nobody since.
    private String refusal(ClientKind kind, Instant since)
            throws IOException, InterruptedException {
        var last =
                ControlPlane.page(
                                world.client(),
                                "http://" + eks.callerMachine().address() + ":19000/health")
                        .path("services")
                        .path("caller")
                        .path("upstreams")
                        .path(kind.isGrpc() ? Datacenter.RPC : Datacenter.WEB)
                        .path("lastRefusal");
        return last.isMissingNode() || Instant.parse(last.path("at").asText()).isBefore(since)
                ? ""
                : last.path("sentence").asText();
    }
}
