package dev.hansa.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa operator`: the servers themselves.
final class OperatorCommands {
    private OperatorCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return new CommandLine(new Operator())
                .addSubcommand(
                        new CommandLine(new Raft())
                                .addSubcommand(new ListPeers(surroundings))
                                .addSubcommand(new RemovePeer(surroundings))
                                .addSubcommand(new TransferLeader(surroundings)));
    }

    @Command(
            name = "operator",
            description = "See and change the servers of this datacenter.",
            footer = "  hansa operator raft list-peers")
    private static final class Operator extends Main.Group {}

    @Command(
            name = "raft",
            description = "See and change the members of the replicated log.",
            footer = "  hansa operator raft list-peers")
    private static final class Raft extends Main.Group {}

    @Command(
            name = "list-peers",
            description = "List the servers that keep the log together, and who leads.",
            footer = "  hansa operator raft list-peers")
    private static final class ListPeers extends ListCommand {
        ListPeers(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var answer = api.json("/v1/operator/raft/configuration");
            var columns = new Columns().heading("ID", "Address", "State", "Last heard").state(2);
            for (var server : answer.path("Servers")) {
                columns.row(
                        text(server, "ID"),
                        text(server, "Address"),
                        server.path("Leader").asBoolean() ? "leader" : "follower",
                        server.has("SilentMillis")
                                ? server.path("SilentMillis").asLong() + " ms ago"
                                : "-");
            }
            print(out, answer, columns);
        }
    }

    @Command(
            name = "remove-peer",
            description = {
                "Remove a server for good, dead or alive.",
                "A server that was removed joins again with an empty data directory and a new token."
            },
            footer = "  hansa operator raft remove-peer eks-server-1a2b3c4d")
    private static final class RemovePeer extends ClientCommand {
        @Parameters(paramLabel = "ID", description = "As list-peers shows it.")
        private String id = "";

        RemovePeer(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            api.must(
                    "DELETE",
                    "/v1/operator/raft/peer?id=" + ApiClient.segment(id),
                    "",
                    ApiClient.JSON);
            out.println("Server removed: " + id);
        }
    }

    @Command(
            name = "transfer-leader",
            description = {
                "Have another server lead, before this one is stopped or its machine is worked on.",
                "A server that is told to stop (SIGTERM) does so by itself."
            },
            footer = "  hansa operator raft transfer-leader --id eks-server-1a2b3c4d")
    private static final class TransferLeader extends ClientCommand {
        @Option(
                names = "--id",
                paramLabel = "ID",
                description = "Who shall lead, as list-peers shows it. Default: whichever can.")
        private String id = "";

        TransferLeader(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            api.must(
                    "POST",
                    "/v1/operator/raft/transfer-leader"
                            + (id.isEmpty() ? "" : "?id=" + ApiClient.segment(id)),
                    "",
                    ApiClient.JSON);
            out.println("Another server leads.");
        }
    }
}
