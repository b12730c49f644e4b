package dev.hansa.peering.stream;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// Closes the connections to the peer port on which nobody has shown who it is.
final class IdleConnections {
    private final Vertx vertx;
    private final Duration limit;

    /// How many known streams a connection has.
    private final ConcurrentMap<HttpConnection, Integer> busy = new ConcurrentHashMap<>();

    /// @param limit how long a connection may be without a stream; twice at most
    IdleConnections(Vertx vertx, Duration limit) {
        this.vertx = vertx;
        this.limit = limit;
    }

    /// A connection is open. Call on its event loop.
    void opened(HttpConnection connection) {
        var timer = vertx.setPeriodic(limit.toMillis(), new Watch(connection)::look);
        connection.closeHandler(_ -> {
            vertx.cancelTimer(timer);
            busy.remove(connection);
        });
    }

    void begun(HttpConnection connection) {
        busy.merge(connection, 1, Integer::sum);
    }

    void ended(HttpConnection connection) {
        busy.computeIfPresent(connection, (_, streams) -> streams == 1 ? null : streams - 1);
    }

    private final class Watch {
        private final HttpConnection connection;
        private boolean wasIdle;

        Watch(HttpConnection connection) {
            this.connection = connection;
            this.wasIdle = true;
        }

        /// One that has just lost its stream has until the next look for another.
        void look(long timer) {
            var isIdle = !busy.containsKey(connection);
            if (isIdle && wasIdle) {
                connection.close();
            }
            wasIdle = isIdle;
        }
    }
}
