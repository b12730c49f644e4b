package dev.hansa.shop;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/// Stands in for a Redis server where none is installed: the commands that carts use, in memory,
/// over real RESP.
final class RedisStandIn implements ShopService {
    static final int PORT = 6379;

    /// Far more carts than a demo makes; beyond it the oldest is forgotten.
    private static final int MAX_KEYS = 100_000;

    private static final int MAX_CLIENTS = 256;

    private final ServerSocket listener;
    private final Clock clock;
    private final ExecutorService conversations = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore clients = new Semaphore(MAX_CLIENTS);
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<String, Kept> entries =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
                    return size() > MAX_KEYS;
                }
            };

    /// A hash, or a plain value under the empty field, and when it is forgotten.
    private record Kept(Map<String, String> fields, Instant until) {}

    private RedisStandIn(ServerSocket listener, Clock clock) {
        this.listener = listener;
        this.clock = clock;
    }

    static RedisStandIn start(InetSocketAddress listen, Clock clock) throws IOException {
        var listener = new ServerSocket();
        try {
            listener.setReuseAddress(true);
            listener.bind(listen);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        var redis = new RedisStandIn(listener, clock);
        Thread.ofVirtual().name("redis-accept").start(redis::accept);
        return redis;
    }

    @Override
    public int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (var socket : open) {
            socket.close();
        }
        conversations.close();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var socket = listener.accept();
                if (clients.tryAcquire()) {
                    open.add(socket);
                    conversations.execute(() -> converse(socket));
                } else {
                    socket.close();
                }
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    System.err.println("redis-cart: accept failed: " + e.getMessage());
                }
            }
        }
    }

    private void converse(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            var in = new BufferedInputStream(socket.getInputStream());
            var out = socket.getOutputStream();
            while (true) {
                var words = Resp.read(in);
                var answer =
                        words instanceof List<?> list && !list.isEmpty()
                                ? answer(list.stream().map(String::valueOf).toList())
                                : "-ERR expected a command as a list of words\r\n";
                out.write(answer.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (EOFException e) {
            // the client has gone; that is how a conversation ends
        } catch (IOException e) {
            if (!listener.isClosed()) {
                System.err.println("redis-cart: conversation ended: " + e.getMessage());
            }
        } finally {
            open.remove(socket);
            clients.release();
        }
    }

    private synchronized String answer(List<String> words) {
        var command = words.getFirst().toUpperCase(Locale.ROOT);
        var key = words.size() > 1 ? words.get(1) : "";
        return switch (command + "/" + words.size()) {
            case "PING/1" -> "+PONG\r\n";
            case "SET/3" -> {
                entries.put(key, new Kept(Map.of("", words.get(2)), Instant.MAX));
                yield "+OK\r\n";
            }
            case "GET/2" -> bulk(live(key).fields().get(""));
            case "DEL/2" -> integer(entries.remove(key) == null ? 0 : 1);
            case "HSET/4" -> {
                var added = !live(key).fields().containsKey(words.get(2));
                put(key, words.get(2), words.get(3));
                yield integer(added ? 1 : 0);
            }
            case "HINCRBY/4" -> {
                try {
                    var sum =
                            Math.addExact(
                                    Long.parseLong(
                                            live(key).fields().getOrDefault(words.get(2), "0")),
                                    Long.parseLong(words.get(3)));
                    put(key, words.get(2), Long.toString(sum));
                    yield integer(sum);
                } catch (ArithmeticException | NumberFormatException e) {
                    yield "-ERR value is not an integer or out of range\r\n";
                }
            }
            case "HDEL/3" -> {
                var present = live(key);
                var fields = new LinkedHashMap<>(present.fields());
                var removed = fields.remove(words.get(2)) != null;
                if (fields.isEmpty()) {
                    entries.remove(key);
                } else {
                    entries.put(key, new Kept(fields, present.until()));
                }
                yield integer(removed ? 1 : 0);
            }
            case "HGETALL/2" -> {
                var fields = live(key).fields();
                var text = new StringBuilder("*").append(fields.size() * 2).append("\r\n");
                fields.forEach((field, value) -> Resp.bulk(Resp.bulk(text, field), value));
                yield text.toString();
            }
            case "EXPIRE/3" -> {
                var present = live(key);
                if (present.fields().isEmpty()) {
                    yield integer(0);
                }
                try {
                    var seconds = Math.clamp(Long.parseLong(words.get(2)), 0, 1_000_000_000L);
                    entries.put(
                            key,
                            new Kept(
                                    present.fields(),
                                    clock.instant().plus(Duration.ofSeconds(seconds))));
                    yield integer(1);
                } catch (NumberFormatException e) {
                    yield "-ERR value is not an integer or out of range\r\n";
                }
            }
            default ->
                    "-ERR unknown command or wrong number of arguments: "
                            + command.replaceAll("[^A-Z]", "?")
                            + "\r\n";
        };
    }

    private Kept live(String key) {
        var entry = entries.get(key);
        if (entry != null && entry.until().isAfter(clock.instant())) {
            return entry;
        }
        entries.remove(key);
        return new Kept(Map.of(), Instant.MAX);
    }

    private void put(String key, String field, String value) {
        var present = live(key);
        var fields = new LinkedHashMap<>(present.fields());
        fields.put(field, value);
        entries.put(key, new Kept(fields, present.until()));
    }

    private static String bulk(@org.jspecify.annotations.Nullable String value) {
        return value == null ? "$-1\r\n" : Resp.bulk(new StringBuilder(), value).toString();
    }

    private static String integer(long value) {
        return ":" + value + "\r\n";
    }
}
