package dev.hansa.peering.store;

import java.util.Optional;

/// Whether a write may be tried: a log that cannot be written to its end takes nothing more until
/// it is opened anew.
final class WriteRoom {
    private final DiskSpace disk;
    private final StateFile file;
    private final long maxBytes;

    /// @param maxBytes what the state may take up
    WriteRoom(DiskSpace disk, StateFile file, long maxBytes) {
        this.disk = disk;
        this.file = file;
        this.maxBytes = maxBytes;
    }

    /// What there is to say to whoever wants to write.
    Optional<String> problem() {
        return disk.problem();
    }

    /// @param more bytes of the entry
    /// @param isAlone whether nobody else keeps the log
    /// @throws StoreFailure naming the directory, what was expected and what was found
    void require(StoreCommand command, int more, boolean isAlone) {
        var closed = disk.closed();
        // a leader that refuses hands the lead over a little later; one whose log breaks, and on a
        // disk that takes nothing it does, is succeeded at once
        if (closed.isEmpty() || isAlone) {
            (command.makesRoom() ? closed : disk.problem())
                    .ifPresent(problem -> {
                        throw new StoreFailure(problem, null);
                    });
        }
        if (command.makesRoom() || command instanceof StoreCommand.RestorePart) {
            // the latter is bounded as a whole where it begins
            return;
        }
        var found = file.bytes() + more;
        if (found > maxBytes) {
            throw new StoreFailure(
                    "'"
                            + file.file()
                            + "': a write failed: expected at most "
                            + maxBytes
                            + " bytes in all; found "
                            + found,
                    null);
        }
    }
}
