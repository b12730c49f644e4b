package dev.hansa.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa login` and `hansa logout`.
final class LoginCommands {
    private LoginCommands() {}

    @Command(
            name = "login",
            description = {
                "Get a token for one of somebody else's: of an identity provider, of a cluster.",
                "It ends when that one does; --token-file and HANSA_TOKEN_FILE take what is written."
            },
            footer =
                    "  hansa login -method k8s -bearer-token-file /var/run/secrets/hansa/token -token-sink-file /run/hansa/token")
    static final class Login extends ClientCommand {
        @Option(
                names = "--method",
                required = true,
                paramLabel = "NAME",
                description = "The auth method to log in by.")
        private String method = "";

        @Option(
                names = "--bearer-token-file",
                required = true,
                paramLabel = "FILE",
                description = "The token to show, a JWT; - is standard input.")
        private String bearer = "";

        @Option(
                names = "--token-sink-file",
                required = true,
                paramLabel = "FILE",
                description = "Where the token is written, whole and readable by the owner alone.")
        private Path sink = Path.of("");

        @Option(
                names = "--type",
                paramLabel = "jwt",
                description = "The type of the auth method; each server knows it itself.")
        private String type = "jwt";

        @Option(
                names = "--meta",
                paramLabel = "KEY=VALUE",
                description = "What is said of the token in its description; may be repeated.")
        private Map<String, String> meta = Map.of();

        Login(Surroundings surroundings) {
            super(surroundings);
        }

        /// The JWT, and the token.
        @Override
        boolean carriesSecret() {
            return true;
        }

        /// One that is over must not be in the way of its successor.
        @Override
        boolean showsToken() {
            return false;
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (!type.equals("jwt")) {
                throw usage("type: expected jwt; found '" + PlainText.of(type) + "'");
            }
            var body =
                    Json.object()
                            .put("AuthMethod", method)
                            .put("BearerToken", text("bearer token", bearer).strip());
            putMap(body, "Meta", meta);
            try (var file = OwnerFile.at("token", sink)) {
                var token = Json.read(api.must("POST", "/v1/acl/login", body));
                var secret = token.path("SecretID").asText();
                if (secret.isBlank()) {
                    throw new CommandFailedException(
                            "login: expected a token with a SecretID; found an answer without one (is "
                                    + api.address()
                                    + " a server of Hansa or Consul?)");
                }
                file.write(secret);
            }
        }
    }

    @Command(
            name = "logout",
            description =
                    "Make the token worthless that a login has made and this command asks with.",
            footer = "  hansa logout --token-file /run/hansa/token")
    static final class Logout extends ClientCommand {
        Logout(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            api.must("POST", "/v1/acl/logout", "", ApiClient.JSON);
        }
    }
}
