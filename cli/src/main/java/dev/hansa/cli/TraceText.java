package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Locale;

/// A trace as people read it: each way with its times.
final class TraceText {
    private final PrintWriter out;

    TraceText(PrintWriter out) {
        this.out = out;
    }

    /// Whether the caller's sidecar has reached any target.
    static boolean reached(JsonNode trace) {
        return trace.path("Ways").valueStream().anyMatch(way -> way.path("Reached").asBoolean());
    }

    void print(JsonNode trace) {
        out.println();
        out.println("Trace by " + text(trace, "Sidecar") + ":");
        ways(trace, true);
        for (var gateway : trace.path("Gateways")) {
            out.println();
            out.println(
                    "Trace by "
                            + text(gateway, "Gateway")
                            + ", its part of the way to "
                            + text(gateway, "Target")
                            + ":");
            ways(gateway, false);
        }
    }

    private void ways(JsonNode told, boolean toTheEnd) {
        var problem = text(told, "Problem");
        if (!problem.isEmpty()) {
            out.println("  no answer: " + problem);
            return;
        }
        if (told.path("Ways").isEmpty()) {
            out.println("  there is no way");
            return;
        }
        var rows = new Columns();
        for (var way : told.path("Ways")) {
            rows.row(
                    "  " + (toTheEnd ? text(way, "Target") : "gateway there"),
                    text(way, "Address"),
                    connected(way.path("ConnectedMillis")),
                    outcome(way, toTheEnd));
        }
        out.print(rows.text());
    }

    private static String connected(JsonNode millis) {
        return millis.isNumber() ? "connected in " + millis(millis) : "not connected";
    }

    private static String outcome(JsonNode way, boolean toTheEnd) {
        if (!way.path("Reached").asBoolean()) {
            return "failed after " + millis(way.path("TookMillis")) + ": " + text(way, "Failure");
        }
        return toTheEnd
                ? "accepted after "
                        + millis(way.path("TookMillis"))
                        + " by "
                        + text(way, "SpiffeID")
                        + " over "
                        + text(way, "Protocol")
                : "reached";
    }

    private static String millis(JsonNode millis) {
        return String.format(Locale.ROOT, "%.1f ms", millis.asDouble());
    }

    private static String text(JsonNode json, String key) {
        return ClientCommand.text(json, key);
    }
}
