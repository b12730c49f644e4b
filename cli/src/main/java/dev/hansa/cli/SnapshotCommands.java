package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.peering.store.RefusedSnapshotException;
import dev.hansa.peering.store.SnapshotFile;
import dev.hansa.peering.store.SnapshotMetadata;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa snapshot`: the state of a datacenter's servers as one file.
final class SnapshotCommands {
    private static final String PATH = "/v1/snapshot";

    private SnapshotCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Snapshot(),
                new Save(surroundings),
                new Restore(surroundings),
                new Inspect(surroundings));
    }

    @Command(
            name = "snapshot",
            description = "Save the state of this datacenter's servers, and restore it.",
            footer = "  hansa snapshot save eks.snapshot")
    private static final class Snapshot extends Main.Group {}

    @Command(
            name = "save",
            description = {
                "Save the state to a file, and check it.",
                "Secrets in it are sealed: a restore needs the servers' secrets.key, kept apart."
            },
            footer = "  hansa snapshot save eks.snapshot")
    private static final class Save extends ClientCommand {
        @Parameters(paramLabel = "FILE", description = "Where to; replaced when it is there.")
        private Path file = Path.of("");

        Save(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var target = file.toAbsolutePath();
            var folder = target.getParent() == null ? target : target.getParent();
            try {
                // owner-only before anything is in it, and whole when it appears
                var fresh = Files.createTempFile(folder, ".snapshot", ".new");
                try {
                    try (var progress = new Progress(surroundings(), "saving")) {
                        api.download(PATH, fresh, progress);
                    }
                    var metadata = SnapshotFile.inspect(fresh);
                    sync(fresh, StandardOpenOption.WRITE);
                    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
                    sync(folder, StandardOpenOption.READ);
                    out.println("Saved: " + file + " (index " + metadata.index() + ", checked)");
                } finally {
                    Files.deleteIfExists(fresh);
                }
            } catch (RefusedSnapshotException e) {
                throw new CommandFailedException(
                        "answer of the server: " + PlainText.of(e.sentence()), e);
            } catch (IOException e) {
                throw unusable("write", file, e);
            }
        }

        private static void sync(Path path, StandardOpenOption how) throws IOException {
            try (var channel = FileChannel.open(path, how)) {
                channel.force(true);
            }
        }
    }

    @Command(
            name = "restore",
            description = {
                "Put a snapshot's content in the place of the servers' state.",
                "Restart the datacenter's servers afterwards."
            },
            footer = "  hansa snapshot restore eks.snapshot")
    private static final class Restore extends ClientCommand {
        @Parameters(paramLabel = "FILE", description = "Made by hansa snapshot save.")
        private Path file = Path.of("");

        @Option(
                names = "--force",
                description = "Also where there are peerings or config entries: they are replaced.")
        private boolean force;

        Restore(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            inspect(file);
            String said;
            try (var progress = new Progress(surroundings(), "restoring")) {
                said = api.upload(PATH + (force ? "?force" : ""), file, progress);
            }
            var answer = Json.read(said);
            out.println(
                    "Restored: "
                            + file
                            + " (index "
                            + text(answer, "SnapshotIndex")
                            + ", now index "
                            + text(answer, "Index")
                            + ")");
            note("restart the servers of the datacenter now, one after another");
        }
    }

    @Command(
            name = "inspect",
            description = "Check a snapshot and show what it is of. Needs no server and no key.",
            footer = "  hansa snapshot inspect eks.snapshot")
    private static final class Inspect extends ShortCommand {
        @Parameters(paramLabel = "FILE", description = "Made by hansa snapshot save.")
        private Path file = Path.of("");

        @Option(
                names = "--format",
                paramLabel = "pretty|json|table",
                description =
                        "How to print (default: pretty); json is as Consul's, without the sums of bytes by kind.")
        private OutputFormat format = OutputFormat.pretty;

        Inspect(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void work() throws CommandFailedException {
            var out = surroundings().out();
            var found = inspect(file);
            switch (format) {
                case pretty -> print(out, found);
                case json -> out.println(Json.pretty(json(found)));
                case table -> {
                    var table = new Columns().heading("Type", "Count");
                    found.rows().forEach((kind, rows) -> table.row(kind, Long.toString(rows)));
                    out.print(table.text());
                }
            }
        }

        /// With the keys of Consul's, and some more of ours.
        private static JsonNode json(SnapshotMetadata found) {
            var json = Json.object();
            json.putObject("Meta")
                    .put(
                            "ID",
                            found.logTerm()
                                    + "-"
                                    + found.logIndex()
                                    + "-"
                                    + found.madeAt().toEpochMilli())
                    .put("Size", found.bytes())
                    .put("Index", found.index())
                    .put("Term", found.logTerm())
                    .put("Version", SnapshotFile.FORMAT)
                    .put("Datacenter", found.datacenter())
                    .put("TrustDomain", found.trustDomain())
                    .put("MadeAt", found.madeAt().toString())
                    .put("LogIndex", found.logIndex())
                    .put("Schema", found.schema())
                    .put("SHA256", found.sha256());
            var rows = json.putArray("Stats");
            found.rows()
                    .forEach((kind, count) ->
                            rows.addObject().put("Name", kind).put("Count", count));
            return json.put("TotalSize", found.bytes());
        }

        private static void print(PrintWriter out, SnapshotMetadata found) {
            out.println("Datacenter:   " + PlainText.of(found.datacenter()));
            out.println("Trust domain: " + PlainText.of(found.trustDomain()));
            out.println("Made at:      " + found.madeAt());
            out.println("Index:        " + found.index());
            out.println("Log:          entry " + found.logIndex() + " of term " + found.logTerm());
            out.println("Format:       " + SnapshotFile.FORMAT + ", schema " + found.schema());
            out.println("Database:     " + found.bytes() + " bytes");
            out.println("SHA-256:      " + found.sha256());
            found.rows()
                    .forEach((kind, rows) ->
                            out.println("Rows:         " + rows + " " + PlainText.of(kind)));
        }
    }

    private static SnapshotMetadata inspect(Path file) throws CommandFailedException {
        try {
            return SnapshotFile.inspect(file);
        } catch (RefusedSnapshotException e) {
            throw new CommandFailedException(PlainText.of("'" + file + "': " + e.sentence()), e);
        } catch (IOException e) {
            throw unusable("read", file, e);
        }
    }

    private static CommandFailedException unusable(String act, Path file, IOException e) {
        return new CommandFailedException(
                "snapshot: expected to "
                        + act
                        + " '"
                        + file
                        + "'; found '"
                        + e.getClass().getSimpleName()
                        + ": "
                        + PlainText.of(String.valueOf(e.getMessage()))
                        + "'",
                e);
    }
}
