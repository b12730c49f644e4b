package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.peering.audit.AuditMark;
import dev.hansa.peering.audit.AuditRecord;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// The audit log in a server's SQLite file. Each read has a connection of its own, so that whoever
/// looks through many records holds up no write.
final class StoredAudit implements AuditLog {
    private final Path file;
    private final Latest<AuditMark> head;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    StoredAudit(Path file, AuditMark head) {
        this.file = file;
        this.head = new Latest<>(head);
    }

    @FunctionalInterface
    private interface Query<T> {
        T run(Connection connection) throws SQLException;
    }

    private <T> T read(Query<T> query) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new StoreFailure("'" + file + "': closed", null);
            }
            try (var connection = StateRows.connect(file)) {
                return query.run(connection);
            }
        } catch (SQLException e) {
            throw new StoreFailure("'" + file + "': a read failed: " + e.getMessage(), e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /// Keeps readers out until it is closed; begins when those that there are have ended.
    Alone alone() {
        lock.writeLock().lock();
        return lock.writeLock()::unlock;
    }

    @FunctionalInterface
    interface Alone extends AutoCloseable {
        @Override
        void close();
    }

    /// For whoever is [#alone].
    void close() {
        closed = true;
    }

    @Override
    public Page before(long number, int limit, Filter filter) {
        return read(connection -> AuditRows.before(connection, number, limit, filter));
    }

    @Override
    public List<AuditRecord> after(long number, int limit) {
        return read(connection -> AuditRows.after(connection, number, limit));
    }

    @Override
    public Ends ends() {
        return read(AuditRows::ends);
    }

    @Override
    public Latest<AuditMark> head() {
        return head;
    }
}
