package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.exportedservices.Endpoint;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa members`: the servers of a datacenter, in the columns of Consul's command.
@Command(
        name = "members",
        description = {
            "Print the servers of this datacenter and how they are.",
            "Exit status: 0 some are printed, 1 the server could not be asked, 2 none is of that status."
        },
        footer = "  hansa members -status failed")
final class MembersCommand extends ListCommand {
    private static final int NONE_SUCH = 2;

    /// serf's, by their numbers from 0 on.
    private static final List<String> STATES =
            List.of("none", "alive", "leaving", "left", "failed");

    @Option(names = "--detailed", description = "Print all that each says of itself.")
    private boolean detailed;

    @Option(names = "--wan", description = "Print names as other datacenters know them.")
    private boolean wan;

    @Option(
            names = "--status",
            paramLabel = "REGEX",
            description = "Only those of such a status: alive, failed (default: all).")
    private String status = ".*";

    @Option(
            names = "--filter",
            paramLabel = "FILTER",
            description = "Only those for which it holds, e.g. 'Name contains server'.")
    private String filter = "";

    MembersCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        var wanted = wanted();
        var path =
                "/v1/agent/members"
                        + new Query().add("wan", wan ? "1" : "").add("filter", filter).text();
        var found =
                StreamSupport.stream(api.json(path).spliterator(), false)
                        .filter(member -> wanted.matcher(state(member)).find())
                        .sorted(Comparator.comparing(member -> text(member, "Name")))
                        .toList();
        if (found.isEmpty()) {
            endWith(NONE_SUCH);
        }
        print(out, Json.array().addAll(found), detailed ? detailed(found) : table(found));
    }

    private Pattern wanted() {
        try {
            return Pattern.compile(status);
        } catch (PatternSyntaxException e) {
            throw usage(
                    "--status: expected a regular expression; found '"
                            + PlainText.of(status)
                            + "': "
                            + e.getDescription());
        }
    }

    private static Columns table(List<JsonNode> members) {
        var table =
                new Columns()
                        .heading(
                                "Node",
                                "Address",
                                "Status",
                                "Type",
                                "Build",
                                "Protocol",
                                "DC",
                                "Partition",
                                "Segment")
                        .state(2);
        for (var member : members) {
            var tags = member.path("Tags");
            var isServer = text(tags, "role").equals("consul");
            table.row(
                    text(member, "Name"),
                    address(member),
                    state(member),
                    isServer ? "server" : "client",
                    text(tags, "build").split(":", 2)[0],
                    text(tags, "vsn"),
                    text(tags, "dc"),
                    or(text(tags, "ap"), "default"),
                    isServer ? "<all>" : or(text(tags, "segment"), "<default>"));
        }
        return table;
    }

    private static Columns detailed(List<JsonNode> members) {
        var table = new Columns().heading("Node", "Address", "Status", "Tags").state(2);
        for (var member : members) {
            table.row(
                    text(member, "Name"),
                    address(member),
                    state(member),
                    member.path("Tags").properties().stream()
                            .map(tag -> tag.getKey() + "=" + tag.getValue().asText())
                            .sorted()
                            .collect(Collectors.joining(",")));
        }
        return table;
    }

    private static String or(String text, String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }

    private static String address(JsonNode member) {
        return Endpoint.text(text(member, "Addr"), member.path("Port").asInt());
    }

    private static String state(JsonNode member) {
        var number = member.path("Status").asInt();
        return number >= 0 && number < STATES.size() ? STATES.get(number) : "none";
    }
}
