package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Base64;
import java.util.Optional;

/// A snapshot on its way in, as rows beside the records: so a member that is killed, or takes a
/// copy of another, has as much of it as the log says.
final class RestoreRows {
    /// Before the parts, whose keys are digits.
    private static final String PROGRESS = "!";

    private RestoreRows() {}

    /// A part of a transaction of the file.
    @FunctionalInterface
    interface Step {
        /// @return how far the restore is then
        Optional<RestoreProgress> run(Connection connection) throws SQLException;
    }

    static Step begin(RestoreProgress progress) {
        return connection -> {
            clear(connection);
            put(connection, PROGRESS, RecordJson.write(progress));
            return Optional.of(progress);
        };
    }

    /// @param progress with this part
    /// @param content Base64
    static Step part(RestoreProgress progress, long offset, String content) {
        return connection -> {
            put(connection, "%015d".formatted(offset), content);
            put(connection, PROGRESS, RecordJson.write(progress));
            return Optional.of(progress);
        };
    }

    static Step end() {
        return connection -> {
            clear(connection);
            return Optional.empty();
        };
    }

    private static void put(Connection connection, String key, String value) throws SQLException {
        try (var put =
                connection.prepareStatement(
                        "INSERT OR REPLACE INTO records (bucket, key, value) VALUES (?, ?, ?)")) {
            put.setString(1, StateRows.RESTORE);
            put.setString(2, key);
            put.setString(3, value);
            put.executeUpdate();
        }
    }

    static void clear(Connection connection) throws SQLException {
        try (var delete = connection.prepareStatement("DELETE FROM records WHERE bucket = ?")) {
            delete.setString(1, StateRows.RESTORE);
            delete.executeUpdate();
        }
    }

    static Optional<RestoreProgress> find(Connection connection) throws SQLException {
        try (var query =
                connection.prepareStatement(
                        "SELECT value FROM records WHERE bucket = ? AND key = ?")) {
            query.setString(1, StateRows.RESTORE);
            query.setString(2, PROGRESS);
            try (var rows = query.executeQuery()) {
                return rows.next()
                        ? Optional.of(RecordJson.read(rows.getString(1), RestoreProgress.class))
                        : Optional.empty();
            }
        }
    }

    /// What its rows take up, about: Base64 has four letters for three bytes.
    static long bytes(Optional<RestoreProgress> progress) {
        return progress.map(there -> there.received() / 3 * 4).orElse(0L);
    }

    /// @return the SHA-256 (hex) of what is in `target` then
    static String gather(Connection connection, Path target) throws SQLException, IOException {
        Files.deleteIfExists(target);
        Files.createFile(target);
        OwnDisk.ownerOnly(target, "rw-------");
        var digest = SnapshotFile.digest();
        try (var channel = FileChannel.open(target, StandardOpenOption.WRITE);
                var query =
                        connection.prepareStatement(
                                "SELECT value FROM records WHERE bucket = ? AND key <> ?"
                                        + " ORDER BY key")) {
            query.setString(1, StateRows.RESTORE);
            query.setString(2, PROGRESS);
            try (var rows = query.executeQuery()) {
                while (rows.next()) {
                    var part = Base64.getDecoder().decode(rows.getString(1));
                    digest.update(part);
                    var bytes = ByteBuffer.wrap(part);
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                }
            }
        }
        return SnapshotFile.hex(digest);
    }
}
