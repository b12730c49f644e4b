package dev.hansa.cli.agent;

import dev.hansa.bootstrap.Sha256;
import dev.hansa.peering.api.ServiceFile.Definition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// Keeps the sidecar of one service running, as a process of its own: neither a crash nor a new
/// version of the agent touches the connections that it carries. One that ran before this agent
/// started is kept, if its settings and the program are still the same. On a thread of its own.
final class SidecarKeeper {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /// One that has run for so long did not end of how it was started.
    private static final Duration STEADY = Duration.ofMinutes(1);

    /// A sidecar's own grace and the time that it gives open connections, and a little more.
    private static final Duration DRAIN = Duration.ofSeconds(30);

    /// In place of the digest of its settings, which nobody asks for any more.
    private static final String SUPERSEDED = "superseded";

    private final String id;
    private final Parts parts;
    private final Thread thread;

    /// A process that is not on the disk yet would not be found again: no interrupt comes between.
    private final ReentrantLock marking = new ReentrantLock();

    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    private Optional<Definition> wanted;
    private boolean detached;
    private boolean changed;
    private volatile Optional<ProcessHandle> process = Optional.empty();

    /// Those from which `process` takes over; each stays until it has exited, since that one may
    /// die before it has.
    private final List<ProcessHandle> older = new ArrayList<>();

    private boolean isMarked;
    private volatile Optional<String> problem = Optional.empty();
    private String settings = "";
    private long startedNanos;

    /// What all keepers use.
    ///
    /// @param ports where a service's sidecar listens
    record Parts(
            AgentConfig config,
            ServerApi api,
            SidecarPorts ports,
            HansaProcess starter,
            Consumer<AgentEvent> events) {}

    /// @param wanted empty: whatever an earlier agent has left is ended
    SidecarKeeper(String id, Optional<Definition> wanted, Parts parts) {
        this.id = id;
        this.wanted = wanted;
        this.parts = parts;
        this.thread = Thread.ofVirtual().name("sidecar-" + id).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// @param next empty: none any more; the process drains and ends
    synchronized void want(Optional<Definition> next) {
        if (!next.equals(wanted)) {
            wanted = next;
            changed = true;
            notifyAll();
        }
    }

    /// Leaves the process alone, for the next agent to find.
    void detach() throws InterruptedException {
        synchronized (this) {
            detached = true;
        }
        marking.lock();
        try {
            thread.interrupt();
        } finally {
            marking.unlock();
        }
        thread.join();
    }

    boolean isDone() {
        return !thread.isAlive();
    }

    void join(Duration limit) throws InterruptedException {
        var _ = thread.join(limit);
    }

    Optional<Long> pid() {
        return process.filter(ProcessHandle::isAlive).map(ProcessHandle::pid);
    }

    Optional<String> problem() {
        return problem;
    }

    private void run() {
        try {
            find();
            while (true) {
                var next = next();
                if (next.isEmpty()) {
                    stop();
                    return;
                }
                try {
                    var pause = keep(next.get());
                    await(pause);
                } catch (IOException e) {
                    await(failed(e.getClass().getSimpleName() + ": " + e.getMessage()));
                } catch (ServerException e) {
                    await(failed(e.sentence()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            parts.events().accept(new AgentEvent.BackgroundFailure("keeping a sidecar", e));
        }
    }

    private synchronized Optional<Definition> next() {
        changed = false;
        return wanted;
    }

    private SidecarHome home() throws IOException {
        return SidecarHome.of(parts.ports().folder(), id);
    }

    private Duration failed(String sentence) {
        var pause = backoff.pause();
        problem = Optional.of(sentence);
        parts.events().accept(new AgentEvent.SidecarFailed(id, sentence, pause));
        return pause;
    }

    /// What an earlier agent has started.
    private void find() {
        try {
            var marks = home().marks();
            if (marks.isEmpty()) {
                return;
            }
            marks.stream().skip(1).flatMap(mark -> mark.process().stream()).forEach(older::add);
            process = marks.getFirst().process();
            if (process.isPresent()) {
                settings = marks.getFirst().settings();
                isMarked = true;
                startedNanos = System.nanoTime();
                watch(process.get());
                parts.events().accept(new AgentEvent.SidecarFound(id, process.get().pid()));
            }
        } catch (IOException e) {
            parts.events().accept(new AgentEvent.BackgroundFailure("finding a sidecar", e));
        }
    }

    /// Has a process with these settings.
    ///
    /// @return how long there is nothing to do
    private Duration keep(Definition definition)
            throws IOException, ServerException, InterruptedException {
        var home = home();
        var ports = parts.ports().of(id, definition.sidecar().orElseThrow(), home);
        var text = home.settings(parts.config(), definition, ports);
        // one of another version must not go on with the jars of this one
        var digest =
                Sha256.hex((text + parts.starter().version()).getBytes(StandardCharsets.UTF_8));
        var alive = process.filter(ProcessHandle::isAlive);
        if (alive.isPresent() && settings.equals(digest)) {
            if (!isMarked) {
                mark(home, alive.get());
            }
            return Duration.ofDays(1);
        }
        if (process.isPresent() && alive.isEmpty()) {
            process = Optional.empty();
            if (System.nanoTime() - startedNanos > STEADY.toNanos()) {
                backoff.reset();
            }
            var pause = backoff.pause();
            problem = Optional.of("it has ended");
            parts.events().accept(new AgentEvent.SidecarEnded(id, "its process is gone", pause));
            await(pause);
            // something else may be wanted by now
            return Duration.ZERO;
        }
        begin(home, definition, text, digest);
        return Duration.ofDays(1);
    }

    private void begin(SidecarHome home, Definition definition, String text, String digest)
            throws IOException, ServerException, InterruptedException {
        try {
            home.write(text, parts.api().joinToken(definition.instance().name()));
        } catch (ServerException e) {
            // the server is away: what an earlier life has left may do
            if (e.isRefused() || !home.canStartAlone()) {
                throw e;
            }
            home.write(text);
        }
        marking.lock();
        try {
            begin(home, definition, digest);
        } finally {
            marking.unlock();
        }
    }

    private void begin(SidecarHome home, Definition definition, String digest)
            throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        var started = parts.starter().start("sidecar", "--config", home.settingsFile().toString());
        // one that ran before hands its sockets over and ends by itself
        process.ifPresent(older::add);
        // first: a disk that takes no mark must not make it a process of nobody's
        process = Optional.of(started);
        settings = digest;
        isMarked = false;
        startedNanos = System.nanoTime();
        watch(started);
        mark(home, started);
        parts.events()
                .accept(
                        new AgentEvent.SidecarStarted(
                                id,
                                started.pid(),
                                definition.sidecar().orElseThrow().application().isEmpty()
                                        ? "no address: it only calls"
                                        : SidecarHome.listen(
                                                        parts.config(),
                                                        definition.sidecar().orElseThrow(),
                                                        home.ports().orElseThrow())
                                                .toString()));
    }

    /// So that the next agent finds all that live.
    private void mark(SidecarHome home, ProcessHandle current) throws IOException {
        older.removeIf(one -> !one.isAlive());
        var marks = new ArrayList<SidecarHome.Mark>();
        marks.add(new SidecarHome.Mark(current.pid(), SidecarHome.Mark.startOf(current), settings));
        for (var one : older) {
            marks.add(new SidecarHome.Mark(one.pid(), SidecarHome.Mark.startOf(one), SUPERSEDED));
        }
        home.mark(marks);
        isMarked = true;
        problem = Optional.empty();
    }

    private void watch(ProcessHandle one) {
        var _ = one.onExit().thenRun(this::wake);
    }

    private synchronized void wake() {
        changed = true;
        notifyAll();
    }

    private synchronized void await(Duration limit) throws InterruptedException {
        var until = System.nanoTime() + limit.toNanos();
        while (!changed) {
            var left = Duration.ofNanos(until - System.nanoTime()).toMillis();
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }

    private void stop() throws InterruptedException {
        process.ifPresent(older::add);
        older.forEach(ProcessHandle::destroy);
        var until = System.nanoTime() + DRAIN.toNanos();
        for (var one : older) {
            try {
                one.onExit().get(until - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                one.destroyForcibly();
            } catch (ExecutionException e) {
                parts.events().accept(new AgentEvent.BackgroundFailure("stopping a sidecar", e));
            }
        }
        older.clear();
        process = Optional.empty();
        parts.events().accept(new AgentEvent.SidecarStopped(id));
        synchronized (this) {
            if (detached || wanted.isPresent()) {
                return;
            }
        }
        try {
            home().remove();
        } catch (IOException e) {
            parts.events().accept(new AgentEvent.BackgroundFailure("removing a sidecar", e));
        }
    }
}
