package dev.hansa.bootstrap;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// A server of the JDK's on threads of its own, for what few ask of a process now and then. Whoever
/// finds all threads taken and the queue full is closed.
public final class HttpDoor implements AutoCloseable {
    private static final String SECONDS = "10";

    private final HttpServer server;
    private final ThreadPoolExecutor threads;
    private final int graceSeconds;

    /// Makes a server that does not run yet: `HttpServer::create` or `HttpsServer::create`.
    public interface Maker<S extends HttpServer> {
        S create(InetSocketAddress address, int backlog) throws IOException;
    }

    private HttpDoor(HttpServer server, ThreadPoolExecutor threads, int graceSeconds) {
        this.server = server;
        this.threads = threads;
        this.graceSeconds = graceSeconds;
    }

    /// Ten seconds for a request to come in and as many for an answer to go out. For all servers of
    /// the JDK in this process, which read it once: call it before the first is made.
    ///
    /// @param connections at once, to each
    public static void limit(int connections) {
        System.setProperty("sun.net.httpserver.maxReqTime", SECONDS);
        System.setProperty("sun.net.httpserver.maxRspTime", SECONDS);
        System.setProperty("jdk.httpserver.maxConnections", String.valueOf(connections));
    }

    /// @param setting by which an operator says where; the error names it
    /// @throws IOException naming the address when it cannot be bound
    public static <S extends HttpServer> S bind(
            String setting, InetSocketAddress address, int waiting, Maker<S> maker)
            throws IOException {
        try {
            return maker.create(
                    new InetSocketAddress(address.getHostString(), address.getPort()), waiting);
        } catch (IOException e) {
            throw new IOException(
                    setting
                            + ": expected to be free; found '"
                            + address
                            + ": "
                            + e.getMessage()
                            + "'",
                    e);
        }
    }

    /// Begins to answer; each exchange is closed when it has been handled.
    ///
    /// @param name how its threads' names begin
    /// @param waiting requests for a thread
    /// @param graceSeconds that a close gives to what is under way
    public static HttpDoor open(
            HttpServer server,
            String name,
            int threads,
            int waiting,
            int graceSeconds,
            HttpHandler handler) {
        var pool =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        1,
                        TimeUnit.MINUTES,
                        new ArrayBlockingQueue<>(waiting),
                        Thread.ofPlatform().daemon().name(name, 0).factory());
        server.setExecutor(pool);
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        handler.handle(exchange);
                    }
                });
        server.start();
        return new HttpDoor(server, pool, graceSeconds);
    }

    /// The whole answer.
    public static void send(HttpExchange exchange, int status, String type, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        // 0 would mean a body of unknown length
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(graceSeconds);
        threads.shutdownNow();
    }
}
