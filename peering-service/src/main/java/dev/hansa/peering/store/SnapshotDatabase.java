package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/// The database in a snapshot: a copy of a server's that nothing else has open.
final class SnapshotDatabase {
    /// What `db/migration` leads to.
    static final int SCHEMA = 7;

    private SnapshotDatabase() {}

    /// Makes a copy fit for a snapshot, and says what is in it.
    static SnapshotMetadata describe(Path database, String datacenter, Instant now)
            throws SQLException, IOException {
        String trustDomain;
        Map<String, Long> rows;
        long index;
        LogPosition position;
        int schema;
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            StateRows.integrity(connection, database);
            forgetRestore(connection);
            rows = rows(connection);
            trustDomain = trustDomain(connection);
            index = number(connection, "SELECT value FROM counters WHERE name = 'index'");
            position = StateRows.position(connection);
            schema = schema(connection);
        }
        return new SnapshotMetadata(
                datacenter,
                trustDomain,
                index,
                position.term(),
                position.index(),
                now,
                schema,
                rows,
                Files.size(database),
                SnapshotFile.hex(database));
    }

    /// Another snapshot on its way in is not part of the state.
    private static void forgetRestore(Connection connection) throws SQLException {
        if (RestoreRows.find(connection).isPresent()) {
            RestoreRows.clear(connection);
            try (var statement = connection.createStatement()) {
                statement.execute("VACUUM");
            }
        }
    }

    private static Map<String, Long> rows(Connection connection) throws SQLException {
        var found = new HashMap<String, Long>();
        try (var statement = connection.createStatement();
                var rows =
                        statement.executeQuery(
                                "SELECT bucket, COUNT(*) FROM records GROUP BY bucket")) {
            while (rows.next()) {
                found.put(rows.getString(1), rows.getLong(2));
            }
            found.put("audit", number(connection, "SELECT COUNT(*) FROM audit"));
        }
        return found;
    }

    private static String trustDomain(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT key FROM records WHERE bucket = 'ca'")) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    private static int schema(Connection connection) throws SQLException {
        return Math.toIntExact(
                number(
                        connection,
                        "SELECT MAX(CAST(version AS INTEGER)) FROM flyway_schema_history"
                                + " WHERE success"));
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            if (!rows.next()) {
                throw new SQLException("expected one row of '" + query + "'; found none");
            }
            return rows.getLong(1);
        }
    }
}
