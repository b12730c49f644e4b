package dev.hansa.peering.store;

import static java.util.Objects.requireNonNull;

import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.trustbundle.PeerName;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/// The store on one server's disk: SQLite in the data directory. Each command is one transaction
/// that is on the disk before it is answered or seen (WAL, synchronous FULL); those of callers that
/// wait at the same time share one.
public final class SqlStore implements Store {
    private static final String CONFIG = "config";
    private static final String PEERING = "peering";
    private static final String SECRETS = "secrets";
    private static final String BUNDLE = "bundle";
    private static final String REGISTRATION = "registration";
    private static final String JOIN = "join";
    private static final String CA = "ca";

    private static final int PAGE_BYTES = 4096;

    /// 1 GiB, a thousand times the state of a large datacenter: whoever writes without end is
    /// stopped here, and not at the end of a disk that others need too.
    private static final int MAX_PAGES = (1 << 30) / PAGE_BYTES;

    private final Path file;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final Connection connection;
    private final SealedRecords records;
    private final Latest<StoreState> state;

    /// Held by the one that writes.
    private final ReentrantLock writer = new ReentrantLock();

    /// One for each caller that waits, so their number is that of the callers.
    private final List<Waiting> arrivals = new ArrayList<>();

    private @Nullable StoreFailure broken;

    private SqlStore(
            Path file,
            FileChannel lockFile,
            FileLock lock,
            Connection connection,
            SealedRecords records,
            StoreState state) {
        this.file = file;
        this.lockFile = lockFile;
        this.lock = lock;
        this.connection = connection;
        this.records = records;
        this.state = new Latest<>(state);
    }

    /// Opens or makes the store in `dataDir`, checks it, brings its schema up to date and counts
    /// the start.
    ///
    /// @throws StoreFailure naming the path and the cause: not writable, in use by another server,
    ///   damaged, or of a newer version
    public static SqlStore open(Path dataDir) {
        return open(dataDir, MAX_PAGES);
    }

    /// @param maxPages the database never grows larger; a write that would need more fails
    static SqlStore open(Path dataDir, int maxPages) {
        var file = dataDir.resolve("hansa.db");
        FileChannel lockFile = null;
        Connection connection = null;
        try {
            Files.createDirectories(dataDir);
            ownerOnly(dataDir, "rwx------");
            lockFile =
                    FileChannel.open(
                            dataDir.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            var lock = tryLock(lockFile);
            if (lock == null) {
                throw new StoreFailure(
                        "data directory '"
                                + dataDir
                                + "': expected to be its only server; found another that holds it",
                        null);
            }
            var records = new SealedRecords(SecretSeal.open(dataDir, file));
            if (!Files.exists(file)) {
                Files.createFile(file);
            }
            ownerOnly(file, "rw-------");
            connection = connect(file, maxPages);
            integrity(connection, file);
            migrate(file);
            var store =
                    new SqlStore(
                            file, lockFile, lock, connection, records, load(connection, records));
            store.apply(new StoreCommand.CountStart());
            return store;
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

    private static void ownerOnly(Path path, String permissions) throws IOException {
        if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    /// Forward only: a newer Hansa may have written what this one would misread or lose.
    private static void migrate(Path file) {
        var flyway =
                Flyway.configure(SqlStore.class.getClassLoader())
                        .dataSource(url(file), null, null)
                        .locations("classpath:db/migration")
                        .validateMigrationNaming(true)
                        // by default Flyway shrugs at a version from the future
                        .ignoreMigrationPatterns(new String[0])
                        .load();
        var migrations = flyway.info();
        var found = migrations.current();
        if (found != null && found.getState().isApplied() && !found.getState().isResolved()) {
            throw new StoreFailure(
                    "'"
                            + file
                            + "': expected a schema that this version of Hansa knows; found version "
                            + found.getVersion()
                            + ", written by a newer one",
                    null);
        }
        flyway.migrate();
    }

    private static String url(Path file) {
        return "jdbc:sqlite:" + file.toAbsolutePath();
    }

    private static Connection connect(Path file, int maxPages) throws SQLException {
        var connection = DriverManager.getConnection(url(file));
        try (var statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=FULL");
            statement.execute("PRAGMA busy_timeout=5000");
            statement.execute("PRAGMA max_page_count=" + maxPages);
        } catch (SQLException e) {
            try (connection) {
                throw e;
            }
        }
        return connection;
    }

    private static void integrity(Connection connection, Path file) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("PRAGMA integrity_check(1)")) {
            var verdict = rows.next() ? rows.getString(1) : "no answer";
            if (!"ok".equals(verdict)) {
                throw new SQLException("'" + file + "' is damaged: " + verdict);
            }
        }
    }

    private static StoreState load(Connection connection, SealedRecords records)
            throws SQLException {
        var buckets = new HashMap<String, Map<String, String>>();
        var counters = new HashMap<String, Long>();
        try (var statement = connection.createStatement()) {
            try (var rows = statement.executeQuery("SELECT bucket, key, value FROM records")) {
                while (rows.next()) {
                    buckets.computeIfAbsent(rows.getString(1), _ -> new HashMap<>())
                            .put(rows.getString(2), rows.getString(3));
                }
            }
            try (var rows = statement.executeQuery("SELECT name, value FROM counters")) {
                while (rows.next()) {
                    counters.put(rows.getString(1), rows.getLong(2));
                }
            }
        }
        return new StoreState(
                counters.getOrDefault("index", 0L),
                counters.getOrDefault("starts", 0L),
                read(
                        records,
                        buckets,
                        CONFIG,
                        ConfigRecord.class,
                        entry -> new ConfigKey(entry.kind(), entry.name())),
                read(records, buckets, PEERING, PeeringRecord.class, PeeringRecord::name),
                read(records, buckets, SECRETS, PeeringSecrets.class, PeeringSecrets::peeringId),
                read(records, buckets, BUNDLE, BundleRecord.class, BundleRecord::peer),
                read(
                        records,
                        buckets,
                        REGISTRATION,
                        RegistrationRecord.class,
                        RegistrationRecord::key),
                read(records, buckets, JOIN, JoinSecretRecord.class, JoinSecretRecord::hash),
                read(records, buckets, CA, CaRecord.class, CaRecord::trustDomain).values().stream()
                        .findFirst());
    }

    private static <K, V> Map<K, V> read(
            SealedRecords sealed,
            Map<String, Map<String, String>> buckets,
            String bucket,
            Class<V> type,
            Function<V, K> key) {
        var records = new HashMap<K, V>();
        buckets.getOrDefault(bucket, Map.of())
                .forEach((name, json) -> {
                    var record = sealed.read(json, type, bucket + "/" + name);
                    records.put(key.apply(record), record);
                });
        return records;
    }

    @Override
    public Latest<StoreState> state() {
        return state;
    }

    /// Callers that come while one transaction goes to the disk share the next: the disk takes
    /// hundreds of waits a second, and a datacenter may change oftener.
    @Override
    public StoreAnswer apply(StoreCommand command) {
        var mine = new Waiting(command);
        synchronized (arrivals) {
            arrivals.add(mine);
        }
        writer.lock();
        try {
            if (!mine.isDone()) {
                applyArrivals();
            }
        } finally {
            writer.unlock();
        }
        return mine.answer();
    }

    /// One command and, when it has been carried out, what became of it.
    private static final class Waiting {
        private final StoreCommand command;
        private @Nullable StoreAnswer answer;
        private @Nullable RuntimeException failure;

        Waiting(StoreCommand command) {
            this.command = command;
        }

        boolean isDone() {
            return answer != null || failure != null;
        }

        StoreAnswer answer() {
            if (failure != null) {
                throw failure;
            }
            return requireNonNull(answer, "a command that was carried out has an answer");
        }
    }

    private void applyArrivals() {
        List<Waiting> batch;
        synchronized (arrivals) {
            batch = List.copyOf(arrivals);
            arrivals.clear();
        }
        if (batch.size() > 1 && carryOut(batch).isPresent()) {
            // what one of them asks for may be what cannot be done: the others do not pay for it
            for (var waiting : batch) {
                carryOut(List.of(waiting)).ifPresent(failure -> waiting.failure = failure);
            }
        } else if (batch.size() == 1) {
            var only = batch.getFirst();
            carryOut(batch).ifPresent(failure -> only.failure = failure);
        }
    }

    /// @return why none of them was carried out
    private Optional<RuntimeException> carryOut(List<Waiting> batch) {
        if (broken != null) {
            return Optional.of(broken);
        }
        var before = state.get();
        var after = before;
        var answers = new ArrayList<StoreAnswer>(batch.size());
        try {
            for (var waiting : batch) {
                var transition = StateMachine.apply(after, waiting.command);
                after = transition.state();
                answers.add(transition.answer());
            }
            if (after != before) {
                persist(before, after);
            }
        } catch (RuntimeException e) {
            return Optional.of(e);
        }
        for (var i = 0; i < batch.size(); i++) {
            batch.get(i).answer = answers.get(i);
        }
        if (after != before) {
            state.set(after);
        }
        return Optional.empty();
    }

    private void persist(StoreState before, StoreState after) {
        try {
            run("BEGIN IMMEDIATE");
            difference(
                    CONFIG, before.config(), after.config(), key -> key.kind() + "/" + key.name());
            difference(PEERING, before.peerings(), after.peerings(), PeerName::value);
            difference(SECRETS, before.secrets(), after.secrets(), Function.identity());
            difference(BUNDLE, before.bundles(), after.bundles(), PeerName::value);
            difference(
                    REGISTRATION,
                    before.registrations(),
                    after.registrations(),
                    Function.identity());
            difference(JOIN, before.joinSecrets(), after.joinSecrets(), Function.identity());
            difference(CA, byDomain(before.ca()), byDomain(after.ca()), Function.identity());
            counter("index", after.index());
            counter("starts", after.starts());
            run("COMMIT");
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
            if (!rows.next() || rows.getLong(1) != before.index()) {
                broken = failure;
            }
        } catch (SQLException e) {
            failure.addSuppressed(e);
            broken = failure;
        }
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

    @Override
    public void close() {
        writer.lock();
        try {
            shut();
        } finally {
            writer.unlock();
        }
    }

    private void shut() {
        if (!lockFile.isOpen()) {
            return;
        }
        // in this order, and the lock whatever happens: the directory is free when we are done
        try (lockFile;
                lock;
                connection) {
            broken = new StoreFailure("'" + file + "': closed", null);
        } catch (SQLException | IOException e) {
            throw new StoreFailure("'" + file + "': closing failed: " + e.getMessage(), e);
        }
    }
}
