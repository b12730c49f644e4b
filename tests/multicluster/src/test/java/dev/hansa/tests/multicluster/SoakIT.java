package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two datacenters are hurt for minutes while they are used, and what their users were told is held
/// against what can be. Started by `tests/multicluster/soak`.
@Tag("soak")
class SoakIT {
    /// Of the requests that failed, each with its excuse: what an excuse covers is to be read.
    private static final int FAILURES_SHOWN = 200;

    private static final int SHOWN = 20;

    /// The longest ones: what stands right below a limit is seen before it is over it.
    private static final int GAPS_SHOWN = 5;

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
            var clients = new SoakClients(world, history, seed);
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
        var isWhole = setting("judge", "all").equals("all");
        var excuses = faults.excuses();
        var verdict =
                SoakVerdict.of(
                        new SoakVerdict.Measured(
                                (end - began) / 1_000_000_000L,
                                history.operations(),
                                history.acknowledged(),
                                faults.counts(),
                                Stream.concat(
                                                faults.problems().stream(),
                                                clients.problems().stream())
                                        .toList(),
                                history.violations(),
                                clients.requests(),
                                clients.failures(),
                                excuses,
                                Math.max(
                                        longest("writes in eks", clients.control("eks"), end),
                                        longest("writes in lke", clients.control("lke"), end)),
                                faults.afterAllWereKilledMillis(),
                                longest("calls", clients.data(), end)),
                        isWhole);
        var result = new LinkedHashMap<String, Object>();
        result.put("seed", seed);
        result.put("seconds", (end - began) / 1_000_000_000L);
        result.put("cores", Runtime.getRuntime().availableProcessors());
        result.put("java_options", Checkout.javaOptions());
        result.put("servers", servers);
        result.put("judged", isWhole ? "all" : "history");
        result.putAll(verdict.figures());
        result.put(
                "faults_impossible_here",
                faults.impossible().stream()
                        .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                        .sorted()
                        .toList());
        var text = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(result);
        System.out.println("soak: " + text);
        clients.failures().stream()
                .limit(FAILURES_SHOWN)
                .forEach(one -> System.out.println("soak: " + excuses.of(one) + ": " + one));
        verdict.shown().stream().limit(SHOWN).forEach(one -> System.out.println("soak: " + one));
        var file = setting("json", "");
        if (!file.isEmpty()) {
            Files.writeString(Path.of(file), text + "\n");
        }
        assertThat(verdict.complaints()).as("seed " + seed).isEmpty();
    }

    /// Says when the longest were, in the times of the faults.
    private static long longest(String what, SoakGaps gaps, long end) {
        var longest = gaps.longest(end, GAPS_SHOWN);
        for (var gap : longest) {
            System.out.println(
                    "soak: no "
                            + what
                            + " for "
                            + gap.millis()
                            + " ms until "
                            + gap.until() / 1_000_000
                            + " ms");
        }
        return longest.getFirst().millis();
    }
}
