package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa acl token …`.
final class AclTokenCommands {
    private AclTokenCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return new CommandLine(new Token())
                .addSubcommand(new Create(surroundings))
                .addSubcommand(new ListTokens(surroundings))
                .addSubcommand(new Read(surroundings))
                .addSubcommand(new Self(surroundings))
                .addSubcommand(new Update(surroundings))
                .addSubcommand(new Clone(surroundings))
                .addSubcommand(new Delete(surroundings));
    }

    @Command(
            name = "token",
            description = "Make tokens, look at them, change and delete them.",
            footer = "  hansa acl token create -policy-name readers -description ci")
    private static final class Token extends Main.Group {}

    /// What a token may do.
    private static final class Rights {
        @Option(
                names = "--policy-name",
                paramLabel = "NAME",
                description = "A policy by its name; may be repeated.")
        private List<String> policyNames = List.of();

        @Option(
                names = "--policy-id",
                paramLabel = "ID",
                description = "A policy by its id; may be repeated.")
        private List<String> policyIds = List.of();

        @Option(
                names = "--service-identity",
                paramLabel = "SERVICE",
                description = "What a sidecar of this service needs; may be repeated.")
        private List<String> services = List.of();

        boolean hasPolicies() {
            return !policyNames.isEmpty() || !policyIds.isEmpty();
        }

        boolean hasServices() {
            return !services.isEmpty();
        }

        /// Beside what is there already.
        void addTo(ObjectNode token) throws CommandFailedException {
            if (hasPolicies()) {
                var policies = token.withArray("Policies");
                policyNames.forEach(name -> policies.addObject().put("Name", name));
                policyIds.forEach(id -> policies.addObject().put("ID", id));
            }
            for (var service : services) {
                if (service.contains(":")) {
                    throw new CommandFailedException(
                            "service identity: expected a service, since a token holds in its own datacenter; found '"
                                    + PlainText.of(service)
                                    + "'");
                }
                token.withArray("ServiceIdentities").addObject().put("ServiceName", service);
            }
        }
    }

    @Command(
            name = "create",
            description = "Make a token; its secret is said this once.",
            footer =
                    "  hansa acl token create -description ci -policy-name readers -expires-ttl 24h --out ci.token")
    private static final class Create extends AclCommands.Making {
        @Option(
                names = "--description",
                paramLabel = "TEXT",
                description = "What it is for, shown with it.")
        private @Nullable String description;

        @CommandLine.Mixin private Rights rights = new Rights();

        @Option(
                names = "--expires-ttl",
                paramLabel = "DURATION",
                description = "How long it lives (default: until it is deleted).")
        private @Nullable String life;

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        JsonNode make(ApiClient api) throws CommandFailedException, InterruptedException {
            if (!rights.hasPolicies() && !rights.hasServices()) {
                throw usage(
                        "token: expected --policy-name, --policy-id or --service-identity; found none");
            }
            var body = Json.MAPPER.createObjectNode();
            if (description != null) {
                body.put("Description", description);
            }
            rights.addTo(body);
            if (life != null) {
                body.put("ExpirationTTL", life);
            }
            return Json.read(api.must("PUT", AclCommands.TOKEN, body));
        }
    }

    @Command(
            name = "list",
            description = "Print all tokens, without their secrets.",
            footer = "  hansa acl token list")
    private static final class ListTokens extends ListCommand {
        ListTokens(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var tokens = api.json(AclCommands.TOKENS);
            var texts = new ArrayList<String>();
            var table =
                    new Columns()
                            .heading("AccessorID", "Description", "Policies", "Services", "Ends");
            for (var token : tokens) {
                texts.add(AclCommands.pretty(token));
                table.row(
                        text(token, "AccessorID"),
                        text(token, "Description"),
                        names(token.path("Policies"), "Name"),
                        names(token.path("ServiceIdentities"), "ServiceName"),
                        text(token, "ExpirationTime"));
            }
            print(out, tokens, table, String.join("\n", texts));
        }
    }

    private static String names(JsonNode items, String key) {
        var names = new ArrayList<String>();
        items.forEach(item -> names.add(ClientCommand.text(item, key)));
        return String.join(",", names);
    }

    /// A command that means one token.
    private abstract static class OfOne extends AclCommands.Formatted {
        @Option(
                names = {"--accessor-id", "--id"},
                paramLabel = "ID",
                description = "Its AccessorID, or the beginning of it.")
        private @Nullable String accessor;

        OfOne(Surroundings surroundings) {
            super(surroundings);
        }

        final boolean isNamed() {
            return accessor != null;
        }

        final String accessor(ApiClient api) throws CommandFailedException, InterruptedException {
            if (accessor == null) {
                throw usage("token: expected --accessor-id; found none");
            }
            return AclCommands.whole(api, accessor, AclCommands.TOKENS, "AccessorID");
        }

        final JsonNode read(ApiClient api, String id)
                throws CommandFailedException, InterruptedException {
            return AclCommands.found(
                    api,
                    AclCommands.TOKEN + "/" + ApiClient.segment(id),
                    "token '" + PlainText.of(id) + "'");
        }
    }

    @Command(
            name = "read",
            description = "Print one token, without its secret.",
            footer = "  hansa acl token read -accessor-id 986193b5")
    private static final class Read extends OfOne {
        @Option(names = "--self", description = "The token that this command asks with.")
        private boolean self;

        Read(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (self && isNamed()) {
                throw usage("token: expected --accessor-id or --self; found both");
            }
            var token = read(api, self ? "self" : accessor(api));
            print(out, token, AclCommands.pretty(token));
        }
    }

    @Command(
            name = "self",
            description = "Print the token that this command asks with.",
            footer = "  hansa acl token self")
    private static final class Self extends AclCommands.Formatted {
        Self(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var token = AclCommands.found(api, AclCommands.TOKEN + "/self", "token");
            print(out, token, AclCommands.pretty(token));
        }
    }

    @Command(
            name = "update",
            description = {
                "Change a token's description, policies or services; what no flag names stays.",
                "Its secret and its end stay what they are."
            },
            footer = "  hansa acl token update -accessor-id 986193b5 -append-policy-name operators")
    private static final class Update extends OfOne {
        @Option(names = "--description", paramLabel = "TEXT", description = "What it is for.")
        private @Nullable String description;

        @CommandLine.Mixin private Rights rights = new Rights();

        @Option(
                names = "--append-policy-name",
                paramLabel = "NAME",
                description = "A policy beside those that it has; may be repeated.")
        private List<String> moreNames = List.of();

        @Option(
                names = "--append-policy-id",
                paramLabel = "ID",
                description = "The same by id; may be repeated.")
        private List<String> moreIds = List.of();

        Update(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (rights.hasPolicies() && !(moreNames.isEmpty() && moreIds.isEmpty())) {
                throw usage(
                        "policies: expected those that replace the present ones, or --append-policy-…; found both");
            }
            var id = accessor(api);
            var token = changed(id, read(api, id));
            var answer =
                    Json.read(
                            api.must(
                                    "PUT", AclCommands.TOKEN + "/" + ApiClient.segment(id), token));
            print(out, answer, AclCommands.pretty(answer));
        }

        private ObjectNode changed(String id, JsonNode before) throws CommandFailedException {
            var token =
                    Json.MAPPER
                            .createObjectNode()
                            .put("AccessorID", id)
                            .put(
                                    "Description",
                                    description == null
                                            ? before.path("Description").asText("")
                                            : description);
            if (!rights.hasPolicies() && !before.path("Policies").isEmpty()) {
                before.path("Policies").forEach(token.withArray("Policies")::add);
            }
            if (!rights.hasServices() && !before.path("ServiceIdentities").isEmpty()) {
                before.path("ServiceIdentities").forEach(token.withArray("ServiceIdentities")::add);
            }
            for (var kept : List.of("NodeIdentities", "Local")) {
                if (before.has(kept)) {
                    token.set(kept, before.get(kept));
                }
            }
            rights.addTo(token);
            for (var name : moreNames) {
                token.withArray("Policies").addObject().put("Name", name);
            }
            for (var more : moreIds) {
                token.withArray("Policies").addObject().put("ID", more);
            }
            return token;
        }
    }

    @Command(
            name = "clone",
            description =
                    "Make another token that may do what one may; its secret is said this once.",
            footer = "  hansa acl token clone -accessor-id 986193b5 -description ci --out ci.token")
    private static final class Clone extends AclCommands.Making {
        @Option(
                names = {"--accessor-id", "--id"},
                required = true,
                paramLabel = "ID",
                description = "The AccessorID of the one that is there, or the beginning of it.")
        private String accessor = "";

        @Option(
                names = "--description",
                paramLabel = "TEXT",
                description = "What the new one is for (default: what the other is).")
        private @Nullable String description;

        Clone(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        JsonNode make(ApiClient api) throws CommandFailedException, InterruptedException {
            var id = AclCommands.whole(api, accessor, AclCommands.TOKENS, "AccessorID");
            var body = Json.MAPPER.createObjectNode();
            if (description != null) {
                body.put("Description", description);
            }
            return Json.read(
                    api.must(
                            "PUT",
                            AclCommands.TOKEN + "/" + ApiClient.segment(id) + "/clone",
                            body));
        }

        @Override
        String done() {
            return "Token cloned successfully.\n";
        }
    }

    @Command(
            name = "delete",
            description = "Make a token worthless.",
            footer = "  hansa acl token delete -accessor-id 986193b5-e2b5-eb26-6264-b524ea60cc6d")
    private static final class Delete extends OfOne {
        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var id = accessor(api);
            api.must("DELETE", AclCommands.TOKEN + "/" + ApiClient.segment(id), "", ApiClient.JSON);
            out.println("Token \"" + PlainText.of(id) + "\" deleted successfully");
        }
    }
}
