package dev.hansa.benchmarks.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Struck at 1000 ms, all dead at 1010 ms, undone at 3000 ms, back at 4000 ms.
class TallyTest {
    private static final Blow TO_LOCAL =
            new Blow(
                    "eks-1",
                    "lke-1",
                    List.of(),
                    false,
                    PerService.same(new Knowledge.None()),
                    Blow.Step.NONE,
                    Blow.Step.NONE);

    private static final Blow ONE_OF_THREE =
            new Blow(
                    "eks-1",
                    "",
                    List.of("eks-2", "eks-3"),
                    false,
                    PerService.same(new Knowledge.None()),
                    Blow.Step.NONE,
                    Blow.Step.NONE);

    private final Tally tally = new Tally("kill", "hansa", ClientKind.HTTP_NEW);

    private static Outcome answered(int due, int ended, String from) {
        return outcome(due, due, ended, from, "");
    }

    private static Outcome failed(int due, int connection, int ended) {
        return outcome(due, connection, ended, "", "closed");
    }

    private static Outcome outcome(
            int due, int connection, int ended, String from, String failure) {
        return new Outcome(
                ClientKind.HTTP_NEW, nanos(due), nanos(connection), nanos(ended), from, failure);
    }

    private static long nanos(int millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private void seen(Blow blow, OptionalLong known, Outcome... outcomes) {
        tally.add(
                List.of(
                        new Episode(
                                blow,
                                nanos(1000),
                                nanos(1010),
                                PerService.same(known),
                                nanos(3000),
                                PerService.same(nanos(4000)),
                                List.of(outcomes))),
                OptionalDouble.of(40));
    }

    @Test
    void failureIsInFlightWhenItsConnectionWasOpenAtTheDeath() {
        seen(
                TO_LOCAL,
                OptionalLong.empty(),
                failed(900, 900, 950),
                failed(999, 999, 1020),
                failed(1200, 1005, 1300),
                failed(1200, 1011, 1300),
                failed(3100, 3100, 3200));

        assertThat(tally.figures())
                .containsEntry("requests", 5)
                .containsEntry("failed_before", 1)
                .containsEntry("failed_in_flight", 2)
                .containsEntry("failed_begun_after", 1)
                .containsEntry("failed_in_failback", 1);
    }

    @Test
    void firstAnswerIsTheFirstOfTheRefugeToARequestThatWasDueAfterTheBlow() {
        seen(
                TO_LOCAL,
                OptionalLong.of(nanos(1100)),
                answered(990, 1001, "lke-1"),
                answered(1002, 1050, "eks-1"),
                answered(1020, 1075, "lke-1"),
                answered(1030, 1070, "lke-1"),
                failed(1060, 1060, 1300),
                failed(1080, 1080, 1300),
                answered(4020, 4030, "eks-1"));

        assertThat(tally.figures())
                .containsEntry("first_answer_p50_ms", 70.0)
                .containsEntry("detected_ms", 100.0)
                .containsEntry("failed_begun_after", 2)
                .containsEntry("failed_begun_after_first_answer", 1);
        assertThat(tally.lack()).isEmpty();
    }

    @Test
    void laterAnswersAreThoseOfTheRefugeToWhatWasDueAfterTheFirst() {
        seen(
                TO_LOCAL,
                OptionalLong.empty(),
                answered(1030, 1070, "lke-1"),
                answered(1060, 1300, "lke-1"),
                answered(1080, 1200, "lke-1"),
                answered(1090, 1100, "eks-1"),
                failed(1095, 1095, 1300),
                answered(3010, 3900, "lke-1"),
                answered(4020, 4030, "eks-1"));

        assertThat(tally.figures())
                .containsEntry("later_answer_p50_ms", 120.0)
                .containsEntry("later_answer_p99_ms", 120.0);
    }

    @Test
    void caseWithoutAFirstAnswerDidNotFailOver() {
        seen(TO_LOCAL, OptionalLong.empty(), answered(1020, 1030, "eks-1"));

        assertThat(tally.lack()).contains("no first answer in 1 of 1 runs");
        assertThat(tally.figures()).containsEntry("first_answer_p99_ms", null);
    }

    @Test
    void caseAfterWhichNobodyConnectedShowsNothing() {
        seen(TO_LOCAL, OptionalLong.empty(), answered(900, 905, "eks-1"));

        assertThat(tally.lack()).contains("no connection began after the blow");
        assertThat(tally.figures()).containsEntry("begun_after", 0);
    }

    @Test
    void caseWithoutAFailbackIsADefect() {
        seen(
                TO_LOCAL,
                OptionalLong.empty(),
                answered(1020, 1070, "lke-1"),
                answered(4020, 4070, "lke-1"));

        assertThat(tally.lack()).contains("no failback in 1 of 1 runs");
        assertThat(tally.figures()).containsEntry("runs_without_failback", 1);
    }

    @Test
    void answersFromThePeerBeforeTheBlowHaveStrayed() {
        seen(
                TO_LOCAL,
                OptionalLong.empty(),
                answered(900, 950, "lke-1"),
                answered(910, 915, "eks-1"),
                answered(1020, 1070, "lke-1"));

        assertThat(tally.figures()).containsEntry("strayed_before", 1);
    }

    @Test
    void longestGapIsTheLongestTimeWithoutAnAnswerBetweenBlowAndUndoing() {
        seen(
                TO_LOCAL,
                OptionalLong.empty(),
                answered(990, 1005, "eks-1"),
                answered(1010, 1300, "lke-1"),
                failed(1400, 1400, 1900),
                answered(1800, 2100, "lke-1"),
                answered(2300, 2600, "lke-1"),
                answered(3100, 3900, "eks-1"));

        assertThat(tally.figures()).containsEntry("longest_gap_ms", 800.0);
    }

    @Test
    void failbackCountsFromWhenTheInstanceServesAgain() {
        seen(
                TO_LOCAL,
                OptionalLong.empty(),
                answered(1020, 1070, "lke-1"),
                answered(3900, 3950, "lke-1"),
                answered(4020, 4030, "eks-1"));

        assertThat(tally.figures()).containsEntry("failback_ms", 30.0);
    }

    @Test
    void timesOfAClientCountFromWhenTheServiceThatItCallsIsKnown() {
        var told =
                new Blow(
                        "eks-1",
                        "lke-1",
                        List.of(),
                        true,
                        PerService.same(new Knowledge.None()),
                        Blow.Step.NONE,
                        Blow.Step.NONE);
        var grpc = new Tally("critical", "hansa", ClientKind.GRPC_NEW);

        grpc.add(
                List.of(
                        new Episode(
                                told,
                                nanos(1000),
                                nanos(1010),
                                new PerService<>(
                                        OptionalLong.of(nanos(1100)), OptionalLong.of(nanos(1400))),
                                nanos(3000),
                                new PerService<>(nanos(4000), nanos(4200)),
                                List.of(ofGrpc(1410, 1500, "lke-1"), ofGrpc(4210, 4250, "eks-1")))),
                OptionalDouble.of(40));

        assertThat(grpc.figures())
                .containsEntry("detected_ms", 400.0)
                .containsEntry("first_answer_p50_ms", 100.0)
                .containsEntry("failback_ms", 50.0);
    }

    private static Outcome ofGrpc(int due, int ended, String from) {
        return new Outcome(ClientKind.GRPC_NEW, nanos(due), nanos(due), nanos(ended), from, "");
    }

    @Test
    void sharesAreOfWhatBeganAfterTheBlow() {
        seen(
                ONE_OF_THREE,
                OptionalLong.empty(),
                answered(1000, 1001, "eks-1"),
                answered(1020, 1021, "eks-2"),
                answered(1030, 1031, "eks-2"),
                answered(1040, 1041, "eks-2"),
                answered(1050, 1051, "eks-3"));

        assertThat(tally.figures())
                .containsEntry("went_to_peer", 0)
                .containsEntry("uneven_percent", 50.0)
                .containsEntry("first_answer_p50_ms", null);
    }

    @Test
    void nobodySharesWhereNothingWasAnswered() {
        seen(ONE_OF_THREE, OptionalLong.empty(), failed(1020, 1020, 1100));

        assertThat(tally.figures())
                .containsEntry("begun_after", 1)
                .containsEntry("uneven_percent", null);
    }
}
