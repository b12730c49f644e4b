package dev.hansa.cli;

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
import java.util.concurrent.Callable;
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
            synopsisHeading = "Usage: ",
            descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n",
            parameterListHeading = "%n",
            footerHeading = "%nExample:%n",
            description = "Check a snapshot and show what it is of. Needs no server and no key.",
            footer = "  hansa snapshot inspect eks.snapshot")
    private static final class Inspect implements Callable<Integer> {
        private final Surroundings surroundings;

        @Parameters(paramLabel = "FILE", description = "Made by hansa snapshot save.")
        private Path file = Path.of("");

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this text.")
        private boolean help;

        Inspect(Surroundings surroundings) {
            this.surroundings = surroundings;
        }

        @Override
        public Integer call() throws CommandFailedException {
            var out = surroundings.out();
            var found = inspect(file);
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
            out.flush();
            return CommandLine.ExitCode.OK;
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
