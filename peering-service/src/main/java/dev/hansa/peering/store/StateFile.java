package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.bootstrap.Seal;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditRecord;
import dev.hansa.trustbundle.PeerName;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/// A server's copy of the state on its own disk: SQLite in the data directory, and how far in the
/// log it is. What it says may be behind the log, and never ahead of it: whoever opens it applies
/// the rest again.
final class StateFile implements AutoCloseable {
    private final Path file;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final SecretSeal seal;
    private final SealedRecords records;
    private Connection connection;
    private StoreState written;
    private LogPosition position;
    private Optional<RestoreProgress> restore;
    private volatile long bytes;
    private final StoredAudit audit;

    private @Nullable StoreFailure broken;

    private StateFile(
            Path file, FileChannel lockFile, FileLock lock, Connection connection, SecretSeal seal)
            throws SQLException {
        this.file = file;
        this.lockFile = lockFile;
        this.lock = lock;
        this.connection = connection;
        this.seal = seal;
        this.records = new SealedRecords(seal);
        this.written = StateRows.load(connection, records);
        this.position = StateRows.position(connection);
        this.restore = RestoreRows.find(connection);
        this.bytes = StateRows.bytes(connection);
        this.audit = new StoredAudit(file, AuditRows.ends(connection).head());
    }

    /// Opens or makes the file in `dataDir`, checks it and brings its schema up to date.
    ///
    /// @throws StoreFailure naming the path and the cause: not writable, or by anybody, in use by
    ///   another server, damaged, or of a newer version
    static StateFile open(Path dataDir, SealKey key) {
        var file = dataDir.resolve("hansa.db");
        FileChannel lockFile = null;
        Connection connection = null;
        try {
            DataDirectory.take(dataDir);
            lockFile =
                    FileChannel.open(
                            OwnDisk.ownFile(dataDir.resolve("lock")), StandardOpenOption.WRITE);
            var lock = tryLock(lockFile);
            if (lock == null) {
                throw new StoreFailure(
                        "data directory '"
                                + dataDir
                                + "': expected to be its only server; found another that holds it",
                        null);
            }
            var seal = SecretSeal.open(key, dataDir, file);
            OwnDisk.ownFile(file);
            connection = StateRows.connect(file);
            StateRows.integrity(connection, file);
            StateRows.migrate(file);
            return new StateFile(file, lockFile, lock, connection, seal);
        } catch (IOException | SQLException | FlywayException | IllegalArgumentException e) {
            closeQuietly(connection, lockFile, e);
            throw new StoreFailure(
                    "data directory '"
                            + dataDir
                            + "': expected one that can be written and holds our data; "
                            + cause(e),
                    e);
        } catch (StoreFailure e) {
            closeQuietly(connection, lockFile, e);
            throw e;
        }
    }

    private static String cause(Exception e) {
        var text =
                String.valueOf(e.getMessage())
                        .lines()
                        .filter(line -> !line.isBlank())
                        .findFirst()
                        .orElse("");
        return "found " + e.getClass().getSimpleName() + ": " + text;
    }

    private static void closeQuietly(
            @Nullable Connection connection, @Nullable FileChannel lockFile, Exception why) {
        try {
            if (connection != null) {
                connection.close();
            }
            if (lockFile != null) {
                lockFile.close();
            }
        } catch (IOException | SQLException e) {
            why.addSuppressed(e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    Seal seal() {
        return seal.seal();
    }

    SealedRecords records() {
        return records;
    }

    Path file() {
        return file;
    }

    /// What the file says.
    synchronized StoreState written() {
        return written;
    }

    /// How far in the log what the file says is.
    synchronized LogPosition position() {
        return position;
    }

    /// The audit log that is in it.
    StoredAudit audit() {
        return audit;
    }

    /// What the next record of the audit log follows, as the file has it.
    synchronized AuditHead auditHead() {
        try {
            return AuditRows.head(connection);
        } catch (SQLException e) {
            throw new StoreFailure("'" + file + "': a read failed: " + e.getMessage(), e);
        }
    }

    /// Makes the file say `after`, in one transaction.
    ///
    /// @param acts what the audit log has besides then
    /// @throws StoreFailure when the disk does not take it; then the file says what it said before,
    ///   and the next call writes this change too
    synchronized void write(StoreState after, LogPosition reached, List<AuditRecord> acts) {
        write(after, reached, acts, _ -> restore);
    }

    /// The same, and a step of a restore with it.
    ///
    /// @throws StoreFailure when the disk does not take it; then the step has not happened
    synchronized void write(
            StoreState after, LogPosition reached, List<AuditRecord> acts, RestoreRows.Step step) {
        if (broken != null) {
            throw broken;
        }
        var before = written;
        try {
            run("BEGIN IMMEDIATE");
            difference(
                    StateRows.CONFIG,
                    before.config(),
                    after.config(),
                    key -> key.kind() + "/" + key.name());
            difference(StateRows.PEERING, before.peerings(), after.peerings(), PeerName::value);
            difference(StateRows.SECRETS, before.secrets(), after.secrets(), Function.identity());
            difference(StateRows.BUNDLE, before.bundles(), after.bundles(), PeerName::value);
            difference(
                    StateRows.REGISTRATION,
                    before.registrations(),
                    after.registrations(),
                    Function.identity());
            difference(
                    StateRows.JOIN, before.joinSecrets(), after.joinSecrets(), Function.identity());
            difference(
                    StateRows.CONTROL,
                    before.controls(),
                    after.controls(),
                    id -> Long.toString(id));
            difference(
                    StateRows.ACL_TOKEN,
                    before.acl().tokens(),
                    after.acl().tokens(),
                    Function.identity());
            difference(
                    StateRows.ACL_POLICY,
                    before.acl().policies(),
                    after.acl().policies(),
                    Function.identity());
            difference(
                    StateRows.ACL_BOOTSTRAP,
                    only(before.acl().bootstrap()),
                    only(after.acl().bootstrap()),
                    Function.identity());
            difference(
                    StateRows.AUTH_METHOD,
                    before.acl().logins().methods(),
                    after.acl().logins().methods(),
                    Function.identity());
            difference(
                    StateRows.BINDING_RULE,
                    before.acl().logins().rules(),
                    after.acl().logins().rules(),
                    Function.identity());
            difference(
                    StateRows.CA, byDomain(before.ca()), byDomain(after.ca()), Function.identity());
            difference(
                    StateRows.VIRTUAL,
                    before.virtual().records(),
                    after.virtual().records(),
                    Function.identity());
            counter(StateRows.VIRTUAL_NEXT, after.virtual().next());
            counter("index", after.index());
            counter("starts", after.starts());
            counter("log_term", reached.term());
            counter("log_index", reached.index());
            AuditRows.append(connection, acts, AuditClass::most);
            var restoring = step.run(connection);
            run("COMMIT");
            restore = restoring;
            written = after;
            position = reached;
            bytes = StateRows.bytes(connection) - RestoreRows.bytes(restore);
            if (!acts.isEmpty()) {
                audit.head().set(acts.getLast().mark());
            }
        } catch (SQLException e) {
            var failure = new StoreFailure("'" + file + "': a write failed: " + e.getMessage(), e);
            undo(before, failure);
            throw failure;
        }
    }

    private void run(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// After some errors, a full disk among them, SQLite has rolled back already and calls a
    /// rollback a mistake. So what counts is that the disk says again what it said before; where it
    /// does not, all later writes are refused rather than guessed at.
    private void undo(StoreState before, StoreFailure failure) {
        try {
            run("ROLLBACK");
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
        try (var statement = connection.createStatement();
                var rows =
                        statement.executeQuery("SELECT value FROM counters WHERE name = 'index'")) {
            // a record of what was refused leaves the index as it is
            if (!rows.next()
                    || rows.getLong(1) != before.index()
                    || !AuditRows.ends(connection).head().equals(audit.head().get())) {
                broken = failure;
            }
        } catch (SQLException e) {
            failure.addSuppressed(e);
            broken = failure;
        }
    }

    private static <V> Map<String, V> only(Optional<V> value) {
        return value.map(one -> Map.of(StateRows.ONLY, one)).orElse(Map.of());
    }

    private static Map<String, CaRecord> byDomain(Optional<CaRecord> ca) {
        return ca.map(record -> Map.of(record.trustDomain(), record)).orElse(Map.of());
    }

    private <K, V> void difference(
            String bucket, Map<K, V> before, Map<K, V> after, Function<K, String> text)
            throws SQLException {
        var changed = PersistentMap.copyOf(after).changedSince(PersistentMap.copyOf(before));
        for (var key : changed) {
            var value = after.get(key);
            if (value == null) {
                try (var delete =
                        connection.prepareStatement(
                                "DELETE FROM records WHERE bucket = ? AND key = ?")) {
                    delete.setString(1, bucket);
                    delete.setString(2, text.apply(key));
                    delete.executeUpdate();
                }
            } else {
                try (var put =
                        connection.prepareStatement(
                                "INSERT INTO records (bucket, key, value) VALUES (?, ?, ?)"
                                        + " ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value")) {
                    put.setString(1, bucket);
                    put.setString(2, text.apply(key));
                    put.setString(3, records.write(value, bucket + "/" + text.apply(key)));
                    put.executeUpdate();
                }
            }
        }
    }

    private void counter(String name, long value) throws SQLException {
        try (var put =
                connection.prepareStatement("UPDATE counters SET value = ? WHERE name = ?")) {
            put.setLong(1, value);
            put.setString(2, name);
            put.executeUpdate();
        }
    }

    /// What the records take up; a snapshot on its way in is not among them.
    long bytes() {
        return bytes;
    }

    /// A whole copy, on the disk when this returns, and the file itself too: the log may forget
    /// what is in it.
    ///
    /// @throws StoreFailure when the disk does not take it; then there is no copy
    synchronized void copyTo(Path copy) {
        try {
            run("PRAGMA wal_checkpoint(TRUNCATE)");
            Files.deleteIfExists(copy);
            try (var vacuum = connection.prepareStatement("VACUUM INTO ?")) {
                vacuum.setString(1, copy.toString());
                vacuum.execute();
            }
            OwnDisk.ownerOnly(copy, "rw-------");
            try (var channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        } catch (SQLException | IOException e) {
            throw new StoreFailure("'" + copy + "': a copy failed: " + e.getMessage(), e);
        }
    }

    /// How far a snapshot on its way in is.
    synchronized Optional<RestoreProgress> restore() {
        return restore;
    }

    /// Forgets a snapshot on its way in.
    ///
    /// @throws StoreFailure when the disk does not take it
    synchronized void forgetRestore() {
        if (restore.isEmpty()) {
            return;
        }
        try {
            RestoreRows.clear(connection);
            restore = Optional.empty();
        } catch (SQLException e) {
            throw new StoreFailure("'" + file + "': a write failed: " + e.getMessage(), e);
        }
    }

    /// Puts what has come of a snapshot into a file.
    ///
    /// @return its SHA-256 (hex)
    synchronized String gatherRestore(Path target) {
        try {
            return RestoreRows.gather(connection, target);
        } catch (SQLException | IOException e) {
            throw new StoreFailure("'" + target + "': a copy failed: " + e.getMessage(), e);
        }
    }

    /// Makes the file say what `copy` says, which another server of the same datacenter made.
    ///
    /// @throws StoreFailure when the copy is damaged or of a newer version; then nothing has
    ///   changed
    synchronized void replaceBy(Path copy) {
        var fresh = file.resolveSibling("hansa.db.new");
        // nobody may open it while what belongs to the old one is removed
        try (var _ = audit.alone()) {
            Files.deleteIfExists(fresh);
            // the owner's alone before there is anything in it: others may see the folder
            OwnDisk.ownFile(fresh);
            try (var target = Files.newOutputStream(fresh)) {
                Files.copy(copy, target);
            }
            try (var checked = StateRows.connect(fresh)) {
                StateRows.integrity(checked, fresh);
                StateRows.migrate(fresh);
                StateRows.load(checked, records);
                try (var statement = checked.createStatement()) {
                    statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
                }
            }
            connection.close();
            for (var old :
                    List.of(
                            "hansa.db-wal",
                            "hansa.db-shm",
                            "hansa.db.new-wal",
                            "hansa.db.new-shm")) {
                Files.deleteIfExists(file.resolveSibling(old));
            }
            Files.move(
                    fresh,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            connection = StateRows.connect(file);
            written = StateRows.load(connection, records);
            position = StateRows.position(connection);
            restore = RestoreRows.find(connection);
            bytes = StateRows.bytes(connection);
            audit.head().set(AuditRows.ends(connection).head());
        } catch (SQLException | IOException | FlywayException e) {
            broken =
                    new StoreFailure(
                            "'" + file + "': taking over '" + copy + "' failed: " + cause(e), e);
            throw broken;
        }
    }

    @Override
    public synchronized void close() {
        if (!lockFile.isOpen()) {
            return;
        }
        // in this order, and the lock whatever happens: the directory is free when we are done
        try (lockFile;
                lock;
                var _ = connection;
                var _ = audit.alone()) {
            audit.close();
            broken = new StoreFailure("'" + file + "': closed", null);
        } catch (SQLException | IOException e) {
            throw new StoreFailure("'" + file + "': closing failed: " + e.getMessage(), e);
        }
    }
}
