package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whether there is room on the disk of the log, and whether it takes anything. A log that meets
/// the end of its disk in the middle of an entry takes nothing more until it is opened anew, so
/// writes are refused before that.
final class DiskSpace {
    /// What is written without being asked for: the log's next segment, a copy of the state of
    /// usual size, the database's journal, and deletions, which are how an operator makes room.
    static final long RESERVE = 32L << 20;

    /// The next segment of the log, what it is renamed from, a copy of the state, and as many again
    /// for the database. Fewer than what newcomers leave alone.
    private static final int FILES = 16;

    private final Path directory;
    private final FreeFiles files = new FreeFiles(FILES);

    /// Found once: the system reads all its mounts for that, and a write asks each time.
    private volatile @Nullable FileStore disk;

    DiskSpace(Path directory) {
        this.directory = directory;
    }

    private FileStore disk() throws IOException {
        var known = disk;
        if (known == null) {
            known = Files.getFileStore(directory);
            disk = known;
        }
        return known;
    }

    /// What there is to say to whoever wants to write at all: a log whose write fails takes nothing
    /// more until it is opened anew, so none is tried. One call of the system, of some
    /// microseconds.
    Optional<String> closed() {
        if (!Files.isWritable(directory)) {
            return Optional.of(
                    "'"
                            + directory
                            + "': a write failed: expected a disk that takes writes; found it"
                            + " read-only, or the directory not this user's");
        }
        return files.problem().map(found -> "'" + directory + "': a write failed: " + found);
    }

    /// What there is to say to whoever wants to write.
    Optional<String> problem() {
        return problem(0);
    }

    /// The same to whoever wants to write so much at once.
    Optional<String> problem(long bytes) {
        var closed = closed();
        if (closed.isPresent()) {
            return closed;
        }
        try {
            var found = disk().getUsableSpace();
            return found >= RESERVE + bytes
                    ? Optional.empty()
                    : Optional.of(
                            "'"
                                    + directory
                                    + "': a write failed: expected at least "
                                    + (RESERVE + bytes)
                                    + " bytes free on its disk; found "
                                    + found);
        } catch (IOException e) {
            return Optional.of("'" + directory + "': a write failed: its disk is not there: " + e);
        }
    }
}
