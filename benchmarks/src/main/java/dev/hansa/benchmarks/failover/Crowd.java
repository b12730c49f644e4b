package dev.hansa.benchmarks.failover;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executors;

/// How soon many callers know what the catalog knows: from its write that the last local instance
/// is critical until the last subscription of 200 goes to the peer, each with an identity of its
/// own.
final class Crowd {
    private static final int PROCESSES = 4;
    private static final int EACH = 50;
    private static final int FIRST_HOST = 40;
    private static final int ROUNDS = 10;

    /// Told apart: a process that has just begun interprets what it does for the first time.
    private static final int FIRST_ROUNDS = 3;

    /// The callers tell since when they go where they go, so that nobody need look while it is
    /// measured: each look makes pages of 50 services, on the same processors.
    private static final Duration LOOK = Duration.ofSeconds(2);

    private static final Duration READY = Duration.ofMinutes(2);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /// How a sidecar's page names the two targets.
    private static final String HERE = Datacenter.WEB;

    private static final String AT_THE_PEER = Datacenter.WEB + ".peer.lke";

    private final HansaWorld world;
    private final Datacenter eks;
    private final List<String> pages = new ArrayList<>();

    Crowd(HansaWorld world) {
        this.world = world;
        this.eks = world.eks();
    }

    /// The figures, by key.
    Map<String, Object> measure() throws Exception {
        var firsts = new ArrayList<Double>();
        var lasts = new ArrayList<Double>();
        try {
            for (var i = 0; i < PROCESSES; i++) {
                start(i);
            }
            FailoverBenchmark.say(PROCESSES * EACH + " callers are there");
            for (var round = 0; round < FIRST_ROUNDS; round++) {
                firsts.add(round());
            }
            for (var round = 0; round < ROUNDS; round++) {
                lasts.add(round());
            }
        } finally {
            for (var i = 0; i < pages.size(); i++) {
                eks.kill(role(i));
            }
        }
        var figures = new LinkedHashMap<String, Object>();
        figures.put("subscriptions", PROCESSES * EACH);
        figures.put("processes", PROCESSES);
        figures.put("last_knows_first_rounds_ms", firsts);
        figures.put("last_knows_ms", lasts);
        FailoverBenchmark.say("the last of them knew after " + lasts + " ms");
        return figures;
    }

    /// One process after the other: what they cost while they join is not what is measured.
    private void start(int number) throws IOException, InterruptedException {
        var host = eks.machine(FIRST_HOST + number);
        var page = "http://" + host.address() + ":19000/health";
        eks.startCrowd(role(number), host, EACH);
        pages.add(page);
        Patience.until(
                EACH + " callers in process " + number + " to go to the local instance",
                READY,
                () -> all(page, HERE));
    }

    private static String role(int number) {
        return "crowd" + number;
    }

    private double round() throws Exception {
        var deadline = System.nanoTime() + LIMIT.toNanos();
        // one machine, one clock; the catalog is watched by the one that never jumps
        var began = Instant.now();
        var clock = System.nanoTime();
        var knowledge = eks.knows(Datacenter.WEB, eks.instance(1));
        try (var watchers = Executors.newVirtualThreadPerTaskExecutor()) {
            var catalog = watchers.submit(() -> knowledge.gone(deadline));
            eks.tellApp(1, "critical");
            var written =
                    began.plusNanos(
                            at("the catalog to show that 'web' is critical", catalog.get())
                                    - clock);
            Patience.pause(LOOK);
            var last = Instant.MIN;
            for (var page : pages) {
                awaitAll("all callers to go to the peer", page, AT_THE_PEER);
                last = latest(last, page);
            }
            eks.tellApp(1, "passing");
            for (var page : pages) {
                awaitAll("200 callers again", page, HERE);
            }
            return Math.round(Duration.between(written, last).toNanos() / 1e5) / 10.0;
        }
    }

    private void awaitAll(String what, String page, String target) throws InterruptedException {
        if (!Patience.within(LIMIT, LOOK, () -> all(page, target))) {
            throw new IllegalStateException(
                    "expected " + what + " within " + LIMIT.toSeconds() + " s; found it not");
        }
    }

    /// Since when the last caller of a process goes where it goes, where that is later.
    private Instant latest(Instant last, String page) throws IOException, InterruptedException {
        return ControlPlane.page(world.client(), page)
                .path("services")
                .valueStream()
                .map(one -> one.path("upstreams").path(Datacenter.WEB).path("liveSince").asText())
                .map(Instant::parse)
                .reduce(last, (one, other) -> one.isAfter(other) ? one : other);
    }

    private static long at(String what, OptionalLong seen) {
        return seen.orElseThrow(() ->
                new IllegalStateException(
                        "expected " + what + " within " + LIMIT.toSeconds() + " s; found it not"));
    }

    /// Whether every caller of a process goes to this target.
    private boolean all(String page, String target) throws IOException, InterruptedException {
        var services = ControlPlane.page(world.client(), page).path("services");
        return services.size() == EACH
                && services.valueStream().allMatch(one -> goesTo(one, target));
    }

    private static boolean goesTo(JsonNode service, String target) {
        return service.path("upstreams").path(Datacenter.WEB).path("live").asText().equals(target);
    }
}
