package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two datacenters are hurt for minutes while they are used, and what their users were told is held
/// against what can be. Started by `tests/multicluster/soak`.
@Tag("soak")
class SoakIT {
    /// Below these the run proves too little, and fails.
    private static final int OPERATIONS_A_SECOND = 20;

    private static final int REQUESTS_A_SECOND = 100;
    private static final int FAULT_EVERY_SECONDS = 10;

    /// An instance that dies takes what was on its way to it along.
    private static final Duration LOCAL_DEATH = Duration.ofSeconds(1);

    private static final int CONTROL_LIMIT_MILLIS = 5_000;

    private static final int SHOWN = 20;

    @TempDir Path folder;

    private static String setting(String name, String fallback) {
        var set = System.getProperty("hansa.soak." + name, "");
        return set.isEmpty() ? fallback : set;
    }

    @Test
    void nothingAcknowledgedIsLostAndTrafficGoesOn() throws Exception {
        var minutes = Double.parseDouble(setting("minutes", "5"));
        var seed = Long.parseLong(setting("seed", String.valueOf(System.nanoTime() & 0xffffff)));
        var count = Integer.parseInt(setting("servers", "3"));
        System.out.println(
                "soak: seed " + seed + ", " + minutes + " minutes, " + count + " servers");
        requireRoot();
        var history = new SoakHistory();
        try (var world = new SoakWorld(folder, count);
                var applications = new EchoLoad()) {
            applications.serve(SoakWorld.ANY, SoakWorld.EKS_APP);
            applications.serve(SoakWorld.ANY, SoakWorld.LKE_APP);
            applications.serve(SoakWorld.ANY, SoakWorld.CALLER_APP);
            world.start();
            var clients = new SoakClients(world, history);
            var faults = new SoakFaults(world, clients, seed);
            var began = System.nanoTime();
            clients.start();
            faults.run(began + Math.round(minutes * 60e9));
            for (var group : List.of(world.eks(), world.lke())) {
                for (var number = 0; number < group.count(); number++) {
                    group.awaitAnswer(number);
                }
            }
            clients.stop();
            var end = System.nanoTime();
            await().atMost(Duration.ofMinutes(1)).until(() -> clients.readAll().isEmpty());
            report(began, end, seed, count, history, clients, faults);
        }
    }

    private static void requireRoot() throws InterruptedException {
        try {
            SoakWorld.run("ip", "netns", "add", "hsoak-probe");
            SoakWorld.run("ip", "netns", "del", "hsoak-probe");
        } catch (IOException e) {
            System.err.println("*** SoakIT SKIPPED, nothing was proved: " + e.getMessage());
            abort(e.getMessage());
        }
    }

    private static void report(
            long began,
            long end,
            long seed,
            int servers,
            SoakHistory history,
            SoakClients clients,
            SoakFaults faults)
            throws IOException {
        var seconds = (end - began) / 1_000_000_000L;
        // a machine that starves its processes fails requests, and loses no write
        var isWhole = setting("judge", "all").equals("all");
        var violations = new ArrayList<>(history.violations());
        var excused = 0;
        var carried = 0;
        for (var failure : clients.failures()) {
            if (faults.localDeaths().stream().anyMatch(death -> isExcused(failure, death))) {
                excused++;
            } else if (wasCarriedByWhatBroke(failure, faults)) {
                carried++;
            } else if (isWhole) {
                violations.add("a request failed with an instance left: " + failure);
            }
        }
        var control =
                Math.max(
                        longest("writes in eks", clients.control("eks"), end),
                        longest("writes in lke", clients.control("lke"), end));
        var data = longest("calls", clients.data(), end);
        var result = new LinkedHashMap<String, Object>();
        result.put("seed", seed);
        result.put("seconds", seconds);
        result.put("cores", Runtime.getRuntime().availableProcessors());
        result.put("java_options", Checkout.javaOptions());
        result.put("servers", servers);
        result.put("judged", isWhole ? "all" : "history");
        result.put("operations", history.operations());
        result.put("acknowledged", history.acknowledged());
        result.put("faults", faults.counts());
        result.put("violations", violations.size());
        result.put("control_unavailable_max_ms", control);
        result.put("data_unavailable_max_ms", data);
        result.put("requests", clients.requests());
        result.put("failed", clients.failures().size());
        result.put("failed_at_a_local_death", excused);
        result.put("failed_with_the_way_to_the_peer", carried);
        var text = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(result);
        System.out.println("soak: " + text);
        violations.stream().limit(SHOWN).forEach(one -> System.out.println("soak: " + one));
        var file = setting("json", "");
        if (!file.isEmpty()) {
            Files.writeString(Path.of(file), text + "\n");
        }
        assertThat(violations).as("seed " + seed).isEmpty();
        assertThat(history.acknowledged().keySet())
                .as("kinds of operations that had their effect")
                .containsExactlyInAnyOrder(SoakHistory.Kind.values());
        assertThat(history.operations() / seconds)
                .as("operations a second")
                .isGreaterThanOrEqualTo(OPERATIONS_A_SECOND);
        if (isWhole) {
            assertThat(faults.problems()).as("faults that could not be made").isEmpty();
            assertThat(control).as("control plane, ms").isLessThanOrEqualTo(CONTROL_LIMIT_MILLIS);
            assertThat(clients.requests() / seconds).isGreaterThanOrEqualTo(REQUESTS_A_SECOND);
        }
        assertThat(faults.counts().values().stream().mapToInt(one -> one).sum())
                .isGreaterThanOrEqualTo(Math.toIntExact(seconds / FAULT_EVERY_SECONDS));
    }

    /// Says when it was, in the times of the faults.
    private static long longest(String what, SoakGaps gaps, long end) {
        var longest = gaps.longest(end);
        System.out.println(
                "soak: no "
                        + what
                        + " for "
                        + longest.millis()
                        + " ms until "
                        + longest.until() / 1_000_000
                        + " ms");
        return longest.millis();
    }

    /// A connection that began while the local instance was away stays with the peer's, and ends
    /// with the gateway or link that carries it; the next one has to find its way.
    private static boolean wasCarriedByWhatBroke(SoakClients.Failure failure, SoakFaults faults) {
        return failure.connected().isPresent()
                && faults.away().stream()
                        .anyMatch(window -> window.contains(failure.connected().getAsLong()))
                && faults.broken().stream()
                        .anyMatch(window -> window.overlaps(failure.began(), failure.ended()));
    }

    private static boolean isExcused(SoakClients.Failure failure, long death) {
        return failure.ended() - death >= 0 && failure.began() - death <= LOCAL_DEATH.toNanos();
    }
}
