package dev.hansa.peering.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.flywaydb.core.Flyway;

/// What the rows of a state's SQLite file mean: in the data directory, in a copy, in a snapshot.
final class StateRows {
    static final String CONFIG = "config";
    static final String PEERING = "peering";
    static final String SECRETS = "secrets";
    static final String BUNDLE = "bundle";
    static final String REGISTRATION = "registration";
    static final String JOIN = "join";
    static final String CA = "ca";
    static final String CONTROL = "control";
    static final String ACL_TOKEN = "acl-token";
    static final String ACL_POLICY = "acl-policy";
    static final String ACL_BOOTSTRAP = "acl-bootstrap";
    static final String AUTH_METHOD = "auth-method";
    static final String BINDING_RULE = "binding-rule";
    static final String VIRTUAL = "virtual";

    /// The counter of the number that is given next.
    static final String VIRTUAL_NEXT = "virtual_next";

    /// The one key of its bucket.
    static final String ONLY = "only";

    /// A snapshot on its way in ([RestoreLog]), which is not part of the state.
    static final String RESTORE = "restore";

    private StateRows() {}

    /// Forward only: a newer Hansa may have written what this one would misread or lose.
    static void migrate(Path file) {
        var flyway =
                Flyway.configure(StateRows.class.getClassLoader())
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

    static Connection connect(Path file) throws SQLException {
        var connection = DriverManager.getConnection(url(file));
        try (var statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            // a power cut may take the last transactions back, and the log has them
            statement.execute("PRAGMA synchronous=NORMAL");
            statement.execute("PRAGMA busy_timeout=5000");
        } catch (SQLException e) {
            try (connection) {
                throw e;
            }
        }
        return connection;
    }

    static void integrity(Connection connection, Path file) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("PRAGMA integrity_check(1)")) {
            var verdict = rows.next() ? rows.getString(1) : "no answer";
            if (!"ok".equals(verdict)) {
                throw new SQLException("'" + file + "' is damaged: " + verdict);
            }
        }
    }

    /// What a database says that is not the server's own; it is brought up to date.
    ///
    /// @throws IllegalArgumentException when it was sealed with another key
    /// @throws SQLException when it is damaged
    /// @throws StoreFailure when it is of a newer version
    static StoreState read(Path copy, SealedRecords records) throws SQLException {
        try (var connection = connect(copy)) {
            integrity(connection, copy);
            migrate(copy);
            return load(connection, records);
        }
    }

    static StoreState load(Connection connection, SealedRecords records) throws SQLException {
        var buckets = new HashMap<String, Map<String, String>>();
        var counters = new HashMap<String, Long>();
        try (var statement = connection.createStatement()) {
            try (var rows =
                    statement.executeQuery(
                            "SELECT bucket, key, value FROM records WHERE bucket <> 'restore'")) {
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
                read(records, buckets, CONTROL, ControlRecord.class, ControlRecord::id),
                new AclState(
                        read(
                                records,
                                buckets,
                                ACL_TOKEN,
                                AclTokenRecord.class,
                                AclTokenRecord::secretHash),
                        read(
                                records,
                                buckets,
                                ACL_POLICY,
                                AclPolicyRecord.class,
                                AclPolicyRecord::id),
                        read(records, buckets, ACL_BOOTSTRAP, AclBootstrapRecord.class, _ -> ONLY)
                                .values()
                                .stream()
                                .findFirst(),
                        new LoginState(
                                read(
                                        records,
                                        buckets,
                                        AUTH_METHOD,
                                        AuthMethodRecord.class,
                                        AuthMethodRecord::name),
                                read(
                                        records,
                                        buckets,
                                        BINDING_RULE,
                                        BindingRuleRecord.class,
                                        BindingRuleRecord::id))),
                read(records, buckets, CA, CaRecord.class, CaRecord::trustDomain).values().stream()
                        .findFirst(),
                new VirtualAddresses(
                        Math.toIntExact(counters.getOrDefault(VIRTUAL_NEXT, 1L)),
                        read(records, buckets, VIRTUAL, VirtualRecord.class, VirtualRecord::key)));
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

    static LogPosition position(Connection connection) throws SQLException {
        return new LogPosition(counter(connection, "log_term"), counter(connection, "log_index"));
    }

    private static long counter(Connection connection, String name) throws SQLException {
        try (var query = connection.prepareStatement("SELECT value FROM counters WHERE name = ?")) {
            query.setString(1, name);
            try (var rows = query.executeQuery()) {
                if (!rows.next()) {
                    throw new SQLException("expected a counter '" + name + "'; found none");
                }
                return rows.getLong(1);
            }
        }
    }

    static long bytes(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows =
                        statement.executeQuery(
                                "SELECT (page_count - freelist_count) * page_size FROM"
                                        + " pragma_page_count, pragma_freelist_count, pragma_page_size")) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }
}
