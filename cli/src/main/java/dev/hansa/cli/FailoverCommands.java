package dev.hansa.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa failover`: watch it and steer it.
final class FailoverCommands {
    private FailoverCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return new CommandLine(new Failover()).addSubcommand(new Readiness(surroundings));
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

    static String orNone(String label) {
        return label.isEmpty() ? "none" : label;
    }
}
