package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa failover drill`. The server ends the drill when its time is over, whatever becomes of
/// this process.
@Command(
        name = "drill",
        description = {
            "Take the instances of a service in this datacenter out of its callers' way, watch, and"
                    + " put them back.",
            "Nothing is killed. It ends by itself, also when this terminal dies; Ctrl-C ends it at once."
        },
        footer = "  hansa failover drill shippingservice --duration 2m")
final class DrillCommand extends ControlCommands.Ordering {
    /// What a person takes for at once.
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    @Parameters(paramLabel = "SERVICE", description = "As callers name it.")
    private String service = "";

    @Option(
            names = "--duration",
            paramLabel = "DURATION",
            description = "How long it takes (default: 2m).")
    private String duration = "2m";

    @Option(
            names = "--to",
            paramLabel = "PEER",
            description = "Where calls go meanwhile (default: the next target in order).")
    private String peer = "";

    @Option(
            names = "--force",
            description = "Also where it leaves the service without a healthy target.")
    private boolean anyway;

    DrillCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        var control =
                order(
                        api,
                        "drill",
                        duration,
                        Json.object()
                                .put("Service", service)
                                .put("Peer", peer)
                                .put("Force", anyway));
        var id = control.path("ID").asLong();
        out.println(
                "Drill "
                        + id
                        + " of '"
                        + service
                        + "' until "
                        + text(control, "Until")
                        + "; Ctrl-C ends it at once.");
        out.flush();
        var isOver = new AtomicBoolean();
        var restore = new Thread(() -> restore(api, id, isOver), "restore");
        Runtime.getRuntime().addShutdownHook(restore);
        try {
            watch(api, id, out);
        } finally {
            isOver.set(true);
            remove(restore);
        }
    }

    /// On Ctrl-C; one that the server has ended by itself is none to clear.
    private void restore(ApiClient api, long id, AtomicBoolean isOver) {
        if (isOver.get()) {
            return;
        }
        try {
            ControlCommands.clear(api, id, by());
            note("drill " + id + " cleared: the instances here take calls again");
        } catch (CommandFailedException e) {
            note("drill " + id + " not cleared, it ends by itself: " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // the process ends already, and the hook runs
        }
    }

    private void watch(ApiClient api, long id, PrintWriter out)
            throws CommandFailedException, InterruptedException {
        var saidOver = false;
        while (true) {
            var answer = api.read("/v1/hansa/failover/drills/" + id);
            if (!answer.found()) {
                throw new CommandFailedException(
                        "drill "
                                + id
                                + ": expected the server that led when it began; found another:"
                                + " it ends by itself, and nobody reports on it");
            }
            var report = Json.read(answer.body());
            if (!saidOver && report.path("OverMillis").isNumber()) {
                saidOver = true;
                out.println(
                        "Over:     "
                                + sidecars(report)
                                + " after "
                                + report.path("OverMillis").asLong()
                                + " ms");
                out.flush();
            }
            if (report.path("Done").asBoolean()) {
                print(report, saidOver, out);
                return;
            }
            Thread.sleep(LOOK_EVERY);
        }
    }

    private static String sidecars(JsonNode report) {
        var count = report.path("Proxies").asInt();
        return count + (count == 1 ? " sidecar" : " sidecars");
    }

    private static void print(JsonNode report, boolean saidOver, PrintWriter out) {
        if (!saidOver) {
            out.println("Over:     not every sidecar had taken the routes when it ended");
        }
        out.println("Ended:    " + text(report, "EndedAt"));
        out.println(
                "Back:     "
                        + (report.path("BackMillis").isNumber()
                                ? "after " + report.path("BackMillis").asLong() + " ms"
                                : "not every sidecar has said so within a minute"));
        out.println();
        var rows = new Columns().row("Connections", "Served", "Refused", "p50", "p99", "By");
        row(rows, "before", report.path("Before"));
        row(rows, "during", report.path("During"));
        row(rows, "after", report.path("After"));
        out.print(rows.text());
    }

    private static void row(Columns rows, String when, JsonNode traffic) {
        rows.row(
                when,
                traffic.path("Served").asText(),
                traffic.path("Refused").asText(),
                within(traffic.path("P50WithinMillis")),
                within(traffic.path("P99WithinMillis")),
                by(traffic));
    }

    private static String within(JsonNode millis) {
        return millis.isNumber() ? "< " + millis.asLong() + " ms" : "-";
    }

    private static String by(JsonNode traffic) {
        var parts = new ArrayList<String>();
        traffic.path("Carried")
                .properties()
                .forEach(target ->
                        parts.add(
                                PlainText.of(target.getKey()) + " " + target.getValue().asLong()));
        traffic.path("FailedAttempts")
                .properties()
                .forEach(target ->
                        parts.add(
                                target.getValue().asLong()
                                        + " failed attempts at "
                                        + PlainText.of(target.getKey())));
        return parts.isEmpty() ? "-" : String.join(", ", parts);
    }
}
