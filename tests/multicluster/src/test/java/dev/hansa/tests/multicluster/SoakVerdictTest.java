package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.tests.multicluster.SoakClients.Failure;
import dev.hansa.tests.multicluster.SoakExcuses.Excuse;
import dev.hansa.tests.multicluster.SoakExcuses.Window;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What excuses a request that failed, and each reason for which a soak fails.
class SoakVerdictTest {
    private static final long SECOND = 1_000_000_000;

    /// Times are seconds: one death at 100, away until 120, and the way there broken from 110 on.
    private static final SoakExcuses EXCUSES =
            new SoakExcuses(
                    List.of(100 * SECOND),
                    List.of(window(100, 120)),
                    List.of(window(110, 112), window(130, 133)));

    private static Window window(double from, double to) {
        return new Window(nanos(from), nanos(to));
    }

    private static long nanos(double seconds) {
        return Math.round(seconds * SECOND);
    }

    /// On a connection that has carried nothing yet.
    private static Failure failure(double began, double ended) {
        return new Failure(nanos(began), nanos(ended), OptionalLong.empty(), "reset");
    }

    private static Failure failure(double connected, double began, double ended) {
        return new Failure(nanos(began), nanos(ended), OptionalLong.of(nanos(connected)), "reset");
    }

    @Test
    void requestThatFailsWithinASecondOfALocalDeathIsExcusedWheneverItBegan() {
        assertThat(EXCUSES.of(failure(99.9, 100))).isEqualTo(Excuse.LOCAL_DEATH);
        assertThat(EXCUSES.of(failure(96, 100.5))).isEqualTo(Excuse.LOCAL_DEATH);
        assertThat(EXCUSES.of(failure(100.5, 101))).isEqualTo(Excuse.LOCAL_DEATH);
    }

    @Test
    void requestThatHangsAfterALocalDeathIsNotExcused() {
        assertThat(EXCUSES.of(failure(99.9, 104.9))).isEqualTo(Excuse.NONE);
        assertThat(EXCUSES.of(failure(100.9, 105.9))).isEqualTo(Excuse.NONE);
        assertThat(EXCUSES.of(failure(100.9, 101.1))).isEqualTo(Excuse.NONE);
    }

    @Test
    void requestThatFailedBeforeALocalDeathIsNotExcusedByIt() {
        assertThat(EXCUSES.of(failure(99, 99.9))).isEqualTo(Excuse.NONE);
    }

    @Test
    void connectionThatWasCarriedToThePeerEndsWithTheWayThere() {
        assertThat(EXCUSES.of(failure(105, 109, 110))).isEqualTo(Excuse.WAY_TO_THE_PEER);
        // lost in a link that is silent, and waited for
        assertThat(EXCUSES.of(failure(105, 111, 116))).isEqualTo(Excuse.WAY_TO_THE_PEER);
        assertThat(EXCUSES.of(failure(105, 112.9, 117.9))).isEqualTo(Excuse.WAY_TO_THE_PEER);
        // long after the local instance has come back
        assertThat(EXCUSES.of(failure(120, 129, 131))).isEqualTo(Excuse.WAY_TO_THE_PEER);
    }

    @Test
    void requestThatBeginsOnceTheWayIsMendedIsNotExcused() {
        assertThat(EXCUSES.of(failure(105, 113.1, 118.1))).isEqualTo(Excuse.NONE);
        assertThat(EXCUSES.of(failure(105, 108, 109.9))).isEqualTo(Excuse.NONE);
    }

    @Test
    void connectionThatBeganWithALocalInstanceIsNotExcusedByTheWayToThePeer() {
        assertThat(EXCUSES.of(failure(99, 110, 111))).isEqualTo(Excuse.NONE);
        assertThat(EXCUSES.of(failure(120.1, 130, 131))).isEqualTo(Excuse.NONE);
    }

    @Test
    void connectionThatNeverCarriedAWordHadToFindTheOtherInstance() {
        assertThat(EXCUSES.of(failure(110, 111))).isEqualTo(Excuse.NONE);
    }

    /// A run of 100 s that proves enough, changed a little.
    private static final class Run {
        private long operations = 2_000;
        private long requests = 10_000;
        private long control = 5_000;
        private OptionalLong allKilled = OptionalLong.of(10_000);
        private long data = 3_000;
        private Map<String, Integer> faults = Map.of("link_cut", 4, "server_killed", 6);
        private final Map<SoakHistory.Kind, Long> acknowledged =
                new EnumMap<>(SoakHistory.Kind.class);
        private final List<String> problems = new ArrayList<>();
        private final List<String> lost = new ArrayList<>();
        private final List<Failure> failures = new ArrayList<>();

        Run() {
            for (var kind : SoakHistory.Kind.values()) {
                acknowledged.put(kind, 1L);
            }
        }

        SoakVerdict judged(boolean isWhole) {
            return SoakVerdict.of(
                    new SoakVerdict.Measured(
                            100,
                            operations,
                            acknowledged,
                            faults,
                            problems,
                            lost,
                            requests,
                            failures,
                            EXCUSES,
                            control,
                            allKilled,
                            data),
                    isWhole);
        }
    }

    private static SoakVerdict judged(boolean isWhole, Consumer<Run> change) {
        var run = new Run();
        change.accept(run);
        return run.judged(isWhole);
    }

    /// Whichever way it is judged.
    private static void assertComplaint(Consumer<Run> change, String complaint) {
        for (var isWhole : List.of(true, false)) {
            assertThat(judged(isWhole, change).complaints()).containsExactly(complaint);
        }
    }

    private static void assertComplaintOfTheWhole(Consumer<Run> change, String complaint) {
        assertThat(judged(true, change).complaints()).containsExactly(complaint);
        assertThat(judged(false, change).complaints()).isEmpty();
    }

    @Test
    void runAtItsLimitsPasses() {
        assertThat(judged(true, _ -> {}).complaints()).isEmpty();
        assertThat(judged(false, _ -> {}).complaints()).isEmpty();
    }

    @Test
    void runThatProvesTooLittleFails() {
        assertComplaint(
                run -> run.operations = 1_999,
                "operations a second: expected at least 20; found 19");
        assertComplaintOfTheWhole(
                run -> run.requests = 9_999, "requests a second: expected at least 100; found 99");
        assertThat(judged(false, run -> run.requests = 4_999).complaints())
                .containsExactly("requests a second: expected at least 50; found 49");
        assertComplaint(
                run -> run.faults = Map.of("link_cut", 9),
                "faults in 100 s: expected at least 10; found 9");
        assertComplaint(
                run -> run.problems.add("LINK_CUT: no such node"),
                "faults that could not be made: expected none; found [LINK_CUT: no such node]");
        assertComplaint(
                run -> run.acknowledged.remove(SoakHistory.Kind.JOIN_SECRET),
                "operations of each kind: expected one that had its effect; found none of"
                        + " [JOIN_SECRET]");
    }

    @Test
    void whatIsLostFails() {
        assertComplaint(
                run -> run.lost.add("lost or invented: k"), "violations: expected none; found 1");
    }

    @Test
    void whatIsAwayForTooLongFailsWhereTimesCount() {
        assertComplaintOfTheWhole(
                run -> run.control = 5_001, "no write for, ms: expected at most 5000; found 5001");
        assertComplaintOfTheWhole(
                run -> run.allKilled = OptionalLong.of(10_001),
                "no write after all servers were killed for, ms: expected at most 10000; found 10001");
        assertComplaintOfTheWhole(
                run -> run.data = 3_001, "no request for, ms: expected at most 3000; found 3001");
    }

    @Test
    void requestsThatFailAreCountedByTheirExcuseAndFailTheRunWithoutOne() {
        Consumer<Run> excused =
                run -> {
                    run.failures.add(failure(99.9, 100));
                    run.failures.add(failure(99.9, 100.1));
                    run.failures.add(failure(105, 109, 110));
                };
        var verdict = judged(true, excused);
        assertThat(verdict.complaints()).isEmpty();
        assertThat(verdict.figures())
                .containsEntry("failed", 3)
                .containsEntry("failed_at_a_local_death", 2)
                .containsEntry("failed_with_the_way_to_the_peer", 1)
                .containsEntry("violations", 0);

        assertComplaintOfTheWhole(
                run -> run.failures.add(failure(100.9, 105.9)),
                "violations: expected none; found 1");
    }
}
