package dev.hansa.peering.store;

import dev.hansa.peering.audit.AuditAct;
import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.AuditMark;
import dev.hansa.peering.audit.AuditRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.function.ToIntFunction;

/// The audit log's rows in a state's SQLite file.
final class AuditRows {
    private static final String COLUMNS =
            "number, form, state_index, time, who, source, what, subject, outcome, reason, detail,"
                    + " untold, class, place, link, previous, hash";

    private static final String NEWEST_BELOW =
            " FROM (SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT "
                    + AuditLog.WINDOW
                    + ")";

    private AuditRows() {}

    /// Within a transaction; also drops what of a class is older than its newest `most`.
    static void append(
            Connection connection, List<AuditRecord> records, ToIntFunction<AuditClass> most)
            throws SQLException {
        if (records.isEmpty()) {
            return;
        }
        var newest = new EnumMap<AuditClass, Long>(AuditClass.class);
        try (var put =
                connection.prepareStatement(
                        "INSERT INTO audit ("
                                + COLUMNS
                                + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            for (var record : records) {
                put.setLong(1, record.number());
                put.setInt(2, record.form());
                put.setLong(3, record.index());
                put.setString(4, record.time());
                put.setString(5, record.who());
                put.setString(6, record.from());
                put.setString(7, record.act().what());
                put.setString(8, record.act().on());
                put.setString(9, record.act().outcome());
                put.setString(10, record.act().reason());
                put.setString(11, record.act().detail());
                put.setLong(12, record.act().untold());
                put.setString(13, record.kind().word());
                put.setLong(14, record.nth());
                put.setString(15, record.link());
                put.setString(16, record.previous());
                put.setString(17, record.hash());
                put.executeUpdate();
                newest.put(record.kind(), record.nth());
            }
        }
        for (var entry : newest.entrySet()) {
            begin(connection, entry.getKey());
            drop(connection, entry.getKey(), entry.getValue() - most.applyAsInt(entry.getKey()));
        }
    }

    /// The schema has the anchors of the classes of form 1; an older build reads the file as long
    /// as no other class has begun.
    private static void begin(Connection connection, AuditClass kind) throws SQLException {
        if (kind.form() == 1) {
            return;
        }
        try (var anchor =
                connection.prepareStatement(
                        "INSERT OR IGNORE INTO audit_anchor (class, number, place, hash)"
                                + " VALUES (?, 0, 0, ?)")) {
            anchor.setString(1, kind.word());
            anchor.setString(2, AuditMark.START.hash());
            anchor.executeUpdate();
        }
    }

    /// The record after it in its class vouches for the last one that goes.
    private static void drop(Connection connection, AuditClass kind, long upTo)
            throws SQLException {
        if (upTo < 1) {
            return;
        }
        try (var anchor =
                        connection.prepareStatement(
                                "UPDATE audit_anchor SET (number, place, hash) ="
                                        + " (SELECT number, place, hash FROM audit"
                                        + " WHERE class = ? AND place <= ?"
                                        + " ORDER BY place DESC LIMIT 1) WHERE class = ?"
                                        // after a gap there may be none so old
                                        + " AND EXISTS (SELECT 1 FROM audit"
                                        + " WHERE class = ? AND place <= ?)");
                var delete =
                        connection.prepareStatement(
                                "DELETE FROM audit WHERE class = ? AND place <= ?")) {
            anchor.setString(1, kind.word());
            anchor.setLong(2, upTo);
            anchor.setString(3, kind.word());
            anchor.setString(4, kind.word());
            anchor.setLong(5, upTo);
            anchor.executeUpdate();
            delete.setString(1, kind.word());
            delete.setLong(2, upTo);
            delete.executeUpdate();
        }
    }

    static AuditLog.Ends ends(Connection connection) throws SQLException {
        var spans = new EnumMap<AuditClass, AuditLog.Span>(AuditClass.class);
        var dropped = 0L;
        try (var statement = connection.createStatement()) {
            try (var row =
                    statement.executeQuery(
                            "SELECT a.class, a.number, a.place, a.hash, r.place, r.hash"
                                    + " FROM audit_anchor a LEFT JOIN audit r ON r.class = a.class"
                                    + " AND r.place = (SELECT MAX(place) FROM audit"
                                    + " WHERE class = a.class)")) {
                while (row.next()) {
                    dropped = Math.max(dropped, row.getLong(2));
                    var anchor = new AuditMark(row.getLong(3), row.getString(4));
                    var head = row.getString(6);
                    spans.put(
                            AuditClass.of(row.getString(1)),
                            new AuditLog.Span(
                                    anchor,
                                    head == null ? anchor : new AuditMark(row.getLong(5), head)));
                }
            }
            for (var kind : AuditClass.values()) {
                if (kind.form() > 1) {
                    spans.putIfAbsent(kind, new AuditLog.Span(AuditMark.START, AuditMark.START));
                }
            }
            if (spans.size() < AuditClass.values().length) {
                throw new SQLException(
                        "expected an anchor of each class of the audit log; found "
                                + spans.keySet());
            }
            try (var row =
                    statement.executeQuery(
                            "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")) {
                return new AuditLog.Ends(
                        row.next()
                                ? new AuditMark(row.getLong(1), row.getString(2))
                                : AuditMark.START,
                        dropped,
                        spans);
            }
        }
    }

    /// What the next record follows.
    static AuditHead head(Connection connection) throws SQLException {
        var ends = ends(connection);
        var heads = new EnumMap<AuditClass, AuditMark>(AuditClass.class);
        ends.classes()
                .forEach((kind, span) -> {
                    if (span.head().number() > 0) {
                        heads.put(kind, span.head());
                    }
                });
        return new AuditHead(ends.head(), heads);
    }

    static AuditLog.Page before(
            Connection connection, long number, int limit, AuditLog.Filter filter)
            throws SQLException {
        var found = new ArrayList<AuditRecord>();
        try (var query =
                connection.prepareStatement(
                        "SELECT "
                                + COLUMNS
                                + NEWEST_BELOW
                                + " WHERE instr(who, ?) > 0 AND instr(what, ?) > 0"
                                + " AND instr(subject, ?) > 0 AND ? IN ('', outcome)"
                                + " AND ? IN ('', class) AND time >= ? AND (? = '' OR time < ?)"
                                + " ORDER BY number DESC LIMIT ?")) {
            query.setLong(1, number);
            query.setString(2, filter.who());
            query.setString(3, filter.what());
            query.setString(4, filter.on());
            query.setString(5, filter.outcome());
            query.setString(6, filter.kind());
            query.setString(7, filter.since());
            query.setString(8, filter.until());
            query.setString(9, filter.until());
            query.setInt(10, limit);
            found.addAll(read(query));
        }
        var lowest =
                found.size() == limit
                        ? found.getLast().number()
                        : lowestLookedAt(connection, number);
        return new AuditLog.Page(found, lowest > lowest(connection) ? lowest : 0);
    }

    private static long lowestLookedAt(Connection connection, long number) throws SQLException {
        try (var query = connection.prepareStatement("SELECT MIN(number)" + NEWEST_BELOW)) {
            query.setLong(1, number);
            try (var row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    private static long lowest(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT MIN(number) FROM audit")) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    static List<AuditRecord> after(Connection connection, long number, int limit)
            throws SQLException {
        try (var query =
                connection.prepareStatement(
                        "SELECT "
                                + COLUMNS
                                + " FROM audit WHERE number > max(?, (SELECT MAX(number)"
                                + " FROM audit_anchor)) ORDER BY number LIMIT ?")) {
            query.setLong(1, number);
            query.setInt(2, limit);
            return read(query);
        }
    }

    private static List<AuditRecord> read(PreparedStatement query) throws SQLException {
        var found = new ArrayList<AuditRecord>();
        try (var row = query.executeQuery()) {
            while (row.next()) {
                found.add(record(row));
            }
        }
        return found;
    }

    private static AuditRecord record(ResultSet row) throws SQLException {
        return new AuditRecord(
                row.getInt(2),
                row.getLong(1),
                row.getLong(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                new AuditAct(
                        row.getString(7),
                        row.getString(8),
                        row.getString(9),
                        row.getString(10),
                        row.getString(11),
                        row.getLong(12)),
                AuditClass.of(row.getString(13)),
                row.getLong(14),
                row.getString(15),
                row.getString(16),
                row.getString(17));
    }
}
