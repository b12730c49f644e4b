package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa failover`: watch it and steer it.
final class FailoverCommands {
    private FailoverCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        var line =
                new CommandLine(new Failover())
                        .addSubcommand(new Readiness(surroundings))
                        .addSubcommand(new Events(surroundings));
        ControlCommands.addTo(line, surroundings);
        return line.addSubcommand(new DrillCommand(surroundings));
    }

    @Command(
            name = "failover",
            description = "Watch and steer where calls go when a service is down.",
            footer = "  hansa failover readiness")
    private static final class Failover extends Main.Group {}

    @Command(
            name = "readiness",
            description =
                    "Say of each service with a failover whether it could fail over this minute; the"
                            + " exit code is 1 if one could not.",
            footer = "  hansa failover readiness")
    private static final class Readiness extends ListCommand {
        Readiness(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var services = api.json("/v1/hansa/failover/readiness");
            var unready = 0;
            var columns =
                    new Columns().heading("Service", "Ready", "Live", "Next", "Why not").state(1);
            for (var service : services) {
                var ready = service.path("Ready").asBoolean();
                unready += ready ? 0 : 1;
                columns.row(
                        text(service, "Service"),
                        ready ? "yes" : "no",
                        orNone(text(service, "Live")),
                        orNone(text(service, "Next")),
                        text(service, "Reason"));
            }
            printOr(out, services, columns, "No service has a failover.");
            if (unready > 0) {
                throw new CommandFailedException(
                        unready + " of " + services.size() + " services could not fail over now");
            }
        }
    }

    @Command(
            name = "events",
            description = "Print the last failovers and failbacks, each with its cause.",
            footer = "  hansa failover events --follow")
    private static final class Events extends ListCommand {
        private static final String PATH = "/v1/hansa/failovers";

        @Option(names = "--follow", description = "Go on with each one that comes.")
        private boolean follow;

        Events(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (follow && !isPretty()) {
                throw usage("expected --follow or another --format than pretty; found both");
            }
            var found = api.changed(PATH, 0);
            if (!follow) {
                print(
                        out,
                        found.body(),
                        table(found.body()),
                        found.body().isEmpty()
                                ? "No failover since this leader began to lead.\n"
                                : lines(found.body()));
                return;
            }
            print(found.body(), out);
            // whoever reads may have had enough
            while (!out.checkError()) {
                found = api.changed(PATH, found.index());
                print(found.body(), out);
            }
        }

        private static void print(JsonNode events, PrintWriter out) {
            out.print(lines(events));
            out.flush();
        }

        private static Columns table(JsonNode events) {
            var table =
                    new Columns().heading("At", "Service", "Turn", "From", "To", "After", "Cause");
            for (var event : events) {
                table.row(
                        text(event, "At"),
                        text(event, "Service"),
                        text(event, "Turn"),
                        orNone(text(event, "From")),
                        orNone(text(event, "To")),
                        after(event),
                        text(event, "Cause"));
            }
            return table;
        }

        private static String after(JsonNode event) {
            return Duration.ofMillis(event.path("LastedMillis").asLong()).toString();
        }

        private static String lines(JsonNode events) {
            var lines = new StringBuilder();
            for (var event : events) {
                lines.append(
                        text(event, "At")
                                + " "
                                + text(event, "Service")
                                + " "
                                + text(event, "Turn")
                                + ": "
                                + orNone(text(event, "From"))
                                + " -> "
                                + orNone(text(event, "To"))
                                + " after "
                                + after(event)
                                + ": "
                                + text(event, "Cause")
                                + "\n");
            }
            return lines.toString();
        }
    }

    static String orNone(String label) {
        return label.isEmpty() ? "none" : label;
    }
}
