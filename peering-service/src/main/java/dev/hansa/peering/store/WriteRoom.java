package dev.hansa.peering.store;

import java.util.Optional;

/// Whether a write may be tried: a log that cannot be written to its end takes nothing more until
/// it is opened anew.
final class WriteRoom {
    private final DiskSpace disk;
    private final StateFile file;
    private final long maxBytes;

    /// What the leader has found at the others.
    private volatile Optional<String> others = Optional.empty();

    /// @param maxBytes what the state may take up
    WriteRoom(DiskSpace disk, StateFile file, long maxBytes) {
        this.disk = disk;
        this.file = file;
        this.maxBytes = maxBytes;
    }

    /// What there is to say of this server's own disk to whoever wants to write.
    Optional<String> problem() {
        return disk.problem();
    }

    /// The same of the others' disks.
    Optional<String> others() {
        return others;
    }

    /// An entry that a member's disk does not take ends that member's log, and with a majority of
    /// the logs the datacenter's.
    ///
    /// @param problem why nothing is written though this server's disk has room; empty: nothing is
    ///   wrong
    void others(Optional<String> problem) {
        others = problem;
    }

    /// What there is to say once a write has failed.
    String broken(Throwable failure) {
        var root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return "'"
                + file.file().resolveSibling("raft")
                + "': a write failed, and none is taken until the server is started anew: "
                + failure
                + (root == failure ? "" : ": " + root.getMessage());
    }

    /// @param more bytes of the entry
    /// @param isAlone whether nobody else keeps the log
    /// @throws StoreFailure naming the directory, what was expected and what was found
    void require(StoreCommand command, int more, boolean isAlone) {
        var closed = disk.closed();
        // a leader that refuses hands the lead over a little later; one whose log breaks, and on a
        // disk that takes nothing it does, is succeeded at once
        if (closed.isEmpty() || isAlone) {
            (command.makesRoom() ? closed : disk.problem().or(() -> others))
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
