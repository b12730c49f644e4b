package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftPeer;
import org.junit.jupiter.api.Test;

class TermRoundTest {
    private static final long TERM = 7;

    /// No test waits for it.
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static List<RaftPeer> members(String... names) {
        return Stream.of(names)
                .map(name -> Members.peer(name, InetSocketAddress.createUnresolved(name, 1)))
                .toList();
    }

    private static String name(RaftPeer member) {
        return member.getId().toString();
    }

    private static void pass(CountDownLatch gate) {
        try {
            if (!gate.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new StoreFailure("the gate stayed closed", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("given up", e);
        }
    }

    @Test
    void whoAsksIsHalfOfTwoAndNeedsTheOther() throws Exception {
        var later = new TermRound(LIMIT, _ -> TERM + 1);
        var same = new TermRound(LIMIT, _ -> TERM);

        assertThat(same.objection("a", members("a", "b"), TERM)).isEmpty();
        assertThat(later.objection("a", members("a", "b"), TERM))
                .hasValue(new TermRound.Objection("'b' has gone on to a later term than 7", true));
        assertThat(later.objection("a", members("a"), TERM)).isEmpty();
    }

    /// It leads until it has heard that it was removed, and agrees with itself all the same.
    @Test
    void whoIsNoMemberCountsForNobody() throws Exception {
        var round =
                new TermRound(
                        LIMIT,
                        member -> {
                            if (name(member).equals("b")) {
                                return TERM;
                            }
                            throw new StoreFailure("'c' is gone", null);
                        });

        assertThat(round.objection("a", members("b", "c"), TERM))
                .hasValue(new TermRound.Objection("'c' is gone", false));
        assertThat(round.objection("a", members("a", "b", "c"), TERM)).isEmpty();
    }

    @Test
    void memberThatCannotBeAskedForWhateverReasonHasNotAgreed() throws Exception {
        var round =
                new TermRound(
                        LIMIT,
                        _ -> {
                            throw new IllegalStateException("a defect");
                        });

        assertThat(round.objection("a", members("a", "b", "c"), TERM))
                .hasValueSatisfying(found ->
                        assertThat(found.reason()).contains("could not be asked", "a defect"));
    }

    /// Who is away may be back a moment later; who has elected another says so each time.
    @Test
    void memberOfALaterTermIsAFinalObjectionWhoeverElseCannotBeAsked() throws Exception {
        var gone = new TermRound.Objection("gone", false);
        for (var away : List.of("b", "c")) {
            var round =
                    new TermRound(
                            LIMIT,
                            member -> {
                                if (name(member).equals(away)) {
                                    throw new StoreFailure("gone", null);
                                }
                                return TERM + 1;
                            });

            assertThat(round.objection("a", members("a", "b", "c"), TERM))
                    .hasValueSatisfying(found -> assertThat(found.isFinal()).isTrue());
            assertThat(round.objection("a", members("a", away), TERM)).hasValue(gone);
        }
    }

    /// The near ones answer first each time, until one of them dies: a far one is needed then, and
    /// all that it may be asked is under way.
    @Test
    void farMemberIsWaitedForWhenANearOneDies() throws Exception {
        var members = members("far1", "far2", "near1", "near2", "self");
        var dead = ConcurrentHashMap.<String>newKeySet();
        var died = new CountDownLatch(1);
        var far = new CountDownLatch(1);
        var round =
                new TermRound(
                        LIMIT,
                        member -> {
                            if (name(member).startsWith("far")) {
                                pass(far);
                            }
                            if (dead.contains(name(member))) {
                                died.countDown();
                                throw new StoreFailure("dead", null);
                            }
                            return TERM;
                        });
        for (var number = 0; number < 2 * TermRound.MOST_UNANSWERED; number++) {
            assertThat(round.objection("self", members, TERM)).isEmpty();
        }

        dead.add("near1");
        try (var asking = Executors.newVirtualThreadPerTaskExecutor()) {
            var found = asking.submit(() -> round.objection("self", members, TERM));
            // the far ones stand before it in the list
            assertThat(died.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            far.countDown();
            assertThat(found.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEmpty();
        }
    }
}
