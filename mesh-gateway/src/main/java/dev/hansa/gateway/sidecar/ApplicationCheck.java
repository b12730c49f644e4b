package dev.hansa.gateway.sidecar;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.wire.Acceptance;
import dev.hansa.gateway.wire.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Asks the application how it is, again and again, and at once when a connection to it was refused
/// or has ended. Runs on a virtual thread of its own.
public final class ApplicationCheck implements Liveness, AutoCloseable {
    /// Whatever hurries it: an application that is not there yet, and has many callers, is asked
    /// 100 times a second at most.
    private static final Duration CLOSEST = Duration.ofMillis(10);

    /// A process that dies closes its sockets one after another, and the one that listens may be
    /// the last: after a hint it is asked again so much later.
    private static final List<Duration> ONCE_MORE = List.of(CLOSEST, Duration.ofMillis(40));

    /// An application may end connections for reasons of its own, each as soon as it is opened.
    private static final Duration BETWEEN_HINTS = Duration.ofSeconds(1);

    /// Silence that took so much longer than it should have has been ours: this process, or the
    /// whole machine, has not run.
    private static final Duration OVERSLEPT = Duration.ofMillis(100);

    /// A machine that never runs in time must find out nevertheless.
    private static final int MOST_OVERSLEPT = 2;

    /// While the status stays, new words are published so often: they go to every server and proxy.
    private static final Duration BETWEEN_WORDS = Duration.ofSeconds(1);

    /// For a connection of a caller, which may be one of many at once: an application that takes
    /// longer is as good as gone, unless it is allowed to.
    static final Duration ACCEPTS_WITHIN = Duration.ofSeconds(1);

    private final ServiceName service;
    private final CheckSettings settings;
    private final Consumer<GatewayEvent> events;
    private final Latest<List<CheckResult>> results;
    private final Latest<Integer> silent = new Latest<>(0);
    private final Verdict verdict;
    private final Semaphore now = new Semaphore(0);
    private final AtomicLong nextHint = new AtomicLong(System.nanoTime());
    private final Optional<IdleConnection> idle;
    private final Optional<Thread> thread;
    private volatile Optional<String> down = Optional.empty();
    private long publishedAt = System.nanoTime();

    /// How the application is asked.
    public sealed interface CheckKind {
        /// Not at all: it counts as passing.
        record None() implements CheckKind {}

        record Tcp() implements CheckKind {}

        record Grpc() implements CheckKind {}

        record Http(String path) implements CheckKind {}

        /// `none`, `tcp`, `grpc` or `http:/path`.
        ///
        /// @throws IllegalArgumentException for anything else
        static CheckKind parse(String text) {
            if (text.equals("none")) {
                return new None();
            }
            if (text.equals("tcp")) {
                return new Tcp();
            }
            if (text.equals("grpc")) {
                return new Grpc();
            }
            if (text.startsWith("http:/") && text.chars().allMatch(c -> c > ' ' && c < 127)) {
                return new Http(text.substring("http:".length()));
            }
            throw new IllegalArgumentException(text);
        }
    }

    /// @param acceptance whether the application itself, and not its kernel alone, has taken a
    ///   connection
    public ApplicationCheck(
            ServiceName service,
            Endpoint application,
            CheckSettings settings,
            Transport transport,
            Acceptance acceptance,
            Consumer<GatewayEvent> events) {
        this.service = service;
        this.settings = settings;
        this.events = events;
        this.verdict = new Verdict(settings);
        Optional<Question> question =
                switch (settings.kind()) {
                    case CheckKind.None _ -> Optional.empty();
                    case CheckKind.Tcp _ ->
                            Optional.of(
                                    new TcpQuestion(application, settings.timeout(), acceptance));
                    case CheckKind.Grpc _ ->
                            Optional.of(
                                    new GrpcQuestion(
                                            application,
                                            settings.timeout(),
                                            transport.loops(),
                                            this::hint));
                    case CheckKind.Http(var path) ->
                            Optional.of(
                                    new HttpQuestion(
                                            application,
                                            path,
                                            settings.timeout(),
                                            transport,
                                            this::hint));
                };
        this.idle =
                settings.kind() instanceof CheckKind.Tcp && settings.idleConnection()
                        ? Optional.of(new IdleConnection(application, transport, this::hint))
                        : Optional.empty();
        this.results =
                new Latest<>(
                        question.isEmpty()
                                ? List.of()
                                : List.of(result("critical", "not asked yet")));
        this.thread =
                question.map(asked ->
                        Thread.ofVirtual().name("check-" + service).start(() -> run(asked)));
    }

    /// The newest result; none where nobody asks.
    public Latest<List<CheckResult>> results() {
        return results;
    }

    /// Questions in a row, until now, that got no answer at all. Each is told after what it made of
    /// the result.
    public Latest<Integer> silent() {
        return silent;
    }

    @Override
    public Optional<String> down() {
        return down;
    }

    @Override
    public Duration patience() {
        var timeout = settings.timeout();
        return timeout.compareTo(ACCEPTS_WITHIN) > 0 ? timeout : ACCEPTS_WITHIN;
    }

    /// Asks at once.
    @Override
    public void hurry() {
        now.release();
    }

    /// A connection to the application has ended, which may mean that its process has.
    private void hint() {
        var at = System.nanoTime();
        var from = nextHint.get();
        if (at - from >= 0 && nextHint.compareAndSet(from, at + BETWEEN_HINTS.toNanos())) {
            hurry();
        }
    }

    private void run(Question question) {
        var more = ONCE_MORE.size();
        try (question) {
            while (true) {
                var askedAt = System.nanoTime();
                take(ask(question));
                var rest = settings.interval();
                if (more < ONCE_MORE.size()) {
                    rest = shorter(rest, ONCE_MORE.get(more));
                    more++;
                }
                if (now.tryAcquire(left(askedAt, rest), TimeUnit.NANOSECONDS)) {
                    more = 0;
                    TimeUnit.NANOSECONDS.sleep(left(askedAt, CLOSEST));
                    now.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static long left(long since, Duration rest) {
        return Math.max(0, since + rest.toNanos() - System.nanoTime());
    }

    private Answer ask(Question question) throws InterruptedException {
        for (var overslept = 0; ; overslept++) {
            var askedAt = System.nanoTime();
            var answer = question.ask();
            var took = System.nanoTime() - askedAt;
            if (!(answer instanceof Answer.Silent)
                    || overslept == MOST_OVERSLEPT
                    || took < settings.timeout().plus(OVERSLEPT).toNanos()) {
                return answer;
            }
        }
    }

    private void take(Answer answer) {
        switch (answer) {
            case Answer.Good _ -> idle.ifPresent(IdleConnection::keep);
            case Answer.Silent _ -> idle.ifPresent(IdleConnection::letGo);
            case Answer.Bad _ -> {
                // its end comes by itself, or it is well and says no
            }
        }
        verdict.after(answer)
                .ifPresent(passes -> publish(passes ? "passing" : "critical", answer.words()));
        silent.update(before -> answer instanceof Answer.Silent ? before + 1 : 0);
    }

    private void publish(String status, String words) {
        var before = results.get().getFirst();
        var next = result(status, words);
        if (next.equals(before)
                || status.equals(before.getStatus())
                        && verdict.hasPassed()
                        && left(publishedAt, BETWEEN_WORDS) > 0) {
            return;
        }
        publishedAt = System.nanoTime();
        down =
                status.equals("critical") && verdict.hasPassed()
                        ? Optional.of(words)
                        : Optional.empty();
        results.set(List.of(next));
        events.accept(new GatewayEvent.CheckChanged(service.value(), status, words));
    }

    private CheckResult result(String status, String output) {
        return CheckResult.newBuilder()
                .setId("application")
                .setName("application of " + service)
                .setStatus(status)
                .setOutput(output)
                .setType(
                        switch (settings.kind()) {
                            case CheckKind.None _ -> "none";
                            case CheckKind.Tcp _ -> "tcp";
                            case CheckKind.Grpc _ -> "grpc";
                            case CheckKind.Http _ -> "http";
                        })
                .build();
    }

    @Override
    public void close() throws InterruptedException {
        if (thread.isPresent()) {
            thread.get().interrupt();
            thread.get().join();
        }
        idle.ifPresent(IdleConnection::close);
    }
}
