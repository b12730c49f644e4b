package dev.hansa.benchmarks.failover;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The figures as a table, for people.
final class Summary {
    private static final String ROW =
            "%-32s %-6s %-9s %5s %9s %7s %7s %7s %9s %9s %9s %9s %9s %7s%n";

    private Summary() {}

    static void print(List<Tally> tallies, Map<String, @Nullable Object> all) {
        System.out.printf(
                "%n%s requests/s, %s%n%n", all.get("requests_per_second"), all.get("network"));
        System.out.printf(
                ROW,
                "case",
                "",
                "client",
                "runs",
                "after",
                "failed",
                "flight",
                "failback",
                "detected",
                "first p50",
                "first p99",
                "gap p50",
                "back ms",
                "rtt ms");
        for (var tally : tallies) {
            var row = tally.figures();
            System.out.printf(
                    ROW,
                    row.get("name"),
                    row.get("against"),
                    row.get("client"),
                    row.get("runs"),
                    row.get("begun_after"),
                    row.get("failed_begun_after"),
                    row.get("failed_in_flight"),
                    row.get("failed_in_failback"),
                    shown(row.get("detected_ms")),
                    shown(row.get("first_answer_p50_ms")),
                    shown(row.get("first_answer_p99_ms")),
                    shown(row.get("longest_gap_ms")),
                    shown(row.get("failback_ms")),
                    shown(row.get("rtt_ms")));
        }
        for (var name :
                List.of("against_envoy", "crowd", "dead_ends", "importer_knows_ms", "skipped")) {
            if (all.containsKey(name)) {
                System.out.println(name + ": " + all.get(name));
            }
        }
    }

    private static String shown(@Nullable Object value) {
        return value == null ? "-" : value.toString();
    }
}
