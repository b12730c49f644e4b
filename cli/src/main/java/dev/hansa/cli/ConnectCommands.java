package dev.hansa.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa connect …`: Consul's commands for what services need in the mesh. `hansa ca` is what
/// changes the certificate authority here.
final class ConnectCommands {
    private static final String PATH = "/v1/connect/ca/configuration";

    private ConnectCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Connect(),
                new RedirectTrafficCommand(surroundings),
                Branch.of(new Ca(), new GetConfig(surroundings), new SetConfig(surroundings)));
    }

    @Command(
            name = "connect",
            description =
                    "Redirect connections into a sidecar; see how the services' certificates are made.",
            footer = "  hansa connect redirect-traffic -proxy-uid 5995")
    private static final class Connect extends Main.Group {}

    @Command(
            name = "ca",
            description =
                    "See the certificate authority's configuration; 'hansa ca' rotates its root.",
            footer = "  hansa connect ca get-config")
    private static final class Ca extends Main.Group {}

    @Command(
            name = "get-config",
            description = "Print the certificate authority's configuration as JSON.",
            footer = "  hansa connect ca get-config")
    private static final class GetConfig extends ListCommand {
        GetConfig(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var config = api.json(PATH);
            var table = new Columns().heading("Setting", "Value");
            table.row("Provider", text(config, "Provider"));
            for (var setting : config.path("Config").properties()) {
                table.row(
                        PlainText.line(setting.getKey()),
                        PlainText.line(setting.getValue().asText()));
            }
            print(out, config, table, Json.pretty(config) + "\n");
        }
    }

    @Command(
            name = "set-config",
            description = {
                "Ask a server for a configuration of its certificate authority.",
                "Servers of Hansa refuse any but the one that there is: their settings say it, and 'hansa ca rotate' moves to another root."
            },
            footer = "  hansa connect ca set-config -config-file ca.json")
    private static final class SetConfig extends ClientCommand {
        @Option(
                names = "--config-file",
                required = true,
                paramLabel = "FILE",
                description = "The configuration, JSON; - for standard input.")
        private String file = "";

        @Option(
                names = "--force-without-cross-signing",
                description = "Also where the old root does not sign the new one.")
        private boolean force;

        SetConfig(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var subject = "configuration of the certificate authority";
            if (!(Json.read(text(subject, file), subject) instanceof ObjectNode body)) {
                throw new CommandFailedException(
                        subject
                                + ": expected a JSON object in '"
                                + PlainText.of(file)
                                + "'; found something else");
            }
            if (force) {
                body.put("ForceWithoutCrossSigning", true);
            }
            api.must("PUT", PATH, body);
            out.println("Configuration updated!");
        }
    }
}
