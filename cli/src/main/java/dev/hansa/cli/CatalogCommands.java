package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hansa catalog …`.
final class CatalogCommands {
    /// As much of a node's id as tells it apart.
    private static final int SHORT_ID = 8;

    private CatalogCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Catalog(),
                new Services(surroundings),
                new Nodes(surroundings),
                new Datacenters(surroundings));
    }

    @Command(
            name = "catalog",
            synopsisHeading = "Usage: ",
            descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n",
            commandListHeading = "%nCommands:%n",
            description = "Print what the datacenter knows: services, nodes, datacenters.")
    private static final class Catalog extends Main.Group {}

    /// The nodes that are asked for.
    private static Query ofNodes(Query query, Map<String, String> meta) {
        meta.forEach((key, value) -> query.add("node-meta", key + ":" + value));
        return query;
    }

    /// A command whose answer is printed as lines, or as the JSON that it was.
    private abstract static class Printed extends ListCommand {
        Printed(Surroundings surroundings) {
            super(surroundings);
        }

        abstract String path();

        /// Without a heading where Consul's command prints none.
        abstract Columns lines(JsonNode answer);

        abstract Columns table(JsonNode answer);

        @Override
        final void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var answer = api.json(path());
            print(out, answer, table(answer), lines(answer).text());
        }
    }

    @Command(
            name = "services",
            description = "Print the names of all services.",
            footer = "  hansa catalog services -tags")
    private static final class Services extends Printed {
        @Option(names = "--tags", description = "Print each service's tags beside it.")
        private boolean tags;

        @Option(names = "--node", paramLabel = "NODE", description = "Only services of this node.")
        private @Nullable String node;

        @Option(
                names = "--node-meta",
                paramLabel = "KEY=VALUE",
                description = "Only services of nodes with this in their meta; may be repeated.")
        private Map<String, String> nodeMeta = Map.of();

        Services(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        String path() {
            if (node != null && !nodeMeta.isEmpty()) {
                throw usage("nodes: expected --node or --node-meta; found both");
            }
            return (node == null
                            ? "/v1/catalog/services"
                            : "/v1/catalog/node/" + ApiClient.segment(node))
                    + ofNodes(new Query(), nodeMeta).text();
        }

        @Override
        Columns lines(JsonNode answer) {
            return lines(answer, new Columns());
        }

        @Override
        Columns table(JsonNode answer) {
            return lines(
                    answer,
                    tags
                            ? new Columns().heading("Service", "Tags")
                            : new Columns().heading("Service"));
        }

        private Columns lines(JsonNode answer, Columns columns) {
            var byName = new TreeMap<String, JsonNode>();
            if (node == null) {
                answer.properties().forEach(pair -> byName.put(pair.getKey(), pair.getValue()));
            } else {
                answer.path("Services")
                        .forEach(service ->
                                byName.put(text(service, "Service"), service.path("Tags")));
            }
            byName.forEach((name, labels) -> {
                if (tags) {
                    columns.row(name, String.join(",", Json.texts(labels)));
                } else {
                    columns.row(name);
                }
            });
            return columns;
        }
    }

    @Command(
            name = "nodes",
            description = "Print all nodes.",
            footer = "  hansa catalog nodes -service shippingservice")
    private static final class Nodes extends Printed {
        @Option(
                names = "--service",
                paramLabel = "NAME",
                description = "Only nodes with an instance of this service.")
        private @Nullable String service;

        @Option(names = "--detailed", description = "Print addresses by network and meta too.")
        private boolean detailed;

        @Option(
                names = "--filter",
                paramLabel = "FILTER",
                description =
                        "Only those for which it holds, e.g. 'Meta.zone == a'; with --service the fields are its instances'.")
        private String filter = "";

        @Option(
                names = "--node-meta",
                paramLabel = "KEY=VALUE",
                description = "Only nodes with this in their meta; may be repeated.")
        private Map<String, String> nodeMeta = Map.of();

        Nodes(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        String path() {
            return (service == null
                            ? "/v1/catalog/nodes"
                            : "/v1/catalog/service/" + ApiClient.segment(service))
                    + ofNodes(new Query().add("filter", filter), nodeMeta).text();
        }

        @Override
        Columns lines(JsonNode answer) {
            return table(answer);
        }

        @Override
        Columns table(JsonNode answer) {
            var columns = new Columns();
            if (detailed) {
                columns.heading("Node", "ID", "Address", "DC", "TaggedAddresses", "Meta");
            } else {
                columns.heading("Node", "ID", "Address", "DC");
            }
            var byName = new TreeMap<String, JsonNode>();
            answer.forEach(node -> byName.put(text(node, "Node"), node));
            byName.forEach((name, node) -> {
                var id = text(node, "ID");
                if (detailed) {
                    columns.row(
                            name,
                            id,
                            text(node, "Address"),
                            text(node, "Datacenter"),
                            pairs(node.path("TaggedAddresses")),
                            pairs(node.path(service == null ? "Meta" : "NodeMeta")));
                } else {
                    columns.row(
                            name,
                            id.substring(0, Math.min(SHORT_ID, id.length())),
                            text(node, "Address"),
                            text(node, "Datacenter"));
                }
            });
            return columns;
        }

        private static String pairs(JsonNode object) {
            return String.join(
                    ", ",
                    object.properties().stream()
                            .map(pair -> pair.getKey() + "=" + pair.getValue().asText())
                            .sorted()
                            .toList());
        }
    }

    @Command(
            name = "datacenters",
            description = "Print the names of all known datacenters.",
            footer = "  hansa catalog datacenters")
    private static final class Datacenters extends Printed {
        Datacenters(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        String path() {
            return "/v1/catalog/datacenters";
        }

        @Override
        Columns lines(JsonNode answer) {
            return lines(answer, new Columns());
        }

        @Override
        Columns table(JsonNode answer) {
            return lines(answer, new Columns().heading("Datacenter"));
        }

        private static Columns lines(JsonNode answer, Columns columns) {
            Json.texts(answer).forEach(name -> columns.row(name));
            return columns;
        }
    }
}
