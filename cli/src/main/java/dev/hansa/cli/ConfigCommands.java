package dev.hansa.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa config …`.
final class ConfigCommands {
    private ConfigCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Config(),
                new Write(surroundings),
                new Read(surroundings),
                new ListNames(surroundings),
                new Delete(surroundings));
    }

    @Command(
            name = "config",
            synopsisHeading = "Usage: ",
            descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n",
            commandListHeading = "%nCommands:%n",
            description = "Write, read, list and delete config entries.")
    private static final class Config extends Main.Group {}

    private static String path(String kind, String name) {
        return "/v1/config/" + ApiClient.segment(kind) + "/" + ApiClient.segment(name);
    }

    /// `?cas=` when the index was given with `--cas`.
    private static String condition(ClientCommand command, boolean cas, @Nullable Long index) {
        if (cas != (index != null)) {
            throw command.usage("--cas: expected together with --modify-index; found one alone");
        }
        return index == null ? "" : "?cas=" + index;
    }

    @Command(
            name = "write",
            description =
                    "Write one config entry, as HCL, JSON, or YAML in the shape of Consul's custom resources.",
            footer = "  hansa config write exported-services.hcl")
    private static final class Write extends ClientCommand {
        @Parameters(paramLabel = "FILE", description = "The entry; - for standard input.")
        private String file = "";

        @Option(names = "--cas", description = "Write only if the entry has --modify-index.")
        private boolean cas;

        @Option(
                names = "--modify-index",
                paramLabel = "N",
                description = "With --cas: the index that was read; 0 if there must be no entry.")
        private @Nullable Long modifyIndex;

        Write(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var condition = condition(this, cas, modifyIndex);
            var text = text("config entry", file);
            var entry = EntryText.of(text, file);
            var answer =
                    api.must("PUT", "/v1/config" + condition, text, entry.contentType()).strip();
            if (!"true".equals(answer)) {
                throw new CommandFailedException(
                        "Config entry not updated: " + entry.label() + " (its index has changed)");
            }
            out.println("Config entry written: " + entry.label());
        }
    }

    @Command(
            name = "read",
            description = "Print one config entry as JSON, or its line of the list.",
            footer = "  hansa config read -kind service-resolver -name shippingservice")
    private static final class Read extends ListCommand {
        @Option(names = "--kind", required = true, paramLabel = "KIND", description = "Its kind.")
        private String kind = "";

        @Option(names = "--name", required = true, paramLabel = "NAME", description = "Its name.")
        private String name = "";

        Read(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var entry = api.json(path(kind, name));
            print(
                    out,
                    entry,
                    new Columns()
                            .heading("Kind", "Name", "Modify Index")
                            .row(
                                    kind,
                                    entry.has("Name") ? text(entry, "Name") : kind,
                                    text(entry, "ModifyIndex")),
                    Json.pretty(entry) + "\n");
        }
    }

    @Command(
            name = "list",
            description = "Print the names of all entries of a kind.",
            footer = "  hansa config list -kind service-resolver")
    private static final class ListNames extends ListCommand {
        @Option(names = "--kind", required = true, paramLabel = "KIND", description = "The kind.")
        private String kind = "";

        @Option(
                names = "--filter",
                paramLabel = "FILTER",
                description = "Only those for which it holds, e.g. 'Name contains web'.")
        private String filter = "";

        ListNames(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var entries = api.json("/v1/config/" + ApiClient.segment(kind) + Query.filter(filter));
            var table = new Columns().heading("Kind", "Name", "Modify Index");
            var names = new Columns();
            for (var entry : entries) {
                var name = entry.has("Name") ? text(entry, "Name") : kind;
                names.row(name);
                table.row(kind, name, text(entry, "ModifyIndex"));
            }
            print(out, entries, table, names.text());
        }
    }

    @Command(
            name = "delete",
            description = {
                "Delete one config entry; one that is not there is no mistake.",
                "It is named by --kind and --name, or by a file that would write it."
            },
            footer = "  hansa config delete -kind exported-services -name default")
    private static final class Delete extends ClientCommand {
        @Option(names = "--kind", paramLabel = "KIND", description = "Its kind.")
        private @Nullable String kind;

        @Option(names = "--name", paramLabel = "NAME", description = "Its name.")
        private @Nullable String name;

        @Option(
                names = "--filename",
                paramLabel = "FILE",
                description =
                        "The entry, of which only kind and name are read; - for standard input.")
        private @Nullable String file;

        @Option(names = "--cas", description = "Delete only if the entry has --modify-index.")
        private boolean cas;

        @Option(
                names = "--modify-index",
                paramLabel = "N",
                description = "With --cas: the index that was read.")
        private @Nullable Long modifyIndex;

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var condition = condition(this, cas, modifyIndex);
            var entry = entry();
            var answer =
                    api.must(
                            "DELETE",
                            path(entry.kind(), entry.name()) + condition,
                            "",
                            ApiClient.JSON);
            if ("false".equals(answer.strip())) {
                throw new CommandFailedException(
                        "Config entry not deleted: " + entry.label() + " (its index has changed)");
            }
            out.println("Config entry deleted: " + entry.label());
        }

        private EntryText entry() throws CommandFailedException {
            if (file == null) {
                if (kind == null || name == null) {
                    throw usage(
                            "config entry: expected --kind and --name, or --filename; found "
                                    + (kind != null
                                            ? "--kind alone"
                                            : name != null ? "--name alone" : "neither"));
                }
                return new EntryText(ApiClient.JSON, kind, name);
            }
            if (kind != null || name != null) {
                throw usage("config entry: expected --kind and --name, or --filename; found both");
            }
            var entry = EntryText.of(text("config entry", file), file);
            if (entry.kind().isEmpty() || entry.name().isEmpty()) {
                // without its name it would be the list of its kind
                throw new CommandFailedException(
                        "config entry: expected its kind and name in '"
                                + PlainText.of(file)
                                + "'; found '"
                                + entry.label()
                                + "'");
            }
            return entry;
        }
    }
}
