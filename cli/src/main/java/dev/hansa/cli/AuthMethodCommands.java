package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa acl auth-method …`.
final class AuthMethodCommands {
    private static final String METHOD = "/v1/acl/auth-method";

    private AuthMethodCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new AuthMethod(),
                new Create(surroundings),
                new ListMethods(surroundings),
                new Read(surroundings),
                new Update(surroundings),
                new Delete(surroundings));
    }

    @Command(
            name = "auth-method",
            description = "Say by whose tokens people and programs may log in.",
            footer = "  hansa acl auth-method create -type jwt -name k8s -config @k8s.json")
    private static final class AuthMethod extends Main.Group {}

    private static Columns table(Iterable<? extends JsonNode> methods) {
        return Columns.of(methods, "Name", "Type", "Description");
    }

    private static String pretty(JsonNode method) throws CommandFailedException {
        var columns =
                new Columns()
                        .row("Name:", ClientCommand.text(method, "Name"))
                        .row("Type:", ClientCommand.text(method, "Type"))
                        .row("Description:", ClientCommand.text(method, "Description"));
        for (var field : new String[] {"DisplayName", "MaxTokenTTL", "TokenLocality"}) {
            var text = ClientCommand.text(method, field);
            if (!text.isEmpty()) {
                columns.row(field + ":", text);
            }
        }
        return columns.text()
                + (method.has("Config")
                        ? "Config:\n" + Json.pretty(method.path("Config")) + "\n"
                        : "");
    }

    private static String path(String name) {
        return METHOD + "/" + ApiClient.segment(name);
    }

    /// A command that writes a method.
    private abstract static class Writing extends AclCommands.Kept {
        @Option(names = "--name", required = true, paramLabel = "NAME", description = "Its name.")
        private String name = "";

        @Option(names = "--display-name", paramLabel = "TEXT", description = "What people call it.")
        private @Nullable String displayName;

        @Option(
                names = "--description",
                paramLabel = "TEXT",
                description = "What it is for, shown with it.")
        private @Nullable String description;

        @Option(
                names = "--max-token-ttl",
                paramLabel = "DURATION",
                description =
                        "For how long a login lasts at most (default: as long as what is shown to log in).")
        private @Nullable String longestLife;

        @Option(
                names = "--config",
                paramLabel = "JSON|@FILE|-",
                description = "Whose tokens, for whom, and which claims: the text, @FILE, or -.")
        private @Nullable String config;

        @Option(
                names = "--jwks-file",
                paramLabel = "FILE",
                description =
                        "The issuer's public keys, a JSON Web Key Set, put into the configuration; for an issuer that the servers cannot reach.")
        private @Nullable String keys;

        @Option(
                names = "--token-locality",
                paramLabel = "local|global",
                description = "What the tokens of logins are called (default of create: local).")
        private @Nullable String locality;

        Writing(Surroundings surroundings) {
            super(surroundings);
        }

        final String method() {
            return name;
        }

        final boolean hasConfig() {
            return config != null;
        }

        /// What the flags say.
        final ObjectNode asked() throws CommandFailedException {
            var asked = Json.object().put("Name", name);
            var texts = new LinkedHashMap<String, @Nullable String>();
            texts.put("DisplayName", displayName);
            texts.put("Description", description);
            texts.put("MaxTokenTTL", longestLife);
            texts.put("TokenLocality", locality);
            texts.forEach((field, text) -> {
                if (text != null) {
                    asked.put(field, text);
                }
            });
            if (config != null) {
                asked.set("Config", Json.read(given("config", config), "config"));
            }
            return asked;
        }

        final void putKeys(ObjectNode method) throws CommandFailedException {
            if (keys != null) {
                var all = method.withObject("Config");
                all.remove(List.of("JWTValidationPubKeys", "JWKSURL", "JWKSCACert"));
                all.set("JWKS", Json.read(text("key set", keys), "key set"));
            }
        }
    }

    @Command(
            name = "create",
            description = "Let the holders of somebody's tokens log in.",
            footer =
                    "  hansa acl auth-method create -type jwt -name k8s -max-token-ttl 1h -config @k8s.json")
    private static final class Create extends Writing {
        @Option(
                names = "--type",
                paramLabel = "jwt",
                description = "What they show: a JWT (default: jwt).")
        private String type = "jwt";

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (!hasConfig()) {
                throw usage("auth method: expected --config; found none");
            }
            var body = asked().put("Type", type);
            putKeys(body);
            var method = Json.read(api.must("PUT", METHOD, body));
            show(out, method, table(List.of(method)), pretty(method));
        }
    }

    @Command(
            name = "list",
            description = "Print the names of all auth methods.",
            footer = "  hansa acl auth-method list")
    private static final class ListMethods extends AclCommands.KeptList {
        ListMethods(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var methods = api.json("/v1/acl/auth-methods");
            var text = new StringBuilder();
            for (var method : methods) {
                text.append(text(method, "Name"))
                        .append(":\n   Type:         ")
                        .append(text(method, "Type"))
                        .append("\n   Description:  ")
                        .append(text(method, "Description").strip())
                        .append('\n')
                        .append(more(method, "   "));
            }
            print(out, methods, table(methods), text.toString());
        }
    }

    private static ObjectNode find(ApiClient api, String name)
            throws CommandFailedException, InterruptedException {
        return AclCommands.object(
                AclCommands.found(api, path(name), "auth method '" + PlainText.of(name) + "'"));
    }

    @Command(
            name = "read",
            description = "Print one auth method with its configuration.",
            footer = "  hansa acl auth-method read -name k8s")
    private static final class Read extends AclCommands.Kept {
        @Option(names = "--name", required = true, paramLabel = "NAME", description = "Its name.")
        private String name = "";

        Read(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var method = find(api, name);
            show(out, method, table(List.of(method)), pretty(method));
        }
    }

    @Command(
            name = "update",
            description = "Change an auth method; what no flag names stays.",
            footer = "  hansa acl auth-method update -name k8s -jwks-file keys.json")
    private static final class Update extends Writing {
        @Option(
                names = "--no-merge",
                description = "Say all of it anew: what no flag names is emptied.")
        private boolean anew;

        Update(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var body = anew ? Json.object() : find(api, method());
            body.setAll(asked());
            putKeys(body);
            var changed = Json.read(api.must("PUT", path(method()), body));
            show(out, changed, table(List.of(changed)), pretty(changed));
        }
    }

    @Command(
            name = "delete",
            description =
                    "Delete an auth method, its binding rules, and the tokens of all who have logged in by it.",
            footer = "  hansa acl auth-method delete -name k8s")
    private static final class Delete extends ClientCommand {
        @Option(names = "--name", required = true, paramLabel = "NAME", description = "Its name.")
        private String name = "";

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            api.must("DELETE", path(name), "", ApiClient.JSON);
            out.println("Auth-method \"" + PlainText.of(name) + "\" deleted successfully");
        }
    }
}
