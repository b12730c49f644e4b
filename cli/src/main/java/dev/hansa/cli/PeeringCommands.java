package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa peering …`, with the flags and the output of Consul's commands.
final class PeeringCommands {
    private PeeringCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Peering(),
                new GenerateToken(surroundings),
                new Establish(surroundings),
                new RevokeToken(surroundings),
                new ListPeerings(surroundings),
                new Read(surroundings),
                new Delete(surroundings),
                new ExportCommands.ToPeer(surroundings));
    }

    @Command(
            name = "peering",
            synopsisHeading = "Usage: ",
            descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n",
            commandListHeading = "%nCommands:%n",
            description = "Make another datacenter a peer, look at peers, delete one.")
    private static final class Peering extends Main.Group {}

    /// @throws CommandFailedException also where there is none of this name
    static JsonNode read(ApiClient api, String name)
            throws CommandFailedException, InterruptedException {
        var answer = api.read(path(name));
        if (!answer.found()) {
            throw new CommandFailedException("No peering with name " + name + " found.");
        }
        return Json.read(answer.body());
    }

    private static String path(String name) {
        return "/v1/peering/" + ApiClient.segment(name);
    }

    @Command(
            name = "generate-token",
            description =
                    "Make the token with which another datacenter becomes a peer; it works once.",
            footer = "  hansa peering generate-token -name lke --for-datacenter lke > token")
    private static final class GenerateToken extends ClientCommand {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "PEER",
                description = "What the peer is called here.")
        private String name = "";

        @Option(
                names = "--for-datacenter",
                paramLabel = "DC",
                description = "The only datacenter that takes it (default: any).")
        private @Nullable String datacenter;

        @Option(
                names = "--ttl",
                paramLabel = "DURATION",
                description = "How long it may lie unused (default: the server's token.ttl).")
        private @Nullable String ttl;

        @Option(
                names = "--server-external-addresses",
                split = ",",
                paramLabel = "HOST:PORT",
                description = "Where the peer reaches our servers, if not where they say.")
        private List<String> addresses = List.of();

        @Option(
                names = "--meta",
                paramLabel = "KEY=VALUE",
                description = "Kept with the peering; may be repeated.")
        private Map<String, String> meta = Map.of();

        @Option(
                names = "--format",
                paramLabel = "pretty|json|table",
                description = "How to print (default: pretty).")
        private OutputFormat format = OutputFormat.pretty;

        @Option(
                names = "--token-form",
                paramLabel = "signed|consul",
                description =
                        "How it is written; consul for a Consul datacenter (default: the server's token.form).")
        private @Nullable String form;

        GenerateToken(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var body = Json.object().put("PeerName", name);
            if (!addresses.isEmpty()) {
                addresses.forEach(body.putArray("ServerExternalAddresses")::add);
            }
            putMap(body, "Meta", meta);
            if (datacenter != null) {
                body.put("ForDatacenter", datacenter);
            }
            if (ttl != null) {
                body.put("TTL", ttl);
            }
            if (form != null) {
                body.put("TokenForm", form);
            }
            var answer = Json.read(api.must("POST", "/v1/peering/token", body));
            switch (format) {
                case pretty -> {
                    out.println(text(answer, "PeeringToken"));
                    // beside the token, which may go into a file or another command
                    note("fingerprint: " + fingerprint(answer));
                    note("tell it to the other operator in another way than the token");
                }
                case json -> out.println(Json.pretty(answer));
                case table ->
                        out.print(
                                new Columns()
                                        .heading("Peer", "Fingerprint", "In words", "Token")
                                        .row(
                                                name,
                                                text(answer, "Fingerprint"),
                                                text(answer, "FingerprintWords"),
                                                text(answer, "PeeringToken"))
                                        .text());
            }
        }
    }

    /// The digits and the words of an answer.
    private static String fingerprint(JsonNode answer) {
        return text(answer, "Fingerprint") + " (" + text(answer, "FingerprintWords") + ")";
    }

    @Command(
            name = "establish",
            description = {
                "Become a peer of the datacenter that made the token.",
                "--token-file alone is that token; beside --peering-token it is the token to ask with, as in all other commands."
            },
            footer = "  hansa peering establish -name eks --token-file token")
    private static final class Establish extends ClientCommand {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "PEER",
                description = "What the peer is called here.")
        private String name = "";

        @Option(
                names = "--peering-token",
                paramLabel = "-|@FILE|TOKEN",
                description =
                        "The peering token, from standard input, from a file, or itself. The process list and the shell's history show one that is written here.")
        private @Nullable String token;

        @Option(
                names = "--accept-audience",
                paramLabel = "DC",
                description = "Accept a token made for datacenter DC instead of this one.")
        private @Nullable String audience;

        @Option(
                names = "--meta",
                paramLabel = "KEY=VALUE",
                description = "Kept with the peering; may be repeated.")
        private Map<String, String> meta = Map.of();

        @Option(
                names = "--expect-fingerprint",
                paramLabel = "FINGERPRINT",
                description =
                        "What the token's maker says that its fingerprint is, in digits or words; another's token is refused.")
        private @Nullable String fingerprint;

        @Option(
                names = "--require-signed",
                description = "Refuse a token in Consul's form, which nobody signed.")
        private boolean requireSigned;

        Establish(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var body = Json.object().put("PeerName", name).put("PeeringToken", token());
            putMap(body, "Meta", meta);
            if (audience != null) {
                body.put("AcceptAudience", audience);
            }
            if (requireSigned) {
                body.put("RequireSigned", true);
            }
            if (fingerprint != null) {
                body.put("ExpectFingerprint", fingerprint);
            }
            var answer = Json.read(api.must("POST", "/v1/peering/establish", body));
            out.println("Successfully established peering connection with " + name);
            note(
                    (fingerprint == null ? "trusted on first use: " : "as expected: ")
                            + "fingerprint "
                            + fingerprint(answer));
        }

        /// Alone, the flag means the peering's token.
        @Override
        Optional<String> apiTokenFile() {
            return token == null ? Optional.empty() : tokenFile();
        }

        private String token() throws CommandFailedException {
            var file = tokenFile();
            if (token == null) {
                return text(
                                "peering token",
                                file.orElseThrow(() ->
                                        usage(
                                                "peering token: expected --token-file or --peering-token; found neither")))
                        .strip();
            }
            var place = place(token);
            if (place.isEmpty()) {
                note(
                        "hansa: the process list and the shell's history show the peering token that"
                                + " is written here; --peering-token - reads it from standard input,"
                                + " @FILE from a file");
                return token.strip();
            }
            if (place.get().equals("-") && file.equals(Optional.of("-"))) {
                throw usage(
                        "standard input: expected one token there, of --peering-token or of --token-file; found both");
            }
            return text("peering token", place.get()).strip();
        }

        /// Where it is read from; empty: what is given is the token itself, as Consul's command
        /// takes it.
        private static Optional<String> place(String given) {
            if (given.equals("-")) {
                return Optional.of(given);
            }
            return given.startsWith("@") ? Optional.of(given.substring(1)) : Optional.empty();
        }
    }

    @Command(
            name = "revoke-token",
            description = "Make a peer's token worthless, if it was not used yet.",
            footer = "  hansa peering revoke-token -name lke")
    private static final class RevokeToken extends ClientCommand {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "PEER",
                description = "What the peer is called here.")
        private String name = "";

        RevokeToken(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var answer = Json.read(api.must("DELETE", path(name) + "/token", "", ApiClient.JSON));
            out.println("Token " + text(answer, "TokenID") + " of peer " + name + " revoked.");
        }
    }

    @Command(name = "list", description = "Print all peers.", footer = "  hansa peering list")
    private static final class ListPeerings extends ListCommand {
        ListPeerings(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var peerings = api.json("/v1/peerings");
            printOr(out, peerings, table(peerings), "There are no peering connections.");
        }
    }

    private static Columns table(Iterable<JsonNode> peerings) {
        var columns =
                new Columns()
                        .heading("Name", "State", "Imported Svcs", "Exported Svcs", "Meta")
                        .state(1);
        StreamSupport.stream(peerings.spliterator(), false)
                .sorted(Comparator.comparing(peering -> text(peering, "Name")))
                .forEach(peering ->
                        columns.row(
                                text(peering, "Name"),
                                text(peering, "State"),
                                count(peering, "ImportedServices"),
                                count(peering, "ExportedServices"),
                                meta(peering).collect(Collectors.joining(","))));
        return columns;
    }

    @Command(
            name = "read",
            description = "Print one peer.",
            footer = "  hansa peering read -name lke")
    private static final class Read extends ListCommand {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "PEER",
                description = "What the peer is called here.")
        private String name = "";

        Read(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var peering = read(api, name);
            print(out, peering, table(List.of(peering)), pretty(peering));
        }

        private static String pretty(JsonNode peering) {
            var text = new StringWriter();
            var out = new PrintWriter(text);
            out.print(
                    new Columns()
                            .row("Name:", text(peering, "Name"))
                            .row("ID:", text(peering, "ID"))
                            .row("Status:", text(peering, "State"))
                            .text());
            section(out, "Meta:", meta(peering).toList());
            if (peering.hasNonNull("PeerID")) {
                out.println();
                out.print(
                        new Columns()
                                .row("Peer ID:", text(peering, "PeerID"))
                                .row("Peer Server Name:", text(peering, "PeerServerName"))
                                .row(
                                        "Peer CA Pems:",
                                        Integer.toString(peering.path("PeerCAPems").size()))
                                .text());
                section(
                        out,
                        "Peer Server Addresses:",
                        Json.texts(peering.path("PeerServerAddresses")));
            }
            out.println();
            out.println("Imported Services: " + count(peering, "ImportedServices"));
            out.println("Exported Services: " + count(peering, "ExportedServices"));
            out.println();
            out.println("Create Index: " + text(peering, "CreateIndex"));
            out.println("Modify Index: " + text(peering, "ModifyIndex"));
            out.flush();
            return text.toString();
        }

        private static void section(PrintWriter out, String heading, List<String> lines) {
            if (!lines.isEmpty()) {
                out.println(heading);
                lines.forEach(line -> out.println("    " + PlainText.of(line)));
            }
        }
    }

    @Command(
            name = "delete",
            description = "End a peering; the other side is told, imported services go.",
            footer = "  hansa peering delete -name lke")
    private static final class Delete extends ClientCommand {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "PEER",
                description = "What the peer is called here.")
        private String name = "";

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            api.must("DELETE", path(name), "", ApiClient.JSON);
            out.println("Successfully submitted peering connection, " + name + ", for deletion");
        }
    }

    private static Stream<String> meta(JsonNode peering) {
        return peering.path("Meta").properties().stream()
                .map(pair -> pair.getKey() + "=" + pair.getValue().asText())
                .sorted();
    }

    private static String count(JsonNode peering, String list) {
        return Integer.toString(peering.path("StreamStatus").path(list).size());
    }

    private static String text(JsonNode node, String key) {
        return ClientCommand.text(node, key);
    }
}
