package dev.hansa.cli;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `hansa acl …`, with the flags and the output of Consul's commands.
final class AclCommands {
    static final String TOKEN = "/v1/acl/token";
    static final String TOKENS = "/v1/acl/tokens";
    static final String POLICY = "/v1/acl/policy";
    static final String POLICIES = "/v1/acl/policies";

    /// What a server says instead of a secret.
    private static final String HIDDEN = "<hidden>";

    /// The length of a UUID: less is the beginning of one.
    private static final int WHOLE_ID = 36;

    private AclCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Acl(),
                new Bootstrap(surroundings),
                AclTokenCommands.commandLine(surroundings),
                AclPolicyCommands.commandLine(surroundings),
                AuthMethodCommands.commandLine(surroundings),
                BindingRuleCommands.commandLine(surroundings));
    }

    @Command(
            name = "acl",
            description =
                    "Say who may do what: tokens, policies that they have, and how they are got by logging in.",
            footer = "  hansa acl bootstrap --out management.token")
    private static final class Acl extends Main.Group {}

    /// A command that prints one of what a list has.
    abstract static class Formatted extends ListCommand {
        Formatted(Surroundings surroundings) {
            super(surroundings);
        }

        /// What is printed behind the rest; nothing where no flag asks for it.
        String more(JsonNode answer) {
            return "";
        }

        /// @param given a text itself, @FILE, or - for standard input
        final String given(String subject, String given) throws CommandFailedException {
            return given.equals("-") || given.startsWith("@")
                    ? text(subject, given.equals("-") ? given : given.substring(1))
                    : given;
        }

        /// @param table its line of the list
        final void show(PrintWriter out, JsonNode answer, Columns table, String pretty)
                throws CommandFailedException {
            print(out, answer, table, pretty + more(answer));
        }
    }

    /// Whether hash and indexes are printed too.
    static final class Meta {
        @Option(
                names = "--meta",
                order = 81,
                description = "Print hash and indexes too; JSON has them anyway.")
        private boolean wanted;

        /// Nothing where they are not wanted; what a server does not say is left out.
        String of(JsonNode one) {
            if (!wanted) {
                return "";
            }
            var text = new StringBuilder();
            for (var field : List.of("Hash", "CreateIndex", "ModifyIndex")) {
                if (one.hasNonNull(field)) {
                    // in the column of what stands above
                    text.append(
                            "%-14s%s\n"
                                    .formatted(
                                            field.replace("Index", " Index") + ":",
                                            ClientCommand.text(one, field)));
                }
            }
            return text.toString();
        }
    }

    /// A command whose answer holds what is kept, with its hash and indexes.
    abstract static class Kept extends Formatted {
        @Mixin private Meta meta = new Meta();

        Kept(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        final String more(JsonNode answer) {
            return meta.of(answer);
        }
    }

    /// A list of what is kept.
    abstract static class KeptList extends ListCommand {
        @Mixin private Meta meta = new Meta();

        KeptList(Surroundings surroundings) {
            super(surroundings);
        }

        /// @param indent before each line
        final String more(JsonNode one, String indent) {
            return meta.of(one).lines().map(line -> indent + line + "\n").collect(joining());
        }
    }

    /// A command whose answer holds a secret, which is said this once.
    abstract static class Making extends Formatted {
        @Option(
                names = "--out",
                order = 79,
                paramLabel = "FILE",
                description =
                        "Write the secret to FILE, readable by the owner alone, as --token-file takes it; it is not printed then.")
        private @Nullable Path file;

        Making(Surroundings surroundings) {
            super(surroundings);
        }

        /// Said before what was made.
        String done() {
            return "";
        }

        abstract JsonNode make(ApiClient api) throws CommandFailedException, InterruptedException;

        @Override
        final void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (file == null) {
                var token = make(api);
                show(out, token, table(List.of(token)), done() + pretty(token));
                return;
            }
            try (var secret = OwnerFile.at("token", file)) {
                var token = make(api);
                secret.write(token.path("SecretID").asText());
                if (token instanceof ObjectNode object) {
                    object.put("SecretID", HIDDEN);
                }
                show(out, token, table(List.of(token)), done() + pretty(token));
            }
            note("token written: " + file);
        }
    }

    @Command(
            name = "bootstrap",
            description =
                    "Make the first token, which may do everything; it is made once, for whoever asks first.",
            footer = "  hansa acl bootstrap --out management.token")
    private static final class Bootstrap extends Making {
        Bootstrap(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        boolean carriesSecret() {
            return true;
        }

        @Override
        JsonNode make(ApiClient api) throws CommandFailedException, InterruptedException {
            return Json.read(api.must("PUT", "/v1/acl/bootstrap", "", ApiClient.JSON));
        }
    }

    /// Tokens, with the secret where one of them has it.
    static Columns table(Iterable<? extends JsonNode> tokens) {
        var hasSecret =
                StreamSupport.stream(tokens.spliterator(), false)
                        .anyMatch(token -> !secret(token).isEmpty());
        var heading = new ArrayList<>(List.of("AccessorID"));
        if (hasSecret) {
            heading.add("SecretID");
        }
        heading.addAll(List.of("Description", "Policies", "Services", "Ends"));
        var table = new Columns().heading(heading.toArray(String[]::new));
        for (var token : tokens) {
            var row = new ArrayList<>(List.of(ClientCommand.text(token, "AccessorID")));
            if (hasSecret) {
                row.add(secret(token));
            }
            row.addAll(
                    List.of(
                            ClientCommand.text(token, "Description"),
                            names(token.path("Policies"), "Name"),
                            names(token.path("ServiceIdentities"), "ServiceName"),
                            ClientCommand.text(token, "ExpirationTime")));
            table.row(row.toArray(String[]::new));
        }
        return table;
    }

    private static String names(JsonNode items, String key) {
        return items(items).map(item -> ClientCommand.text(item, key)).collect(joining(","));
    }

    /// Nothing for one that may not be shown.
    private static String secret(JsonNode token) {
        var secret = ClientCommand.text(token, "SecretID");
        return secret.equals(HIDDEN) ? "" : secret;
    }

    /// A token, for a person.
    static String pretty(JsonNode token) {
        var columns = new Columns().row("AccessorID:", ClientCommand.text(token, "AccessorID"));
        var secret = secret(token);
        if (!secret.isEmpty()) {
            columns.row("SecretID:", secret);
        }
        columns.row("Description:", ClientCommand.text(token, "Description"))
                .row("Create Time:", ClientCommand.text(token, "CreateTime"));
        var end = ClientCommand.text(token, "ExpirationTime");
        if (!end.isEmpty()) {
            columns.row("Expiration Time:", end);
        }
        return columns.text()
                + section(
                        "Policies:",
                        items(token.path("Policies"))
                                .map(policy ->
                                        ClientCommand.text(policy, "ID")
                                                + " - "
                                                + ClientCommand.text(policy, "Name"))
                                .toList())
                + section(
                        "Service Identities:",
                        items(token.path("ServiceIdentities"))
                                .map(identity -> ClientCommand.text(identity, "ServiceName"))
                                .toList())
                + section(
                        "Node Identities:",
                        items(token.path("NodeIdentities"))
                                .map(identity ->
                                        ClientCommand.text(identity, "NodeName")
                                                + " (Datacenter: "
                                                + ClientCommand.text(identity, "Datacenter")
                                                + ")")
                                .toList());
    }

    private static Stream<JsonNode> items(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    private static String section(String heading, List<String> lines) {
        var text = new StringBuilder();
        if (!lines.isEmpty()) {
            text.append(heading).append('\n');
            lines.forEach(line -> text.append("   ").append(line).append('\n'));
        }
        return text.toString();
    }

    /// The whole of an id whose beginning tells it apart, as Consul's commands take it.
    ///
    /// @param list the path where there are all of them, and the key of their ids
    static String whole(ApiClient api, String given, String list, String key)
            throws CommandFailedException, InterruptedException {
        if (given.isBlank()) {
            throw new CommandFailedException(
                    key + ": expected one, or its beginning; found nothing");
        }
        if (given.length() >= WHOLE_ID) {
            return given;
        }
        var found =
                items(api.json(list))
                        .map(one -> ClientCommand.text(one, key))
                        .filter(id -> id.startsWith(given))
                        .toList();
        if (found.size() == 1) {
            return found.getFirst();
        }
        throw new CommandFailedException(
                key
                        + ": expected the beginning of one; found "
                        + (found.isEmpty() ? "none" : found.size())
                        + " that begin with '"
                        + PlainText.of(given)
                        + "'");
    }

    /// A server's answer that is an object, to be changed and sent back.
    static ObjectNode object(JsonNode answer) throws CommandFailedException {
        if (answer instanceof ObjectNode object) {
            return object;
        }
        throw new CommandFailedException(
                "answer of the server: expected an object; found something else");
    }

    /// What is at a path, or a sentence that it is not there.
    static JsonNode found(ApiClient api, String path, String what)
            throws CommandFailedException, InterruptedException {
        var answer = api.read(path);
        if (!answer.found()) {
            throw new CommandFailedException(what + ": expected to be there; found none");
        }
        return Json.read(answer.body());
    }
}
