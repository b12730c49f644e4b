package dev.hansa.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa intention create`: a rule by its words, or rules by files.
@Command(
        name = "create",
        description = {
            "Allow or deny calls from a service to a service.",
            "With --file the words are files, each with one rule as JSON: SourceName, DestinationName, Action."
        },
        footer = "  hansa intention create -allow checkoutservice paymentservice")
final class IntentionCreate extends ClientCommand {
    @Option(names = "--allow", description = "Allow the calls (default).")
    private boolean allow;

    @Option(names = "--deny", description = "Deny the calls; those that stand are closed.")
    private boolean deny;

    @Option(names = "--replace", description = "Replace a rule that is there already.")
    private boolean replace;

    @Option(names = "--file", description = "Read rules from files; - for standard input.")
    private boolean isOfFiles;

    @Option(
            names = "--meta",
            paramLabel = "KEY=VALUE",
            description = "Kept with the rule; may be repeated.")
    private Map<String, String> meta = Map.of();

    @Option(names = "--description", paramLabel = "TEXT", description = "Kept with the rule.")
    private @Nullable String note;

    @Parameters(
            arity = "1..*",
            paramLabel = "SRC DST",
            description = {"A service, * or peer:PEER/SERVICE; and a service, or *.", "Or files."})
    private List<String> words = List.of();

    IntentionCreate(Surroundings surroundings) {
        super(surroundings);
    }

    /// @param body as the API takes it
    private record Rule(String source, String destination, ObjectNode body) {
        String path() {
            return IntentionCommands.of("/exact", source, destination);
        }

        String label() {
            return PlainText.of(source + " => " + destination);
        }
    }

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        if (allow && deny) {
            throw usage("action: expected -allow or -deny; found both");
        }
        // every file is read before anything is created
        for (var rule : isOfFiles ? ofFiles() : List.of(ofWords())) {
            if (!replace && api.read(rule.path()).found()) {
                throw new CommandFailedException(
                        "Error creating intention "
                                + rule.label()
                                + ": there is one already; -replace replaces it");
            }
            api.must("PUT", rule.path(), rule.body());
            out.println("Created: " + rule.label() + " (" + text(rule.body(), "Action") + ")");
        }
    }

    private Rule ofWords() {
        if (words.size() != 2) {
            throw usage("intention: expected SRC and DST; found " + words.size() + " words");
        }
        var body = Json.object().put("Action", deny ? "deny" : "allow");
        if (note != null) {
            body.put("Description", note);
        }
        putMap(body, "Meta", meta);
        return new Rule(words.getFirst(), words.getLast(), body);
    }

    private List<Rule> ofFiles() throws CommandFailedException {
        if (allow || deny || note != null || !meta.isEmpty()) {
            throw usage(
                    "intention: expected --file, or --allow, --deny, --meta and --description; found both");
        }
        var rules = new ArrayList<Rule>();
        for (var file : words) {
            rules.add(ofFile(file));
        }
        return rules;
    }

    private Rule ofFile(String file) throws CommandFailedException {
        var subject = "intention";
        var read = Json.read(text(subject, file), subject);
        if (!(read instanceof ObjectNode body)
                || text(body, "SourceName").isEmpty()
                || text(body, "DestinationName").isEmpty()) {
            throw new CommandFailedException(
                    subject
                            + ": expected a JSON object with SourceName and DestinationName in '"
                            + PlainText.of(file)
                            + "'; found something else");
        }
        var peer = body.path("SourcePeer").asText("");
        return new Rule(
                (peer.isEmpty() ? "" : "peer:" + peer + "/") + body.path("SourceName").asText(),
                body.path("DestinationName").asText(),
                body);
    }
}
