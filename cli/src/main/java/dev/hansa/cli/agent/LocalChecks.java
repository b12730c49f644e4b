package dev.hansa.cli.agent;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.peering.api.ServiceFile.Definition;
import dev.hansa.peering.checks.Probe;
import dev.hansa.peering.checks.Streak;
import dev.hansa.peering.checks.Verdict;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Asks this machine's services how they are, from here: an address of loopback is this machine's.
/// Each check has a thread of its own, which is mostly asleep.
final class LocalChecks implements AutoCloseable {
    /// So long after it was made known at the latest a check is run for the first time.
    private static final Duration FIRST = Duration.ofSeconds(1);

    /// A sixteenth more at most, so that checks that began together do not stay together.
    private static final int JITTER_DIVISOR = 16;

    private final Probe probe;
    private final Consumer<AgentEvent> events;
    private final Runnable changed;
    private final Map<Key, Running> running = new HashMap<>();

    record Key(String serviceId, String checkId) {}

    /// Guarded by the checks. A status that nothing is known of yet is nobody's to tell: the last
    /// one that was told counts, so that a start of this agent takes nothing out of service.
    private static final class Running {
        final String service;
        final Way way;
        Streak streak = Streak.NONE;
        Optional<Verdict> known = Optional.empty();
        long words;
        Optional<Thread> thread = Optional.empty();

        Running(String service, Way way) {
            this.service = service;
            this.way = way;
        }
    }

    /// @param probe closed with these checks
    /// @param changed told after each change of a status
    LocalChecks(Probe probe, Consumer<AgentEvent> events, Runnable changed) {
        this.probe = probe;
        this.events = events;
        this.changed = changed;
    }

    /// A check that is defined as before goes on with what it has found.
    synchronized void follow(Iterable<Definition> definitions) {
        var wanted = new HashSet<Key>();
        for (var definition : definitions) {
            var instance = definition.instance();
            for (var check : instance.checks()) {
                var way = check.definition().flatMap(CheckDefinition::way);
                if (way.isEmpty()) {
                    continue;
                }
                var key = new Key(instance.id(), check.id());
                wanted.add(key);
                var before = running.get(key);
                if (before == null || !before.way.equals(way.get())) {
                    end(before);
                    running.put(key, begin(key, new Running(instance.name(), way.get())));
                }
            }
        }
        var gone = new HashSet<>(running.keySet());
        gone.removeAll(wanted);
        gone.forEach(key -> end(running.remove(key)));
    }

    private static void end(@Nullable Running one) {
        if (one != null) {
            one.thread.ifPresent(Thread::interrupt);
        }
    }

    private Running begin(Key key, Running one) {
        one.thread =
                Optional.of(
                        Thread.ofVirtual()
                                .name("check-" + key.checkId())
                                .start(() -> {
                                    try {
                                        if (one.way.kind() == Kind.TTL) {
                                            listen(key, one);
                                        } else {
                                            ask(key, one);
                                        }
                                    } catch (InterruptedException e) {
                                        Thread.currentThread().interrupt();
                                    } catch (RuntimeException | Error e) {
                                        events.accept(
                                                new AgentEvent.BackgroundFailure(
                                                        "following a check", e));
                                    }
                                }));
        return one;
    }

    private void ask(Key key, Running one) throws InterruptedException {
        var interval = one.way.interval().toMillis();
        Thread.sleep(
                ThreadLocalRandom.current().nextLong(Math.min(interval, FIRST.toMillis()) + 1));
        while (true) {
            try {
                concluded(key, one, probe.ask(one.way));
            } catch (RuntimeException | Error e) {
                // no word about the target: it is asked again
                events.accept(new AgentEvent.BackgroundFailure("running a check", e));
            }
            Thread.sleep(
                    interval + ThreadLocalRandom.current().nextLong(interval / JITTER_DIVISOR + 1));
        }
    }

    private synchronized void concluded(Key key, Running one, Verdict verdict) {
        one.streak = one.streak.with(verdict.status());
        one.streak
                .status(verdict.status(), one.way.thresholds())
                .ifPresent(status -> told(key, one, new Verdict(status, verdict.output())));
    }

    /// Critical when its owner says nothing for the time that the check says.
    private void listen(Key key, Running one) throws InterruptedException {
        while (true) {
            long before;
            synchronized (this) {
                before = one.words;
            }
            Thread.sleep(one.way.interval());
            synchronized (this) {
                if (one.words == before) {
                    told(
                            key,
                            one,
                            Verdict.critical(
                                    "its owner has said nothing for "
                                            + one.way.interval().toMillis()
                                            + " ms"));
                }
            }
        }
    }

    /// A word of a TTL check's owner; its time begins anew.
    ///
    /// @return false when no service has such a check
    synchronized boolean said(String checkId, CheckStatus status, String output) {
        for (var entry : running.entrySet()) {
            var one = entry.getValue();
            if (entry.getKey().checkId().equals(checkId) && one.way.kind() == Kind.TTL) {
                one.words++;
                one.thread.ifPresent(Thread::interrupt);
                told(entry.getKey(), one, new Verdict(status, output));
                begin(entry.getKey(), one);
                return true;
            }
        }
        return false;
    }

    private void told(Key key, Running one, Verdict verdict) {
        if (running.get(key) != one) {
            return;
        }
        var isNews = one.known.filter(old -> old.status() == verdict.status()).isEmpty();
        one.known = Optional.of(verdict);
        if (isNews) {
            events.accept(
                    new AgentEvent.CheckChanged(
                            one.service, key.checkId(), verdict.status().word(), verdict.output()));
            changed.run();
        }
    }

    /// What is known of a check.
    synchronized Optional<HealthCheck> known(String serviceId, HealthCheck check) {
        return Optional.ofNullable(running.get(new Key(serviceId, check.id())))
                .flatMap(one -> one.known)
                .map(verdict -> check.with(verdict.status(), verdict.output()));
    }

    @Override
    public void close() {
        synchronized (this) {
            running.values().forEach(LocalChecks::end);
            running.clear();
        }
        probe.close();
    }
}
