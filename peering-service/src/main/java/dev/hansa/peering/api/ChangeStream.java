package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.Latest;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `/v1/hansa/events`: tells pages which parts of what they show have changed, as server-sent
/// events. A page reads again what it shows of those; nothing else travels here, so that one that
/// is slow misses nothing and holds nothing.
///
/// One conversation waits for changes, for all who listen: here, or at the server that leads. It
/// ends when this server's role does, and browsers come back by themselves.
final class ChangeStream implements AutoCloseable {
    /// One for each page that somebody looks at; each holds a socket.
    static final int MAX_LISTENERS = 128;

    /// The pages of an office behind one address; a quarter, so that others find a place whatever
    /// one of them opens.
    static final int MAX_OF_A_CLIENT = 32;

    /// A catalog in motion changes hundreds of times in a second; people see five.
    private static final Duration GATHER = Duration.ofMillis(200);

    /// Proxies between a browser and us close what is silent for a minute.
    private static final Duration BEAT = Duration.ofSeconds(15);

    /// Between two questions to a leader that is lost.
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /// Only to notice a defect.
    private static final Duration IDLE = Duration.ofHours(1);

    private static final String RETRY = "retry: 1000\n\n";

    private final String datacenter;
    private final Places places;
    private final Function<ApiRequest, ApiAnswer> changes;
    private final Latest<List<Listener>> listeners = new Latest<>(List.of());
    private @Nullable Thread thread;
    private boolean closed;

    /// @param changes answers as [SummaryResource#changes]
    ChangeStream(String datacenter, Places places, Function<ApiRequest, ApiAnswer> changes) {
        this.datacenter = datacenter;
        this.places = places;
        this.changes = changes;
    }

    /// One page. Used on its connection's event loop.
    private static final class Listener {
        private final ClientNetwork client;
        private final Context loop;
        private final HttpServerResponse response;
        private final BooleanSupplier mayListen;

        /// What could not be said yet: at most the names of all parts.
        private final Set<String> owed = new TreeSet<>();

        Listener(RoutingContext call, BooleanSupplier mayListen) {
            this.client = ClientNetwork.of(ClientNetwork.client(call));
            this.loop = call.vertx().getOrCreateContext();
            this.response = call.response();
            this.mayListen = mayListen;
        }

        void changed(Set<String> parts) {
            loop.runOnContext(_ -> {
                owed.addAll(parts);
                flush();
            });
        }

        void flush() {
            if (!owed.isEmpty() && isReady()) {
                var json = JsonNodeFactory.instance.objectNode();
                ServiceJson.texts(json, "Changed", owed);
                owed.clear();
                write(event("changed", json.put("At", Instant.now().toString())));
            }
        }

        void say(String text) {
            loop.runOnContext(_ -> {
                if (isReady()) {
                    write(text);
                }
            });
        }

        private boolean isReady() {
            return !response.closed() && !response.ended() && !response.writeQueueFull();
        }

        void write(String text) {
            var _ = response.write(text);
        }

        void end() {
            loop.runOnContext(_ -> {
                if (!response.closed() && !response.ended()) {
                    var _ = response.end();
                }
            });
        }
    }

    private static String event(String name, JsonNode data) {
        // JSON on one line: what strangers chose cannot begin an event of its own
        return "event: " + name + "\ndata: " + data + "\n\n";
    }

    /// Answers for as long as the caller listens. On an event loop.
    ///
    /// @param mayListen asked again with each change and each beat
    void open(RoutingContext call, BooleanSupplier mayListen) {
        var response = call.response();
        var listener = new Listener(call, mayListen);
        var refusal = add(listener);
        if (refusal.isPresent()) {
            AnswerWriter.plain(call, 429, refusal.get());
            return;
        }
        response.closeHandler(_ -> remove(listener));
        response.drainHandler(_ -> listener.flush());
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff");
        listener.write(
                RETRY
                        + event(
                                "hello",
                                JsonNodeFactory.instance
                                        .objectNode()
                                        .put("Datacenter", datacenter)
                                        // for ages, since clocks of browsers differ
                                        .put("At", Instant.now().toString())));
    }

    /// @return why not
    private synchronized Optional<String> add(Listener listener) {
        if (closed) {
            return Optional.of("server is stopping");
        }
        var now = listeners.get();
        if (now.size() >= MAX_LISTENERS) {
            return Optional.of(tooMany(MAX_LISTENERS, ""));
        }
        if (now.stream().filter(one -> one.client.equals(listener.client)).count()
                >= MAX_OF_A_CLIENT) {
            return Optional.of(tooMany(MAX_OF_A_CLIENT, " of one address"));
        }
        listeners.update(all -> Stream.concat(all.stream(), Stream.of(listener)).toList());
        if (thread == null) {
            thread = Thread.ofVirtual().name("change-stream").start(this::run);
        }
        return Optional.empty();
    }

    private static String tooMany(int most, String whose) {
        return "events: expected at most "
                + most
                + " listeners"
                + whose
                + "; found as many already listening";
    }

    private void remove(Listener listener) {
        listeners.update(all -> all.stream().filter(one -> one != listener).toList());
    }

    private void run() {
        try {
            var seen = Seen.NOTHING;
            while (true) {
                if (listeners.await(all -> !all.isEmpty(), IDLE).isEmpty()) {
                    continue;
                }
                seen = tell(seen);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record Seen(long index, Map<String, Long> parts) {
        static final Seen NOTHING = new Seen(0, Map.of());
    }

    private Seen tell(Seen seen) throws InterruptedException {
        var query = Map.of("index", Long.toString(seen.index()), "wait", BEAT.toSeconds() + "s");
        if (!(ask(query) instanceof ApiAnswer.Json(var body, OptionalLong index))) {
            listeners.get().forEach(one -> one.say("event: lost\ndata: {}\n\n"));
            Thread.sleep(PAUSE);
            return Seen.NOTHING;
        }
        listeners.get().stream()
                .filter(one -> !one.mayListen.getAsBoolean())
                .forEach(Listener::end);
        var parts = new TreeMap<String, Long>();
        body.properties().forEach(part -> parts.put(part.getKey(), part.getValue().asLong()));
        var changed = new TreeSet<>(parts.keySet());
        changed.removeIf(part -> Objects.equals(parts.get(part), seen.parts().get(part)));
        if (changed.isEmpty()) {
            // an event, since a page cannot hear a comment, and takes silence for a dead path
            listeners.get().forEach(one -> one.say("event: beat\ndata: {}\n\n"));
        } else {
            listeners.get().forEach(one -> one.changed(changed));
        }
        Thread.sleep(GATHER);
        return new Seen(index.orElse(0), parts);
    }

    private ApiAnswer ask(Map<String, String> query) {
        try (var stay = places.ours()) {
            return changes.apply(new ApiRequest(Map.of(), query, "", stay, Caller.everything()));
        }
    }

    /// Ends what everybody listens to.
    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
        listeners.get().forEach(Listener::end);
    }
}
