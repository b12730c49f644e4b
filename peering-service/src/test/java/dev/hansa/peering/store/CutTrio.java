package dev.hansa.peering.store;

import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/// Three members of one log, each of which can be cut off from the two others and joined again.
public final class CutTrio implements AutoCloseable {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MEMBERS = 3;

    /// Long enough for a test to ask a leader that was cut off before it gives up leading.
    private static final LogSettings SETTINGS =
            new LogSettings(10_000, 10_000, Duration.ofMillis(1_100));

    private static final AtomicInteger MADE = new AtomicInteger();

    private final Trio trio = Trio.named("cut" + MADE.incrementAndGet() + "-", SETTINGS);
    private final Set<Integer> cut = new HashSet<>();

    /// @param folder for the data directories
    public CutTrio(Path folder) {
        trio.openAll(folder);
    }

    /// Who leads among those that are not cut off; waits for it.
    public RaftStore leader() {
        return await().atMost(SOON).until(this::leading, Optional::isPresent).orElseThrow();
    }

    private Optional<RaftStore> leading() {
        for (var number = 0; number < MEMBERS; number++) {
            if (!cut.contains(number) && trio.member(number).leads()) {
                return Optional.of(trio.member(number));
            }
        }
        return Optional.empty();
    }

    /// One that does not lead and is not cut off.
    public RaftStore follower() {
        var leader = leader();
        for (var number = 0; number < MEMBERS; number++) {
            if (!cut.contains(number) && trio.member(number) != leader) {
                return trio.member(number);
            }
        }
        throw new IllegalStateException("nobody follows");
    }

    /// As whoever begins to lead does.
    ///
    /// @return the store in the term of the leader
    public static Store inItsTerm(RaftStore leader) {
        var term = leader.members().leadership().get().term();
        leader.lead(term);
        return leader.inTerm(term);
    }

    /// In silence, both ways.
    public void cutOff(RaftStore member) {
        cut.add(number(member));
        member.members().aside(true);
        CutMembers.cut(member.members().self());
    }

    public void join(RaftStore member) {
        CutMembers.join(member.members().self());
        member.members().aside(false);
        cut.remove(number(member));
    }

    private int number(RaftStore member) {
        for (var number = 0; number < MEMBERS; number++) {
            if (trio.member(number) == member) {
                return number;
            }
        }
        throw new IllegalArgumentException("no member of these");
    }

    /// What is held would keep them from closing.
    public void joinAll() {
        for (var number : Set.copyOf(cut)) {
            join(trio.member(number));
        }
    }

    @Override
    public void close() {
        joinAll();
        trio.close();
    }
}
