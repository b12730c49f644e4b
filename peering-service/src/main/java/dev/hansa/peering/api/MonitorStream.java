package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.telemetry.LogTap;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/// `/v1/agent/monitor`: what this server logs, as it does, as Consul's agents tell it. Of what a
/// caller is too slow to read, lines are left out, and he is told how many: a log waits for nobody.
final class MonitorStream implements AutoCloseable {
    /// People who look for a fault, and `hansa debug`; each holds a socket.
    static final int MAX_WATCHERS = 16;

    /// One who starts it anew while the old one is not noticed to be gone.
    static final int MAX_OF_A_CLIENT = 4;

    /// With 4 KiB at most each, 1 MiB for each that watches.
    static final int MAX_LINES = 256;

    /// Whether he may still watch is asked so often: a token may be gone.
    static final Duration BEAT = Duration.ofSeconds(15);

    private final String node;
    private final Function<Consumer<LogTap.Line>, LogTap.Watch> log;
    private final Duration beat;
    private final List<Watcher> watchers = new ArrayList<>();
    private boolean closed;

    /// @param node of this server
    /// @param log what is logged, as [LogTap#open] has it
    /// @param beat [#BEAT]; tests have no time for it
    MonitorStream(String node, Function<Consumer<LogTap.Line>, LogTap.Watch> log, Duration beat) {
        this.node = node;
        this.log = log;
        this.beat = beat;
    }

    /// How a caller wants it.
    private record Wish(Level least, boolean json) {
        static Optional<Wish> of(String level, boolean json) {
            for (var each : Level.values()) {
                if (each.name().equals(level.toUpperCase(Locale.ROOT))) {
                    return Optional.of(new Wish(each, json));
                }
            }
            return Optional.empty();
        }

        boolean takes(LogTap.Line line) {
            return line.level().toInt() >= least.toInt();
        }

        String text(Instant at, Level level, String text) {
            if (json) {
                return JsonNodeFactory.instance
                                .objectNode()
                                .put("@level", level.name().toLowerCase(Locale.ROOT))
                                .put("@message", text)
                                .put("@timestamp", at.toString())
                        + "\n";
            }
            return at + " [" + level + "]" + (level.name().length() < 5 ? "  " : " ") + text + "\n";
        }
    }

    /// One who watches. Lines come on any thread, and are written on his connection's event loop.
    private static final class Watcher {
        private final ClientNetwork client;
        private final Context loop;
        private final HttpServerResponse response;
        private final Wish wish;
        private final Queue<String> waiting = new ArrayDeque<>();
        private long lost;

        /// A flush is coming, or the connection says when it takes more.
        private boolean isAwaited;

        Watcher(ClientNetwork client, Context loop, HttpServerResponse response, Wish wish) {
            this.client = client;
            this.loop = loop;
            this.response = response;
            this.wish = wish;
        }

        void take(LogTap.Line line) {
            if (wish.takes(line)) {
                say(wish.text(line.at(), line.level(), line.text()));
            }
        }

        void say(String text) {
            if (hasToFlush(text)) {
                loop.runOnContext(_ -> flush());
            }
        }

        private synchronized boolean hasToFlush(String text) {
            if (waiting.size() >= MAX_LINES) {
                lost++;
                return false;
            }
            if (lost > 0) {
                waiting.add(notice());
            }
            waiting.add(text);
            if (isAwaited) {
                return false;
            }
            isAwaited = true;
            return true;
        }

        private String notice() {
            var text =
                    wish.text(
                            Instant.now(),
                            Level.WARN,
                            "monitor: "
                                    + lost
                                    + " lines left out here: they came faster than read");
            lost = 0;
            return text;
        }

        void flush() {
            while (!response.closed() && !response.ended() && !response.writeQueueFull()) {
                var next = next();
                if (next == null) {
                    return;
                }
                var _ = response.write(next);
            }
        }

        private synchronized @Nullable String next() {
            var next = waiting.poll();
            if (next != null) {
                return next;
            }
            if (lost > 0) {
                return notice();
            }
            isAwaited = false;
            return null;
        }

        void end() {
            loop.runOnContext(_ -> {
                if (!response.closed() && !response.ended()) {
                    var _ = response.end();
                }
            });
        }
    }

    /// Answers for as long as the caller listens. On an event loop.
    ///
    /// @param mayWatch asked again from time to time
    void open(RoutingContext call, BooleanSupplier mayWatch) {
        var asked = call.queryParams().get("loglevel");
        var level = asked == null || asked.isEmpty() ? "INFO" : asked;
        var wish = Wish.of(level, call.queryParams().contains("logjson"));
        if (wish.isEmpty()) {
            // Consul's words
            AnswerWriter.plain(call, 400, "Unknown log level: " + ForeignText.shown(level));
            return;
        }
        var response = call.response();
        var loop = call.vertx().getOrCreateContext();
        var watcher =
                new Watcher(
                        ClientNetwork.of(ClientNetwork.client(call)), loop, response, wish.get());
        var refusal = add(watcher);
        if (refusal.isPresent()) {
            AnswerWriter.plain(call, 429, refusal.get());
            return;
        }
        response.setChunked(true)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff");
        // the head of the answer goes with it, so that who waits for one knows that he is let in
        watcher.say(
                wish.get()
                        .text(
                                Instant.now(),
                                Level.INFO,
                                "monitor: what server '"
                                        + node
                                        + "' logs from now on, level "
                                        + wish.get().least()
                                        + " and above"));
        var watch = log.apply(watcher::take);
        var timer =
                call.vertx()
                        .setPeriodic(
                                beat.toMillis(),
                                _ -> {
                                    if (!mayWatch.getAsBoolean()) {
                                        watcher.end();
                                    }
                                });
        response.drainHandler(_ -> watcher.flush());
        Handler<Void> over =
                _ -> {
                    watch.close();
                    call.vertx().cancelTimer(timer);
                    remove(watcher);
                };
        // the caller has gone, or we have ended it: one of them, or both
        response.closeHandler(over);
        response.endHandler(over);
    }

    private synchronized Optional<String> add(Watcher watcher) {
        if (closed) {
            return Optional.of("server is stopping");
        }
        if (watchers.size() >= MAX_WATCHERS) {
            return Optional.of(
                    "monitor: expected at most "
                            + MAX_WATCHERS
                            + " who watch; found as many already watching");
        }
        var ofClient = watchers.stream().filter(one -> one.client.equals(watcher.client)).count();
        if (ofClient >= MAX_OF_A_CLIENT) {
            return Optional.of(
                    "monitor: expected at most "
                            + MAX_OF_A_CLIENT
                            + " of one address who watch; found as many already watching");
        }
        watchers.add(watcher);
        return Optional.empty();
    }

    private synchronized void remove(Watcher watcher) {
        watchers.remove(watcher);
    }

    /// Ends what everybody watches.
    @Override
    public synchronized void close() {
        closed = true;
        watchers.forEach(Watcher::end);
    }
}
