package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// How soon an importer knows that all instances of a service have died at the peer.
final class Importer {
    private static final int ROUNDS = 5;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final HansaWorld world;

    Importer(HansaWorld world) {
        this.world = world;
    }

    /// Milliseconds from the death of lke's last instance until eks's catalog shows none, by round.
    List<Double> measure() throws IOException, InterruptedException {
        var seen = new ArrayList<Double>();
        var lke = world.lke();
        for (var round = 0; round < ROUNDS; round++) {
            var struck = System.nanoTime();
            lke.kill(Datacenter.app(1), Datacenter.sidecar(1));
            var known =
                    world.eks()
                            .plane()
                            .seen(
                                    "/v1/health/service/web?passing&peer=lke",
                                    instances -> instances.isEmpty(),
                                    struck + LIMIT.toNanos());
            seen.add(Math.round((at(known) - struck) / 1e5) / 10.0);
            lke.startInstance(1, 0);
            world.awaitWhole();
        }
        FailoverBenchmark.say(
                "the importer knew of its peer's last instance after " + seen + " ms");
        return seen;
    }

    private static long at(OptionalLong known) {
        return known.orElseThrow(() ->
                new IllegalStateException(
                        "eks's catalog: expected no instance of lke within "
                                + LIMIT.toSeconds()
                                + " s of its death; found one"));
    }
}
