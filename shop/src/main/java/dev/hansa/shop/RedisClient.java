package dev.hansa.shop;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/// Commands to redis-cart, each on a connection of its own for as long as it runs. Idle connections
/// are kept for the next command; all of them are dropped when one fails, because what broke one
/// most likely broke the others. Nothing is retried.
final class RedisClient {
    /// Enough for the carts of a demo under load; more would only be idle sockets.
    private static final int MAX_IDLE = 16;

    private static final int TIMEOUT_MILLIS = 2_000;

    private final InetSocketAddress address;
    private final BlockingQueue<Connection> idle = new ArrayBlockingQueue<>(MAX_IDLE);

    private record Connection(Socket socket, BufferedInputStream in) {
        void close() throws IOException {
            socket.close();
        }
    }

    RedisClient(InetSocketAddress address) {
        this.address = address;
    }

    /// Text, a Long, a list or [Resp#NIL].
    Object command(String... words) throws IOException {
        var reused = idle.poll();
        var connection = reused == null ? connect() : reused;
        try {
            Resp.writeCommand(connection.socket().getOutputStream(), words);
            var answer = Resp.read(connection.in());
            keep(connection);
            return answer;
        } catch (Resp.ErrorReply e) {
            keep(connection);
            throw e;
        } catch (IOException e) {
            connection.close();
            for (var other = idle.poll(); other != null; other = idle.poll()) {
                other.close();
            }
            throw e;
        }
    }

    private void keep(Connection connection) throws IOException {
        if (!idle.offer(connection)) {
            connection.close();
        }
    }

    private Connection connect() throws IOException {
        var socket = new Socket();
        try {
            socket.connect(address, TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            return new Connection(socket, new BufferedInputStream(socket.getInputStream()));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
