package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa operator`: the servers themselves.
final class OperatorCommands {
    private OperatorCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Operator(),
                Branch.of(
                        new Raft(),
                        new ListPeers(surroundings),
                        new RemovePeer(surroundings),
                        new TransferLeader(surroundings)),
                Branch.of(new Autopilot(), new State(surroundings)));
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
        @Parameters(arity = "0..1", paramLabel = "ID", description = "As list-peers shows it.")
        private String server = "";

        @Option(names = "--id", paramLabel = "ID", description = "The same.")
        private String id = "";

        @Option(
                names = "--address",
                paramLabel = "HOST:PORT",
                description = "Its address there, in place of the ID.")
        private String address = "";

        RemovePeer(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var named = Stream.of(server, id, address).filter(one -> !one.isEmpty()).toList();
            if (named.size() != 1) {
                throw usage(
                        "server: expected ID, --id or --address; found "
                                + (named.isEmpty() ? "none" : "more than one of them"));
            }
            var query = new Query().add("id", server.isEmpty() ? id : server);
            api.must(
                    "DELETE",
                    "/v1/operator/raft/peer" + query.add("address", address).text(),
                    "",
                    ApiClient.JSON);
            out.println("Server removed: " + named.getFirst());
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

    @Command(
            name = "autopilot",
            description = "See how the servers are, as Consul's autopilot says it.",
            footer = "  hansa operator autopilot state")
    private static final class Autopilot extends Main.Group {}

    @Command(
            name = "state",
            description = "Print how each server is, and how many may fail.",
            footer = "  hansa operator autopilot state")
    private static final class State extends AclCommands.Formatted {
        State(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var state = api.json("/v1/operator/autopilot/health");
            show(out, state, table(state), pretty(state));
        }

        private static Columns table(JsonNode state) {
            var table =
                    new Columns()
                            .heading(
                                    "Name",
                                    "Address",
                                    "Version",
                                    "Status",
                                    "Node Status",
                                    "Healthy",
                                    "Last Contact",
                                    "Last Term")
                            .state(4);
            for (var server : state.path("Servers")) {
                table.row(
                        text(server, "Name"),
                        text(server, "Address"),
                        text(server, "Version"),
                        status(server),
                        text(server, "SerfStatus"),
                        text(server, "Healthy"),
                        text(server, "LastContact"),
                        text(server, "LastTerm"));
            }
            return table;
        }

        private static String status(JsonNode server) {
            return server.path("Leader").asBoolean() ? "leader" : "voter";
        }

        private static String pretty(JsonNode state) {
            var leader = "";
            var voters = new StringBuilder();
            var servers = new StringBuilder();
            for (var server : state.path("Servers")) {
                var id = text(server, "ID");
                if (server.path("Leader").asBoolean()) {
                    leader = id;
                }
                if (server.path("Voter").asBoolean()) {
                    voters.append("   ").append(id).append('\n');
                }
                servers.append("   ").append(id).append('\n');
                new Columns()
                        .row("Name:", text(server, "Name"))
                        .row("Address:", text(server, "Address"))
                        .row("Version:", text(server, "Version"))
                        .row("Status:", status(server))
                        .row("Node Status:", text(server, "SerfStatus"))
                        .row("Healthy:", text(server, "Healthy"))
                        .row("Last Contact:", text(server, "LastContact"))
                        .row("Last Term:", text(server, "LastTerm"))
                        .text()
                        .lines()
                        .forEach(line -> servers.append("      ").append(line).append('\n'));
            }
            return new Columns()
                            .row("Healthy:", text(state, "Healthy"))
                            .row("Failure Tolerance:", text(state, "FailureTolerance"))
                            .row("Leader:", leader)
                            .text()
                    + "Voters:\n"
                    + voters
                    + "Servers:\n"
                    + servers;
        }
    }
}
