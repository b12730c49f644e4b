package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.telemetry.LogTap;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
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
///
/// One for the process, whatever role its server has: whoever looks for what went wrong with an
/// election watches over it. The first line says who speaks, for those who take INFO. After 20 s
/// without a line comes an empty one, so that silence is not taken for a dead path, nor the other
/// way round.
public final class MonitorStream implements AutoCloseable {
    /// People who look for a fault, and `hansa debug`; each holds a socket.
    static final int MAX_WATCHERS = 16;

    /// One who starts it anew while the old one is not noticed to be gone.
    static final int MAX_OF_A_CLIENT = 4;

    /// With 4 KiB at most each, 1 MiB for each that watches.
    static final int MAX_LINES = 256;

    /// Whether he may still watch is asked so often: a token may be gone.
    public static final Duration BEAT = Duration.ofSeconds(10);

    /// After so many beats without a line comes an empty one. 20 s: proxies on the way close what
    /// is silent for a minute.
    private static final int QUIET_BEATS = 2;

    private static final String EMPTY_LINE = "\n";

    private final String node;
    private final Function<Consumer<LogTap.Line>, LogTap.Watch> log;
    private final Duration beat;
    private final List<Watcher> watchers = new ArrayList<>();
    private boolean closed;

    /// @param node of this server
    /// @param log what is logged, as [LogTap#open] has it
    /// @param beat [#BEAT]; tests have no time for it
    public MonitorStream(
            String node, Function<Consumer<LogTap.Line>, LogTap.Watch> log, Duration beat) {
        this.node = node;
        this.log = log;
        this.beat = beat;
    }

    /// How a caller wants it.
    private record Wish(Level least, boolean json) {
        static Optional<Wish> of(String level, boolean json) {
            var name = level.toUpperCase(Locale.ROOT);
            for (var each : Level.values()) {
                // Consul has two words for one of them
                if (each.name().equals(name) || each == Level.ERROR && name.equals("ERR")) {
                    return Optional.of(new Wish(each, json));
                }
            }
            return Optional.empty();
        }

        boolean takes(Level level) {
            return level.toInt() >= least.toInt();
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
    private final class Watcher {
        private final ClientNetwork client;
        private final Vertx vertx;
        private final Context loop;
        private final HttpServerResponse response;
        private final Wish wish;
        private final Queue<String> waiting = new ArrayDeque<>();
        private long lost;

        /// A flush is coming, or the connection says when it takes more.
        private boolean isAwaited;

        // these on the event loop alone
        private LogTap.@Nullable Watch watch;
        private long timer;
        private int quietBeats;
        private boolean isOver;

        /// On the event loop.
        Watcher(RoutingContext call, Wish wish) {
            this.client = ClientNetwork.of(ClientNetwork.client(call));
            this.vertx = call.vertx();
            this.loop = vertx.getOrCreateContext();
            this.response = call.response();
            this.wish = wish;
        }

        /// On the event loop. What ends it is in place before there is something to end.
        void begin(BooleanSupplier mayWatch) {
            // the one handler of a response's end belongs to whoever counts requests, so that
            // [#end] lets go itself
            response.closeHandler(_ -> over());
            response.drainHandler(_ -> flush());
            timer = vertx.setPeriodic(beat.toMillis(), _ -> beat(mayWatch));
            try {
                watch = log.apply(this::take);
            } catch (RuntimeException e) {
                over();
                throw e;
            }
        }

        private void beat(BooleanSupplier mayWatch) {
            if (response.closed() || response.ended()) {
                over();
            } else if (!mayWatch.getAsBoolean()) {
                end();
            } else if (++quietBeats >= QUIET_BEATS && !response.writeQueueFull()) {
                write(EMPTY_LINE);
            }
        }

        private void write(String text) {
            quietBeats = 0;
            var _ = response.write(text);
        }

        /// Nothing is kept of it from now on; once or more often.
        private void over() {
            if (isOver) {
                return;
            }
            isOver = true;
            vertx.cancelTimer(timer);
            if (watch != null) {
                watch.close();
            }
            remove(this);
        }

        void take(LogTap.Line line) {
            if (wish.takes(line.level())) {
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
                write(next);
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
                over();
                if (!response.closed() && !response.ended()) {
                    var _ = response.end();
                }
            });
        }
    }

    /// Answers for as long as the caller listens. On an event loop.
    ///
    /// @param mayWatch asked again from time to time
    public void open(RoutingContext call, BooleanSupplier mayWatch) {
        var asked = call.queryParams().get("loglevel");
        var level = asked == null || asked.isEmpty() ? "INFO" : asked;
        var wish = Wish.of(level, call.queryParams().contains("logjson"));
        if (wish.isEmpty()) {
            // Consul's words
            AnswerWriter.plain(call, 400, "Unknown log level: " + ForeignText.shown(level));
            return;
        }
        var response = call.response();
        if (response.closed()) {
            // he has not waited for it, and nothing would tell of his end
            return;
        }
        var watcher = new Watcher(call, wish.get());
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
        watcher.say(wish.get().takes(Level.INFO) ? greeting(wish.get()) : EMPTY_LINE);
        watcher.begin(mayWatch);
    }

    private String greeting(Wish wish) {
        return wish.text(
                Instant.now(),
                Level.INFO,
                "monitor: what server '"
                        + node
                        + "' logs from now on, level "
                        + wish.least()
                        + " and above");
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
