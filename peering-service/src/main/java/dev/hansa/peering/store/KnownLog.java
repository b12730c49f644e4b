package dev.hansa.peering.store;

import java.nio.file.Path;
import org.apache.ratis.server.RaftServer;

/// Whether a data directory's log and database are of one history.
final class KnownLog {
    private KnownLog() {}

    /// A log that was restored from an older copy lacks what the file has, and would give its
    /// entries the numbers of those that are lost.
    static void refuseAnother(RaftServer.Division log, ReplicaMachine machine, Path dataDir) {
        var known = machine.known();
        var copied = machine.getLatestSnapshot();
        if (known.index() < 0 || copied != null && known.index() <= copied.getIndex()) {
            return;
        }
        var there = log.getRaftLog().getTermIndex(known.index());
        if (there == null || there.getTerm() != known.term()) {
            throw another(
                    dataDir, known, "one that ends at " + log.getRaftLog().getLastEntryTermIndex());
        }
    }

    static StoreFailure another(Path dataDir, LogPosition known, String found) {
        return new StoreFailure(
                "'"
                        + dataDir.resolve("raft")
                        + "': expected the log that 'hansa.db' has up to entry "
                        + known.index()
                        + " of term "
                        + known.term()
                        + "; found "
                        + found,
                null);
    }
}
