package dev.hansa.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.hcl.HclException;
import dev.hansa.peering.hcl.HclReader;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa services …`.
final class ServiceCommands {
    private ServiceCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Services(),
                new Register(surroundings),
                new Deregister(surroundings),
                new ExportCommands.Export(surroundings),
                new ExportCommands.Exported(surroundings),
                new ExportCommands.Imported(surroundings));
    }

    @Command(
            name = "services",
            synopsisHeading = "Usage: ",
            descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n",
            commandListHeading = "%nCommands:%n",
            description =
                    "Register services that no sidecar registers, and see and say which peers share which.")
    private static final class Services extends Main.Group {}

    /// The definitions in a file, JSON or HCL: `{"service": {}}`, `{"services": []}`, or one by
    /// itself.
    private static List<ObjectNode> definitions(ClientCommand command, String file)
            throws CommandFailedException {
        var root = Json.object();
        if (parsed(command.text("service definition", file), file) instanceof ObjectNode object) {
            root = object;
        }
        var found = new ArrayList<ObjectNode>();
        for (var key : List.of("service", "Service", "services", "Services")) {
            var value = root.path(key);
            if (value instanceof ObjectNode one) {
                found.add(one);
            } else if (value.isArray()) {
                for (var each : value) {
                    if (each instanceof ObjectNode one) {
                        found.add(one);
                    }
                }
            }
        }
        if (found.isEmpty() && !name(root).isEmpty()) {
            found.add(root);
        }
        if (found.isEmpty()) {
            throw new CommandFailedException(
                    "service definition: expected {\"Service\": {...}} or {\"Services\": [...]}; found neither in '"
                            + file
                            + "'");
        }
        return found;
    }

    /// What does not begin as JSON is HCL, as for Consul's agents, whatever the file is called.
    private static JsonNode parsed(String text, String file) throws CommandFailedException {
        var begun = text.stripLeading();
        try {
            return begun.startsWith("{") || begun.startsWith("[")
                    ? Json.mapper().readTree(text)
                    : HclReader.read(text);
        } catch (HclException e) {
            throw new CommandFailedException(
                    "service definition: expected HCL or JSON in '"
                            + file
                            + "'; found "
                            + PlainText.of(e.sentence()),
                    e);
        } catch (JsonProcessingException e) {
            throw new CommandFailedException(
                    "service definition: expected JSON in '"
                            + file
                            + "'; found '"
                            + PlainText.of(e.getOriginalMessage())
                            + "'",
                    e);
        }
    }

    private static String name(JsonNode definition) {
        return definition.path("Name").asText(definition.path("name").asText(""));
    }

    private static String id(JsonNode definition) {
        return definition.path("ID").asText(definition.path("id").asText(name(definition)));
    }

    @Command(
            name = "register",
            description = "Register a service by flags, or services by files of HCL or JSON.",
            footer = "  hansa services register -name billing -address 127.0.0.1 -port 9090")
    private static final class Register extends ClientCommand {
        @Parameters(
                arity = "0..*",
                paramLabel = "FILE",
                description = "Definitions; - for standard input.")
        private List<String> files = List.of();

        @Option(names = "--name", paramLabel = "NAME", description = "Name of the service.")
        private @Nullable String name;

        @Option(
                names = "--id",
                paramLabel = "ID",
                description = "Id of the instance (default: the name).")
        private @Nullable String id;

        @Option(names = "--address", paramLabel = "HOST", description = "Where it listens.")
        private @Nullable String address;

        @Option(names = "--port", paramLabel = "PORT", description = "Where it listens.")
        private @Nullable Integer port;

        @Option(
                names = "--kind",
                paramLabel = "KIND",
                description = "Its kind, if not an ordinary service.")
        private @Nullable String kind;

        @Option(names = "--tag", paramLabel = "TAG", description = "A tag; may be repeated.")
        private List<String> tags = List.of();

        @Option(
                names = "--meta",
                paramLabel = "KEY=VALUE",
                description = "Kept with the service; may be repeated.")
        private Map<String, String> meta = Map.of();

        @Option(
                names = "--tagged-address",
                paramLabel = "TAG=HOST:PORT",
                description =
                        "Where it is reached from elsewhere, e.g. wan=203.0.113.2:443; without a port that of --port; may be repeated.")
        private Map<String, String> taggedAddresses = Map.of();

        Register(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (files.isEmpty() == (name == null)) {
                throw usage(
                        "service: expected -name NAME or FILE...; found "
                                + (name == null ? "neither" : "both"));
            }
            // every file is read before anything is registered
            var all = new ArrayList<ObjectNode>();
            if (name != null) {
                all.add(fromFlags(name));
            }
            for (var file : files) {
                all.addAll(definitions(this, file));
            }
            for (var definition : all) {
                api.must("PUT", "/v1/agent/service/register", definition);
                out.println(
                        "Registered service: " + PlainText.of(ServiceCommands.name(definition)));
            }
        }

        private ObjectNode fromFlags(String service) {
            var definition = Json.object().put("Name", service);
            if (kind != null) {
                definition.put("Kind", kind);
            }
            if (id != null) {
                definition.put("ID", id);
            }
            if (address != null) {
                definition.put("Address", address);
            }
            if (port != null) {
                definition.put("Port", port);
            }
            if (!tags.isEmpty()) {
                tags.forEach(definition.putArray("Tags")::add);
            }
            putMap(definition, "Meta", meta);
            for (var tagged : taggedAddresses.entrySet()) {
                putAddress(
                        definition.withObject("TaggedAddresses").putObject(tagged.getKey()),
                        tagged.getValue());
            }
            return definition;
        }

        /// An address of IPv6 with a port stands in brackets, one without as it is.
        private void putAddress(ObjectNode place, String text) {
            var colon = text.lastIndexOf(':');
            var hasPort =
                    colon >= 0 && (text.indexOf(':') == colon || text.charAt(colon - 1) == ']');
            var host = hasPort ? text.substring(0, colon) : text;
            place.put("Address", host.replaceAll("[\\[\\]]", ""));
            if (!hasPort) {
                if (port != null) {
                    place.put("Port", port);
                }
                return;
            }
            try {
                place.put("Port", Integer.parseInt(text.substring(colon + 1)));
            } catch (NumberFormatException _) {
                throw usage(
                        "--tagged-address: expected TAG=HOST or TAG=HOST:PORT; found the port '"
                                + text.substring(colon + 1)
                                + "'");
            }
        }
    }

    @Command(
            name = "deregister",
            description = "Take a service out, by its id or by the files that registered it.",
            footer = "  hansa services deregister -id billing")
    private static final class Deregister extends ClientCommand {
        @Parameters(
                arity = "0..*",
                paramLabel = "FILE",
                description = "Definitions; - for standard input.")
        private List<String> files = List.of();

        @Option(names = "--id", paramLabel = "ID", description = "Id of the instance.")
        private @Nullable String id;

        Deregister(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (files.isEmpty() == (id == null)) {
                throw usage(
                        "service: expected -id ID or FILE...; found "
                                + (id == null ? "neither" : "both"));
            }
            var ids = new ArrayList<String>();
            if (id != null) {
                ids.add(id);
            }
            for (var file : files) {
                definitions(this, file)
                        .forEach(definition -> ids.add(ServiceCommands.id(definition)));
            }
            for (var each : ids) {
                api.must(
                        "PUT",
                        "/v1/agent/service/deregister/" + ApiClient.segment(each),
                        "",
                        ApiClient.JSON);
                out.println("Deregistered service: " + PlainText.of(each));
            }
        }
    }
}
