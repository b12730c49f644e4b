package dev.hansa.peering;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.store.Leadership;
import dev.hansa.peering.store.MemberService;
import dev.hansa.peering.store.Members;
import dev.hansa.peering.store.NotLeadingFailure;
import dev.hansa.peering.store.StoreFailure;
import io.vertx.core.Context;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Which role this server has at the moment, and what its doors do by it. Between two roles, and
/// while nobody leads, whoever comes waits a little.
final class Roles implements MemberService, AutoCloseable {
    /// Longer than an election takes, and as long as Consul holds a request for one.
    static final Duration HOLD = Duration.ofSeconds(7);

    /// Of two heartbeats, after which another may be elected. What a leader is asked that has been
    /// silent for longer would wait until then, and be told that nobody knows what became of it; so
    /// it is asked when it is heard again, or the next one is.
    private static final Duration SILENT = Duration.ofMillis(800);

    /// A request may establish a peering, or wait for a change for ten minutes and a bit.
    private static final Duration ASK_LIMIT = Duration.ofMinutes(12);

    /// How late a caller that hung up is noticed, and between two attempts.
    private static final Duration PAUSE = Duration.ofMillis(50);

    /// Before a role is taken again that could not be: by then it may be another's.
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /// For each of the others; an election takes no longer.
    static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(1);

    private static final Duration IDLE = Duration.ofHours(1);

    /// One may be of a moment; whoever cannot act as the leader for longer keeps all others from
    /// it.
    private static final int FAILURES_UNTIL_HANDED_OVER = 3;

    /// Peers' and proxies' connections belong to the role that they were opened in.
    private final Set<HttpConnection> connections = Collections.newSetFromMap(new WeakHashMap<>());

    private final Latest<Optional<Role>> role = new Latest<>(Optional.empty());
    private @Nullable ServerParts parts;
    private @Nullable Thread thread;
    private volatile @Nullable Throwable failure;

    private ServerParts parts() {
        if (parts == null) {
            throw new StoreFailure("this server is still starting", null);
        }
        return parts;
    }

    private Members members() {
        return parts().store().members();
    }

    /// Takes the role that the log gives, and each later one; returns when it has the first, or
    /// when nobody leads for a while.
    ///
    /// @throws StoreFailure when this server is alone and cannot lead
    void start(ServerParts all) throws InterruptedException {
        parts = all;
        thread = Thread.ofVirtual().name("role").start(this::run);
        var deadline = System.nanoTime() + HOLD.toNanos();
        // who follows has had its role all the time, and is told nothing of it when one is elected
        members().leadership().await(now -> now.own() || now.leader().isPresent(), HOLD);
        role.await(
                now -> now.filter(Leading.class::isInstance).isPresent() || elsewhere(),
                Duration.ofNanos(deadline - System.nanoTime()));
        if (members().list().size() == 1
                && role.get().filter(Leading.class::isInstance).isEmpty()) {
            throw new StoreFailure(
                    parts().store()
                            .problem()
                            .orElseGet(() ->
                                    "'"
                                            + all.config().dataDir()
                                            + "': expected this server, the only one, to lead; found that"
                                            + " it does not: "
                                            + failure),
                    failure);
        }
    }

    private boolean elsewhere() {
        var leadership = members().leadership().get();
        return leadership.leader().isPresent() && !leadership.own();
    }

    private void run() {
        var failures = 0;
        try {
            while (true) {
                var now = members().leadership().get();
                try (var next = now.own() ? leading(now) : new Following(parts(), this)) {
                    role.set(Optional.of(next));
                    failures = 0;
                    while (same(now, members().leadership().get())) {
                        members().leadership().await(later -> !same(now, later), IDLE);
                    }
                    role.set(Optional.empty());
                    next.retire();
                    leave();
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception | Error e) {
                    role.set(Optional.empty());
                    failure = e;
                    told(e, ++failures);
                    Thread.sleep(AGAIN);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whatever comes of it, the role is tried again.
    private void told(Throwable problem, int failures) {
        try {
            parts().events().accept(new PeeringEvent.BackgroundFailure("the role", problem));
            if (failures % FAILURES_UNTIL_HANDED_OVER == 0) {
                handOver();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error _) {
            // there is nobody left to tell
        }
    }

    private static boolean same(Leadership now, Leadership later) {
        return now.own() ? later.own() && later.term() == now.term() : !later.own();
    }

    private Role leading(Leadership now) throws Exception {
        var begun = Leading.begin(parts(), now.term());
        parts().events().accept(new PeeringEvent.LeadershipTaken(members().self(), now.term()));
        return begun;
    }

    /// Who is connected comes back, to whoever leads then.
    private void leave() {
        List<HttpConnection> open;
        synchronized (connections) {
            open = List.copyOf(connections);
            connections.clear();
        }
        open.forEach(HttpConnection::close);
        if (!members().leadership().get().own()) {
            parts().events().accept(new PeeringEvent.LeadershipLost(members().self()));
        }
    }

    private void opened(HttpConnection connection) {
        synchronized (connections) {
            connections.add(connection);
        }
    }

    /// An operator's request. On an event loop.
    void api(HttpServerRequest request) {
        var now = role.get();
        if (now.isPresent()) {
            now.get().doors().api().handle(request);
            return;
        }
        // between two roles: a moment
        request.pause();
        var loop = parts().vertx().getOrCreateContext();
        Thread.ofVirtual().name("between-roles").start(() -> hold(request, loop));
    }

    private void hold(HttpServerRequest request, Context loop) {
        try {
            var now = role.await(Optional::isPresent, HOLD);
            loop.runOnContext(_ -> {
                if (request.response().closed()) {
                    // whoever serves it would never hear that the caller has gone
                    return;
                }
                now.ifPresentOrElse(
                        next -> next.doors().api().handle(request), () -> nobody(request));
                request.resume();
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void nobody(HttpServerRequest request) {
        request.response()
                .setStatusCode(500)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end("No cluster leader");
    }

    /// Sets the proxies' handlers.
    void proxies(HttpServer server) {
        server.connectionHandler(this::opened)
                .requestHandler(request ->
                        role.get()
                                .ifPresentOrElse(
                                        now -> now.doors().proxies().handle(request),
                                        () -> request.connection().close()));
    }

    /// Sets the peers' handlers.
    void peers(HttpServer server) {
        server.connectionHandler(
                        connection -> {
                            opened(connection);
                            role.get()
                                    .ifPresentOrElse(
                                            now -> now.doors().peerConnected().handle(connection),
                                            connection::close);
                        })
                .requestHandler(request ->
                        role.get()
                                .ifPresentOrElse(
                                        now -> now.doors().peers().handle(request),
                                        () -> request.connection().close()));
    }

    /// Asks whoever leads, this server or another; waits a little when nobody does. Where another
    /// is elected before there is an answer, what only reads is asked again.
    ///
    /// @throws StoreFailure when nobody does for long, or nobody knows what became of the question
    Question.Answer ask(Question question, BooleanSupplier gone) throws InterruptedException {
        var end = System.nanoTime() + ASK_LIMIT.toNanos();
        var deadline = System.nanoTime() + HOLD.toNanos();
        var found = "none known";
        while (true) {
            var now = role.get();
            var leadership = members().leadership().get();
            if (now.isPresent() && now.get() instanceof Leading leading) {
                return leading.answer(question);
            }
            var contact = members().contact();
            if (leadership.leader().isPresent()
                    && !leadership.own()
                    && contact.silence().compareTo(SILENT) > 0) {
                found = "'" + leadership.leader().get() + "' is silent";
            } else if (leadership.leader().isPresent() && !leadership.own()) {
                try {
                    return Question.decode(
                            members()
                                    .toLeader()
                                    .ask(
                                            leadership,
                                            Question.encode(question),
                                            Duration.ofNanos(end - System.nanoTime())),
                            Question.Answer.class);
                } catch (NotLeadingFailure e) {
                    if (!question.reads()) {
                        throw new StoreFailure(
                                e.getMessage() + ": what was asked for was done or was not", e);
                    }
                    found = String.valueOf(e.getMessage());
                    deadline = Math.min(end, System.nanoTime() + HOLD.toNanos());
                }
            }
            if (System.nanoTime() - deadline > 0 || gone.getAsBoolean()) {
                throw new StoreFailure("No cluster leader: " + found, null);
            }
            Thread.sleep(PAUSE);
        }
    }

    /// [#ask] for a peer that waits.
    Question.Answer exchange(Question question) {
        try {
            return ask(question, () -> false);
        } catch (StoreFailure e) {
            return new Question.Answer(500, "no leader");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Question.Answer(500, "the server is stopping");
        }
    }

    @Override
    public byte[] answer(byte[] question) throws InterruptedException {
        var asked = Question.decode(question, Question.class);
        return Question.encode(
                switch (asked.kind()) {
                    // a candidate knows one member, who may not be the leader
                    case Question.ADD -> added(asked);
                    // of this server's own disk, whatever its role
                    case Question.WRITABLE ->
                            new Question.Answer(200, parts().store().ownProblem().orElse(""));
                    default -> ofLeader().answer(asked);
                });
    }

    /// The others know who is elected before it has its role, which takes a moment, or a second on
    /// a busy machine: what they ask meanwhile waits for that, and not when another leads.
    private Role ofLeader() throws InterruptedException {
        var deadline = System.nanoTime() + HOLD.toNanos();
        var now = role.get();
        while (now.filter(Leading.class::isInstance).isEmpty()
                && !elsewhere()
                && System.nanoTime() - deadline < 0) {
            now = role.await(next -> next.filter(Leading.class::isInstance).isPresent(), PAUSE);
        }
        return now.orElseThrow(() -> new NotLeadingFailure(NotLeading.SENTENCE));
    }

    private Question.Answer added(Question asked) throws InterruptedException {
        try {
            return ask(asked, () -> false);
        } catch (StoreFailure e) {
            return new Question.Answer(500, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void tell(byte[] hello, Listener listener) throws InterruptedException {
        ofLeader().tell(Question.decode(hello, ServerInfo.class), listener);
    }

    /// Why the next server must not be stopped for the sake of an upgrade yet: this one does not
    /// take part. Empty when it leads, or hears the one that does and has been told by it what is
    /// live.
    Optional<String> unready() {
        var now = role.get();
        if (now.isEmpty()) {
            return Optional.of("between two roles");
        }
        var leadership = members().leadership().get();
        return leadership.own() || leadership.leader().isPresent()
                ? now.get().unready()
                : Optional.of("no leader is heard");
    }

    /// Adds what the present role knows.
    void health(ObjectNode health) {
        var leadership = members().leadership().get();
        health.put("leads", leadership.own());
        health.put("member", members().self());
        health.put("leader", leadership.own() ? members().self() : leadership.leader().orElse(""));
        var all = health.putArray("members");
        members().list().forEach(member -> all.add(member.name()));
        role.get().ifPresent(now -> now.health(health));
    }

    /// Who leads and is told to stop, or cannot act as the leader, sees to a successor first: an
    /// election would take longer, or not come at all.
    private void handOver() throws InterruptedException {
        if (!members().leadership().get().own() || members().list().size() == 1) {
            return;
        }
        try {
            members().transfer(Optional.empty(), HAND_OVER_LIMIT);
        } catch (StoreFailure e) {
            parts().events().accept(new PeeringEvent.BackgroundFailure("handing over the lead", e));
        }
    }

    @Override
    public void close() throws InterruptedException {
        var running = thread;
        if (running != null) {
            handOver();
            running.interrupt();
            running.join();
        }
    }
}
