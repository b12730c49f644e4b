package dev.hansa.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.cli.Profiles.Profile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa profile`: servers under names of the user's own.
final class ProfileCommands {
    private ProfileCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Group(),
                new Set(surroundings),
                new ListAll(surroundings),
                new Delete(surroundings));
    }

    @Command(
            name = "profile",
            description =
                    "Keep addresses of servers under names, in ~/.config/hansa/profiles.json.",
            footer = "  hansa profile set eks --http-addr https://eks.example:8501")
    private static final class Group extends Main.Group {}

    @Command(
            name = "set",
            description = {
                "Save a server under a name, in the place of what was saved under it.",
                "The token stays in its file: only the file's name is kept."
            },
            footer =
                    "  hansa profile set eks --http-addr https://eks.example:8501 --ca-file eks.pem --token-file eks.token")
    private static final class Set extends ShortCommand {
        @Parameters(paramLabel = "NAME", description = "Lower-case letters, digits, - and _.")
        private String name = "";

        @Option(
                names = "--http-addr",
                required = true,
                paramLabel = "URL",
                description = "The server's HTTP API.")
        private String address = "";

        @Option(
                names = "--ca-file",
                paramLabel = "FILE",
                description = "The only certificates, PEM, that certify it at https://.")
        private @Nullable String caFile;

        @Option(
                names = "--token-file",
                paramLabel = "FILE",
                description = "The file with the token to ask it with.")
        private @Nullable String tokenFile;

        @Option(
                names = "--tls-server-name",
                paramLabel = "NAME",
                description = "Whose certificate it must have, if not the address's host.")
        private @Nullable String serverName;

        Set(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void work() throws CommandFailedException {
            if (!Profiles.isName(name)) {
                throw usage(
                        "profile: expected a name of at most 64 lower-case letters, digits, - and _; found '"
                                + name
                                + "'");
            }
            ApiAccess.at(address);
            var profile =
                    new Profile(
                            address,
                            whole("CA file", caFile),
                            whole("token file", tokenFile),
                            Optional.ofNullable(serverName));
            Profiles.open(surroundings()).set(name, profile);
            surroundings().out().println("Profile saved: " + name);
        }

        /// A command may run in another folder than this one.
        private static Optional<String> whole(String subject, @Nullable String file)
                throws CommandFailedException {
            if (file == null) {
                return Optional.empty();
            }
            var path = Path.of(file).toAbsolutePath().normalize();
            if (!Files.isReadable(path)) {
                throw new CommandFailedException(
                        subject
                                + ": expected a file that can be read; found none at '"
                                + PlainText.of(path.toString())
                                + "'");
            }
            return Optional.of(path.toString());
        }
    }

    @Command(
            name = "list",
            description = "Print all profiles.",
            footer = "  hansa profile list -format json")
    private static final class ListAll extends ShortCommand {
        @Option(
                names = "--format",
                paramLabel = "pretty|json|table",
                description = "How to print (default: pretty).")
        private OutputFormat format = OutputFormat.pretty;

        ListAll(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void work() throws CommandFailedException {
            var out = surroundings().out();
            var all = Profiles.open(surroundings()).all();
            if (format == OutputFormat.json) {
                out.println(Json.pretty(json(all)));
                return;
            }
            if (all.isEmpty() && format == OutputFormat.pretty) {
                out.println("There are no profiles.");
                return;
            }
            var columns = new Columns().heading("Name", "Address", "CA file", "Token file");
            all.forEach((name, profile) ->
                    columns.row(
                            name,
                            profile.address(),
                            profile.caFile().orElse("-"),
                            profile.tokenFile().orElse("-")));
            out.print(columns.text());
        }

        /// What is not set is not there.
        private static ArrayNode json(Map<String, Profile> all) {
            var list = JsonNodeFactory.instance.arrayNode();
            all.forEach((name, profile) -> {
                var one = list.addObject().put("Name", name).put("Address", profile.address());
                profile.caFile().ifPresent(file -> one.put("CAFile", file));
                profile.tokenFile().ifPresent(file -> one.put("TokenFile", file));
                profile.serverName().ifPresent(server -> one.put("TLSServerName", server));
            });
            return list;
        }
    }

    @Command(
            name = "delete",
            description = "Forget a profile; the files that it names stay.",
            footer = "  hansa profile delete eks")
    private static final class Delete extends ShortCommand {
        @Parameters(paramLabel = "NAME", description = "As list shows it.")
        private String name = "";

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void work() throws CommandFailedException {
            Profiles.open(surroundings()).delete(name);
            surroundings().out().println("Profile deleted: " + PlainText.of(name));
        }
    }
}
