package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.exportedservices.filter.Filter;
import dev.hansa.exportedservices.filter.FilterFields;
import dev.hansa.exportedservices.filter.InvalidFilterException;
import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What is shared between peers: `hansa services export`, `exported-services`, `imported-services`,
/// and `hansa peering exported-services`.
final class ExportCommands {
    private static final String KIND = "exported-services";
    private static final String ENTRY = "/v1/config/" + KIND + "/default";

    /// Whoever else writes the entry has read it in the same moment; five in a row is no chance.
    private static final int TRIES = 5;

    private ExportCommands() {}

    @Command(
            name = "export",
            description = {
                "Let peers see a service: adds them to the config entry exported-services.",
                "Safe to repeat; consumers that are there stay."
            },
            footer = "  hansa services export -name shippingservice -consumer-peers lke,gke")
    static final class Export extends ClientCommand {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "SERVICE",
                description = "The service; * for all.")
        private String name = "";

        @Option(
                names = "--consumer-peers",
                required = true,
                split = ",",
                paramLabel = "PEER",
                description = "Who shall see it, as peers are called here; several by commas.")
        private List<String> peers = List.of();

        Export(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var wanted = new LinkedHashSet<>(peers.stream().map(String::strip).toList());
            if (wanted.contains("")) {
                throw usage("--consumer-peers: expected names of peers; found an empty one");
            }
            for (var i = 0; i < TRIES; i++) {
                if (isWritten(api, wanted)) {
                    out.println(
                            "Successfully exported service \""
                                    + PlainText.of(name)
                                    + "\" to cluster peers \""
                                    + PlainText.of(String.join(",", wanted))
                                    + "\"");
                    return;
                }
            }
            throw new CommandFailedException(
                    "config entry exported-services/default: expected to be left alone for a moment;"
                            + " found it changed "
                            + TRIES
                            + " times between reading and writing");
        }

        /// @return false when somebody else has changed the entry meanwhile
        private boolean isWritten(ApiClient api, Set<String> wanted)
                throws CommandFailedException, InterruptedException {
            var answer = api.read(ENTRY);
            var entry =
                    answer.found()
                            ? AclCommands.object(Json.read(answer.body()))
                            : Json.object().put("Kind", KIND).put("Name", "default");
            var index = entry.path("ModifyIndex").asLong();
            entry.remove(List.of("CreateIndex", "ModifyIndex", "Hash"));
            if (!add(entry, wanted)) {
                return true;
            }
            return "true".equals(api.must("PUT", "/v1/config?cas=" + index, entry).strip());
        }

        /// @return whether there was something to add
        private boolean add(ObjectNode entry, Set<String> wanted) {
            var consumers = array(service(array(entry, "Services")), "Consumers");
            var missing = new LinkedHashSet<>(wanted);
            consumers.forEach(consumer -> missing.remove(text(consumer, "Peer")));
            missing.forEach(peer -> consumers.addObject().put("Peer", peer));
            return !missing.isEmpty();
        }

        private ObjectNode service(ArrayNode services) {
            for (var each : services) {
                if (each instanceof ObjectNode one && text(one, "Name").equals(name)) {
                    return one;
                }
            }
            return services.addObject().put("Name", name);
        }

        private static ArrayNode array(ObjectNode object, String key) {
            return object.path(key) instanceof ArrayNode array ? array : object.putArray(key);
        }
    }

    @Command(
            name = "exported-services",
            description = "Print which peers see which services of this datacenter.",
            footer = "  hansa services exported-services")
    static final class Exported extends ListCommand {
        @Option(
                names = "--filter",
                paramLabel = "FILTER",
                description = "Only those for which it holds, e.g. 'Service contains web'.")
        private String filter = "";

        Exported(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var all = Json.array();
            Chart.items(api.json(Chart.EXPORTS)).filter(wanted()).forEach(all::add);
            var table = new Columns().heading("Service", "Consumer Peers");
            for (var service : all) {
                table.row(
                        text(service, "Service"),
                        String.join(", ", Json.texts(service.path("Consumers").path("Peers"))));
            }
            printOr(out, all, table, "No exported services found");
        }

        /// Judged here: to the API there is no filter of this list.
        private Predicate<JsonNode> wanted() throws CommandFailedException {
            if (filter.isBlank()) {
                return _ -> true;
            }
            var fields =
                    FilterFields.<JsonNode>none()
                            .text("Service", service -> text(service, "Service"))
                            .texts(
                                    "Consumers.Peers",
                                    service -> Json.texts(service.path("Consumers").path("Peers")));
            try {
                return Filter.parse(filter, fields)::matches;
            } catch (InvalidFilterException e) {
                throw new CommandFailedException("filter: " + PlainText.of(e.sentence()), e);
            }
        }
    }

    @Command(
            name = "imported-services",
            description = "Print which services of peers this datacenter sees, and how they are.",
            footer = "  hansa services imported-services")
    static final class Imported extends ListCommand {
        Imported(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var all = api.json("/v1/hansa/imported-services");
            var table =
                    new Columns()
                            .heading("Service", "Peer", "Instances", "Healthy", "State", "Heard At")
                            .state(4);
            for (var service : all) {
                table.row(
                        text(service, "Service"),
                        text(service, "Peer"),
                        text(service, "Instances"),
                        text(service, "Healthy"),
                        state(service),
                        text(service, "HeardAt"));
            }
            printOr(out, all, table, "No imported services found");
        }

        /// What was heard last counts while the peer is not connected, too.
        private static String state(JsonNode service) {
            if (service.path("Stale").asBoolean()) {
                return "stale";
            }
            return service.path("Healthy").asInt() > 0 ? "passing" : "critical";
        }
    }

    @Command(
            name = "exported-services",
            description = "Print the services that a peer sees of this datacenter.",
            footer = "  hansa peering exported-services -name lke")
    static final class ToPeer extends ListCommand {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "PEER",
                description = "What the peer is called here.")
        private String name = "";

        ToPeer(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var services = Json.array();
            PeeringCommands.read(api, name)
                    .path("StreamStatus")
                    .path("ExportedServices")
                    .forEach(services::add);
            var table = new Columns().heading("Service Name");
            Json.texts(services).forEach(service -> table.row(service));
            printOr(out, services, table, "No service is exported to peer '" + name + "'.");
        }
    }
}
