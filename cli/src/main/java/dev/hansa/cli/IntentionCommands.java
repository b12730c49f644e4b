package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa intention …`, with the flags and the output of Consul's commands. A source may also be a
/// peer's service: `peer:eks/frontend`.
final class IntentionCommands {
    private static final String PATH = "/v1/connect/intentions";
    private static final String SOURCE = "A service, * or peer:PEER/SERVICE.";

    private IntentionCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Group(),
                new IntentionCreate(surroundings),
                new Check(surroundings),
                new Get(surroundings),
                new ListAll(surroundings),
                new Delete(surroundings),
                new Match(surroundings),
                new Denials(surroundings));
    }

    @Command(
            name = "intention",
            synopsisHeading = "Usage: ",
            descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n",
            commandListHeading = "%nCommands:%n",
            description = "Say which service may call which, and see who was denied.")
    private static final class Group extends Main.Group {}

    static String of(String path, String source, String destination) {
        return PATH + path + "?source=" + encoded(source) + "&destination=" + encoded(destination);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String source(JsonNode intention) {
        var peer = ClientCommand.text(intention, "SourcePeer");
        return (peer.isEmpty() ? "" : "peer:" + peer + "/")
                + ClientCommand.text(intention, "SourceName");
    }

    @Command(
            name = "check",
            description = {
                "Say whether a call would be allowed now.",
                "Exit status: 0 allowed, 1 denied, 2 it could not be asked."
            },
            footer = "  hansa intention check frontend paymentservice")
    private static final class Check extends ClientCommand {
        /// As of Consul's command.
        private static final int DENIED = 1;

        private static final int UNKNOWN = 2;

        @Parameters(index = "0", paramLabel = "SRC", description = SOURCE)
        private String source = "";

        @Parameters(index = "1", paramLabel = "DST", description = "A service.")
        private String destination = "";

        Check(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var answer = api.json(of("/check", source, destination));
            if (!answer.path("Allowed").isBoolean()) {
                throw new CommandFailedException(
                        "intention check: expected whether it is allowed; found an answer without");
            }
            var isAllowed = answer.path("Allowed").asBoolean();
            out.println(isAllowed ? "Allowed" : "Denied");
            if (!isAllowed) {
                endWith(DENIED);
            }
        }

        @Override
        int statusOfFailure() {
            return UNKNOWN;
        }
    }

    @Command(
            name = "get",
            description = "Print one rule, by source and destination or by ID.",
            footer = "  hansa intention get checkoutservice paymentservice")
    private static final class Get extends ListCommand {
        @Parameters(arity = "1..2", paramLabel = "SRC DST", description = "The two, or the ID.")
        private List<String> rule = List.of();

        Get(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var answer = api.read(path(rule));
            if (!answer.found()) {
                throw new CommandFailedException("Intention not found");
            }
            var intention = Json.read(answer.body());
            var columns =
                    new Columns()
                            .row("Source:", source(intention))
                            .row("Destination:", text(intention, "DestinationName"))
                            .row("Action:", text(intention, "Action"))
                            .row("ID:", text(intention, "ID"))
                            .row("Description:", text(intention, "Description"));
            for (var pair : intention.path("Meta").properties()) {
                columns.row(
                        "Meta[" + PlainText.line(pair.getKey()) + "]:",
                        PlainText.line(pair.getValue().asText()));
            }
            print(out, intention, table().row(line(intention)), columns.text());
        }
    }

    private static Columns table() {
        return new Columns()
                .heading("ID", "Source", "Action", "Destination", "Precedence")
                .state(2);
    }

    private static String[] line(JsonNode intention) {
        return new String[] {
            ClientCommand.text(intention, "ID"),
            source(intention),
            ClientCommand.text(intention, "Action"),
            ClientCommand.text(intention, "DestinationName"),
            ClientCommand.text(intention, "Precedence")
        };
    }

    /// Of a rule that is named by its two ends or by its ID.
    private static String path(List<String> rule) {
        return rule.size() == 2
                ? of("/exact", rule.getFirst(), rule.getLast())
                : PATH + "/" + ApiClient.segment(rule.getFirst());
    }

    @Command(
            name = "list",
            description = "Print all rules, the more exact first.",
            footer = "  hansa intention list")
    private static final class ListAll extends ListCommand {
        ListAll(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var all = api.json(PATH);
            var columns = table();
            all.forEach(intention -> columns.row(line(intention)));
            printOr(out, all, columns, "There are no intentions.");
        }
    }

    @Command(
            name = "delete",
            description = "Delete one rule, by source and destination or by ID.",
            footer = "  hansa intention delete checkoutservice paymentservice")
    private static final class Delete extends ClientCommand {
        @Parameters(arity = "1..2", paramLabel = "SRC DST", description = "The two, or the ID.")
        private List<String> rule = List.of();

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            api.must("DELETE", path(rule), "", ApiClient.JSON);
            out.println("Intention deleted.");
        }
    }

    @Command(
            name = "match",
            description = "Print the rules that may decide for a service, in their order.",
            footer = "  hansa intention match paymentservice")
    private static final class Match extends ListCommand {
        @Option(names = "--source", description = "As the caller.")
        private boolean source;

        @Option(names = "--destination", description = "As the one that is called (default).")
        private boolean destination;

        @Parameters(paramLabel = "SERVICE", description = "The service.")
        private String service = "";

        Match(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (source && destination) {
                throw usage("side: expected -source or -destination; found both");
            }
            var answer =
                    api.json(
                            PATH
                                    + "/match?by="
                                    + (source ? "source" : "destination")
                                    + "&name="
                                    + encoded(service));
            var table =
                    new Columns().heading("Source", "Action", "Destination", "Precedence").state(1);
            var lines = new StringBuilder();
            for (var intention : answer.path(service)) {
                var from = source(intention);
                var to = text(intention, "DestinationName");
                var action = text(intention, "Action");
                table.row(from, action, to, text(intention, "Precedence"));
                lines.append(from + " => " + to + " (" + action + ")\n");
            }
            print(out, answer, table, lines.toString());
        }
    }

    @Command(
            name = "denials",
            description = "Print the last calls that were denied in this datacenter, newest first.",
            footer = "  hansa intention denials -limit 20")
    private static final class Denials extends ListCommand {
        @Option(
                names = "--limit",
                paramLabel = "N",
                description = "How many at most (default: 50).")
        private int limit = 50;

        Denials(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var all = api.json("/v1/hansa/intention-denials");
            var columns = new Columns().heading("Time", "Source", "Destination", "Intention");
            var shown = Json.array();
            for (var i = 0; i < Math.min(limit, all.size()); i++) {
                var denial = all.get(i);
                shown.add(denial);
                columns.row(
                        text(denial, "At"),
                        text(denial, "Source"),
                        text(denial, "Destination"),
                        text(denial, "Intention"));
            }
            printOr(out, shown, columns, "No call was denied since the server started.");
        }
    }
}
