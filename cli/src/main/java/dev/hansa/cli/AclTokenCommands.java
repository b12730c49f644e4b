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
        return Branch.of(
                new Token(),
                new Create(surroundings),
                new ListTokens(surroundings),
                new Read(surroundings),
                new Self(surroundings),
                new Update(surroundings),
                new Clone(surroundings),
                new Delete(surroundings));
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
                paramLabel = "SERVICE[:DC]",
                description = "What a sidecar of this service needs; may be repeated.")
        private List<String> services = List.of();

        @Option(
                names = "--node-identity",
                paramLabel = "NODE:DC",
                description = "What a machine's agent of this node needs; may be repeated.")
        private List<String> nodes = List.of();

        boolean hasNodes() {
            return !nodes.isEmpty();
        }

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
            services.forEach(service -> addService(token, service));
            for (var node : nodes) {
                addNode(token, node);
            }
        }

        /// A datacenter that is not the server's is refused by it: a token holds in its own.
        static void addService(ObjectNode token, String text) {
            var colon = text.indexOf(':');
            var identity =
                    token.withArray("ServiceIdentities")
                            .addObject()
                            .put("ServiceName", colon < 0 ? text : text.substring(0, colon));
            if (colon >= 0) {
                var datacenters = identity.putArray("Datacenters");
                for (var name : text.substring(colon + 1).split(",", -1)) {
                    datacenters.add(name);
                }
            }
        }

        static void addNode(ObjectNode token, String text) throws CommandFailedException {
            var colon = text.indexOf(':');
            if (colon <= 0 || colon == text.length() - 1) {
                throw new CommandFailedException(
                        "node identity: expected NODE:DATACENTER; found '"
                                + PlainText.of(text)
                                + "'");
            }
            token.withArray("NodeIdentities")
                    .addObject()
                    .put("NodeName", text.substring(0, colon))
                    .put("Datacenter", text.substring(colon + 1));
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

        @Option(
                names = "--accessor",
                paramLabel = "UUID",
                description = "Its AccessorID (default: one by chance).")
        private @Nullable String accessor;

        @Option(
                names = "--secret",
                paramLabel = "UUID|@FILE|-",
                description =
                        "Its secret (default: one by chance). The process list shows one that is written here: @FILE or - do not.")
        private @Nullable String secret;

        @Option(
                names = "--local",
                description = "Call it local; each token holds in its own datacenter alone anyway.")
        private boolean local;

        @CommandLine.Mixin private AclCommands.Meta meta = new AclCommands.Meta();

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        JsonNode make(ApiClient api) throws CommandFailedException, InterruptedException {
            if (!rights.hasPolicies() && !rights.hasServices() && !rights.hasNodes()) {
                throw usage(
                        "token: expected --policy-name, --policy-id, --service-identity or --node-identity; found none");
            }
            var body = Json.object();
            if (description != null) {
                body.put("Description", description);
            }
            rights.addTo(body);
            if (life != null) {
                body.put("ExpirationTTL", life);
            }
            if (accessor != null) {
                body.put("AccessorID", accessor);
            }
            if (secret != null) {
                body.put("SecretID", given("secret", secret).strip());
            }
            if (local) {
                body.put("Local", true);
            }
            return Json.read(api.must("PUT", AclCommands.TOKEN, body));
        }

        @Override
        String more(JsonNode answer) {
            return meta.of(answer);
        }
    }

    @Command(
            name = "list",
            description = "Print all tokens, without their secrets.",
            footer = "  hansa acl token list")
    private static final class ListTokens extends AclCommands.KeptList {
        ListTokens(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var tokens = api.json(AclCommands.TOKENS);
            var texts = new ArrayList<String>();
            for (var token : tokens) {
                texts.add(AclCommands.pretty(token) + more(token, ""));
            }
            print(out, tokens, AclCommands.table(tokens), String.join("\n", texts));
        }
    }

    /// A command that means one token.
    private abstract static class OfOne extends AclCommands.Kept {
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
            show(out, token, AclCommands.table(List.of(token)), AclCommands.pretty(token));
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
            show(out, token, AclCommands.table(List.of(token)), AclCommands.pretty(token));
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

        @Option(
                names = "--append-service-identity",
                paramLabel = "SERVICE[:DC]",
                description = "A service beside those that it has; may be repeated.")
        private List<String> moreServices = List.of();

        @Option(
                names = "--append-node-identity",
                paramLabel = "NODE:DC",
                description = "A node beside those that it has; may be repeated.")
        private List<String> moreNodes = List.of();

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
            if (rights.hasServices() && !moreServices.isEmpty()
                    || rights.hasNodes() && !moreNodes.isEmpty()) {
                throw usage(
                        "identities: expected those that replace the present ones, or --append-…; found both");
            }
            var id = accessor(api);
            var token = changed(id, read(api, id));
            var answer =
                    Json.read(
                            api.must(
                                    "PUT", AclCommands.TOKEN + "/" + ApiClient.segment(id), token));
            show(out, answer, AclCommands.table(List.of(answer)), AclCommands.pretty(answer));
        }

        private ObjectNode changed(String id, JsonNode before) throws CommandFailedException {
            var token =
                    Json.object()
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
            if (before.has("Local")) {
                token.set("Local", before.get("Local"));
            }
            if (!rights.hasNodes() && !before.path("NodeIdentities").isEmpty()) {
                before.path("NodeIdentities").forEach(token.withArray("NodeIdentities")::add);
            }
            rights.addTo(token);
            for (var name : moreNames) {
                token.withArray("Policies").addObject().put("Name", name);
            }
            for (var more : moreIds) {
                token.withArray("Policies").addObject().put("ID", more);
            }
            moreServices.forEach(service -> Rights.addService(token, service));
            for (var node : moreNodes) {
                Rights.addNode(token, node);
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
            var body = Json.object();
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
    private static final class Delete extends ClientCommand {
        @Option(
                names = {"--accessor-id", "--id"},
                required = true,
                paramLabel = "ID",
                description = "Its AccessorID, or the beginning of it.")
        private String accessor = "";

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var id = AclCommands.whole(api, accessor, AclCommands.TOKENS, "AccessorID");
            api.must("DELETE", AclCommands.TOKEN + "/" + ApiClient.segment(id), "", ApiClient.JSON);
            out.println("Token \"" + PlainText.of(id) + "\" deleted successfully");
        }
    }
}
