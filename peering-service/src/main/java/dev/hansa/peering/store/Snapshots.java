package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.flywaydb.core.api.FlywayException;

/// Snapshots of the state to files, and the way back, through the log: so one server and three do
/// the same. One at a time, as each may take up several times the state on the disk.
public final class Snapshots {
    /// On the disk at one time: the file that came, the database in it, its parts in the database
    /// and in the log (a third longer there), and the database that each member reads at the end.
    private static final int ROOM = 6;

    private final Store store;
    private final StateFile file;
    private final String datacenter;
    private final long maxBytes;
    private final Clock clock;
    private final Path folder;
    private final DiskSpace disk;
    private final AtomicBoolean busy = new AtomicBoolean();

    /// @param maxBytes what the state may take up
    Snapshots(Store store, StateFile file, String datacenter, long maxBytes, Clock clock) {
        this.store = store;
        this.file = file;
        this.datacenter = datacenter;
        this.maxBytes = maxBytes;
        this.clock = clock;
        this.folder = file.file().resolveSibling("snapshots");
        this.disk = new DiskSpace(folder);
        clear();
    }

    /// What a server left that was killed in the middle.
    private void clear() {
        try {
            Files.createDirectories(folder);
            OwnDisk.ownerOnly(folder, "rwx------");
            try (var left = Files.list(folder)) {
                for (var path : left.toList()) {
                    Files.delete(path);
                }
            }
        } catch (IOException e) {
            throw new StoreFailure("'" + folder + "': expected a directory of ours; found " + e, e);
        }
    }

    /// A file of ours for as long as one snapshot is made or taken.
    public final class Workplace implements AutoCloseable {
        private Workplace() {}

        /// The snapshot.
        public Path file() {
            return folder.resolve("snapshot");
        }

        private Path database() {
            return folder.resolve("database");
        }

        /// Makes the file, of this moment: all that was acknowledged before is in it.
        ///
        /// @param stale of what this server knows, so that it needs no other
        /// @throws StoreFailure when there is no majority, or a disk does not take it
        public SnapshotMetadata save(boolean stale) {
            if (!stale) {
                // the log answers when all before is here; every version knows this command, and
                // no node has this name
                store.apply(new StoreCommand.RemoveRegistration("", ""));
            }
            return saved(database(), file());
        }

        /// Puts the file's content in the place of the state.
        ///
        /// @param force also where there are peerings or config entries
        /// @return the index of the state then
        /// @throws RefusedSnapshotException when it is not to be taken; then nothing has changed
        /// @throws StoreFailure when there is no majority, or a disk does not take it; where that
        ///   happens at the very end, the content may be taken all the same
        public Restored restore(boolean force) throws RefusedSnapshotException {
            return restored(file(), database(), force);
        }

        @Override
        public void close() {
            try {
                clear();
            } finally {
                busy.set(false);
            }
        }
    }

    /// @param index of the state now
    public record Restored(SnapshotMetadata from, long index) {}

    /// @return empty while there is another
    public Optional<Workplace> workplace() {
        return busy.compareAndSet(false, true) ? Optional.of(new Workplace()) : Optional.empty();
    }

    /// Why a snapshot of so many bytes has no room here.
    public Optional<String> crowded(long bytes) {
        return disk.problem(ROOM * bytes);
    }

    private SnapshotMetadata saved(Path database, Path target) {
        var least = store.now().index();
        crowded(file.bytes() / 2)
                .ifPresent(problem -> {
                    throw new StoreFailure(problem, null);
                });
        file.copyTo(database);
        try {
            var metadata = SnapshotDatabase.describe(database, datacenter, clock.instant());
            if (metadata.index() < least) {
                throw new StoreFailure(
                        "'"
                                + file.file()
                                + "': expected index "
                                + least
                                + ", which the log has; found "
                                + metadata.index()
                                + ": its disk has not taken the last writes, or this server has been away and is"
                                + " still taking what it missed: try again",
                        null);
            }
            SnapshotFile.write(target, metadata, database);
            Files.delete(database);
            SnapshotFile.inspect(target);
            return metadata;
        } catch (SQLException | IOException | RefusedSnapshotException e) {
            throw new StoreFailure("'" + target + "': a snapshot failed: " + e.getMessage(), e);
        }
    }

    private Restored restored(Path snapshot, Path database, boolean force)
            throws RefusedSnapshotException {
        try {
            var metadata = SnapshotFile.extract(snapshot, database);
            check(metadata, database, force);
            return new Restored(metadata, replicate(metadata, snapshot, force));
        } catch (IOException e) {
            throw new StoreFailure("'" + snapshot + "': a restore failed: " + e.getMessage(), e);
        }
    }

    /// All that can be found wrong is found here, before the log has any of it.
    private void check(SnapshotMetadata metadata, Path database, boolean force)
            throws RefusedSnapshotException {
        if (!metadata.datacenter().equals(datacenter)) {
            throw new RefusedSnapshotException(
                    RestoredState.anotherDatacenter(datacenter, metadata.datacenter()));
        }
        if (metadata.bytes() > maxBytes) {
            throw new RefusedSnapshotException(
                    "snapshot: expected a database of at most "
                            + maxBytes
                            + " bytes; found "
                            + metadata.bytes());
        }
        if (metadata.schema() > SnapshotDatabase.SCHEMA) {
            throw new RefusedSnapshotException(
                    "snapshot: expected schema "
                            + SnapshotDatabase.SCHEMA
                            + " or older; found "
                            + metadata.schema()
                            + ", written by a newer version of Hansa");
        }
        StoreState state;
        try {
            state = StateRows.read(database, file.records());
        } catch (IllegalArgumentException e) {
            // of another key, or not our records; it says which
            throw new RefusedSnapshotException("snapshot: " + e.getMessage());
        } catch (SQLException | FlywayException | StoreFailure e) {
            throw new RefusedSnapshotException(
                    "snapshot: expected a database of ours in it; found " + e.getMessage());
        }
        var refusal = RestoredState.refusal(store.now(), state, force);
        if (refusal.isPresent()) {
            throw new RefusedSnapshotException(refusal.get());
        }
    }

    private long replicate(SnapshotMetadata metadata, Path snapshot, boolean force)
            throws RefusedSnapshotException, IOException {
        var id = UUID.randomUUID().toString();
        var done = false;
        try (var input = Files.newInputStream(snapshot)) {
            // the database as it came: what was read above has been brought up to date
            input.skipNBytes(Files.size(snapshot) - metadata.bytes());
            step(new StoreCommand.BeginRestore(id, metadata.bytes(), metadata.sha256()));
            var offset = 0L;
            while (offset < metadata.bytes()) {
                var part = input.readNBytes(RestoreLog.MAX_PART);
                if (part.length == 0) {
                    throw new IOException("the file has become shorter");
                }
                step(
                        new StoreCommand.RestorePart(
                                id, offset, Base64.getEncoder().encodeToString(part)));
                offset += part.length;
            }
            var index = step(new StoreCommand.CommitRestore(id, force));
            done = true;
            return index;
        } finally {
            if (!done) {
                abort(id);
            }
        }
    }

    /// Best effort: the next restore forgets it too, and the next start of a server.
    private void abort(String id) {
        try {
            store.apply(new StoreCommand.AbortRestore(id));
        } catch (StoreFailure _) {
            return;
        }
    }

    private long step(StoreCommand command) throws RefusedSnapshotException {
        return switch (store.apply(command)) {
            case StoreAnswer.Applied(var index) -> index;
            case StoreAnswer.Unchanged(var index) -> index;
            case StoreAnswer.Refused(var reason) -> throw new RefusedSnapshotException(reason);
        };
    }
}
