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
    private static final class Readiness extends ClientCommand {
        @Option(
                names = "--format",
                paramLabel = "pretty|json",
                description = "How to print (default: pretty).")
        private OutputFormat format = OutputFormat.pretty;

        Readiness(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var services = api.json("/v1/hansa/failover/readiness");
            var unready = 0;
            var columns = new Columns().row("Service", "Ready", "Live", "Next", "Why not");
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
            if (format == OutputFormat.json) {
                out.println(Json.pretty(services));
            } else if (services.isEmpty()) {
                out.println("No service has a failover.");
            } else {
                out.print(columns.text());
            }
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
    private static final class Events extends ClientCommand {
        private static final String PATH = "/v1/hansa/failovers";

        @Option(names = "--follow", description = "Go on with each one that comes.")
        private boolean follow;

        @Option(
                names = "--format",
                paramLabel = "pretty|json",
                description = "How to print (default: pretty).")
        private OutputFormat format = OutputFormat.pretty;

        Events(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (follow && format == OutputFormat.json) {
                throw usage("expected --follow or --format json; found both");
            }
            var found = api.changed(PATH, 0);
            if (format == OutputFormat.json) {
                out.println(Json.pretty(found.body()));
                return;
            }
            if (!follow && found.body().isEmpty()) {
                out.println("No failover since this leader began to lead.");
            }
            print(found.body(), out);
            while (follow) {
                found = api.changed(PATH, found.index());
                print(found.body(), out);
            }
        }

        private static void print(JsonNode events, PrintWriter out) {
            for (var event : events) {
                out.println(
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
                                + Duration.ofMillis(event.path("LastedMillis").asLong())
                                + ": "
                                + text(event, "Cause"));
            }
            out.flush();
        }
    }

    static String orNone(String label) {
        return label.isEmpty() ? "none" : label;
    }
}
