package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa ca`: the datacenter's certificate authority.
final class CaCommands {
    private CaCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(new Ca(), new Rotate(surroundings), new Status(surroundings));
    }

    @Command(
            name = "ca",
            description = "Rotate this datacenter's certificate authority, and see how it stands.",
            footer = "  hansa ca rotate")
    private static final class Ca extends Main.Group {}

    @Command(
            name = "rotate",
            description = {
                "Begin to move to a new root certificate.",
                "Both roots are published; when every connected proxy and reachable peer has them,",
                "the new one signs; when all certificates of the old one are replaced, it goes."
            },
            footer = "  hansa ca rotate && hansa ca status")
    private static final class Rotate extends ClientCommand {
        @Option(
                names = "--external",
                description =
                        "To the root of the server's settings ca.root-file, ca.intermediate-file and"
                                + " ca.intermediate-key-file, read anew.")
        private boolean external;

        Rotate(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var body = Json.object().put("External", external);
            print(Json.read(api.must("PUT", "/v1/hansa/ca/rotate", body)), out);
        }
    }

    @Command(
            name = "status",
            description = "Show which root signs, and what a rotation in progress waits for.",
            footer = "  hansa ca status")
    private static final class Status extends ClientCommand {
        Status(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            print(api.json("/v1/hansa/ca"), out);
        }
    }

    private static void print(JsonNode status, PrintWriter out) {
        out.println("Trust domain: " + ClientCommand.text(status, "TrustDomain"));
        out.println(
                "Signing root: "
                        + ClientCommand.text(status, "ActiveRootID")
                        + (status.path("External").asBoolean() ? " (yours)" : ""));
        var rotation = status.path("Rotation");
        if (!rotation.isObject()) {
            out.println("Rotation:     none");
            return;
        }
        out.println(
                "Rotation:     "
                        + ClientCommand.text(rotation, "Phase")
                        + " since "
                        + ClientCommand.text(rotation, "Since")
                        + ", begun "
                        + ClientCommand.text(rotation, "StartedAt")
                        + ", goes on at "
                        + ClientCommand.text(rotation, "Until")
                        + " at the latest");
        out.println("Other root:   " + ClientCommand.text(rotation, "OtherRootID"));
        for (var wait : rotation.path("WaitsFor")) {
            out.println(
                    "Waits for:    "
                            + ClientCommand.text(wait, "Kind")
                            + " "
                            + ClientCommand.text(wait, "Name")
                            + ": "
                            + ClientCommand.text(wait, "Reason")
                            + ", since "
                            + ClientCommand.text(wait, "Since"));
        }
    }
}
