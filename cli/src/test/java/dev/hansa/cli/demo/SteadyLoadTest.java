package dev.hansa.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.cli.demo.SteadyLoad.Cost;
import dev.hansa.cli.demo.SteadyLoad.Request;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SteadyLoadTest {
    private static final long MILLI = 1_000_000;

    @Test
    void firstSuccessIsCountedFromTheKillToTheFirstAnswerOfTheOtherDatacenter() {
        var cost =
                Cost.of(
                        List.of(
                                request(0, 5, true, "eks"),
                                request(18, 22, true, "eks"),
                                request(20, 40, false, ""),
                                request(30, 120, true, "lke"),
                                request(40, 130, true, "lke")),
                        20 * MILLI,
                        "lke");

        assertThat(cost).isEqualTo(new Cost(5, 1, OptionalLong.of(100), 0));
    }

    @Test
    void failureOfARequestSentAfterTheFirstSuccessIsTold() {
        var cost =
                Cost.of(
                        List.of(
                                request(10, 20, true, "lke"),
                                request(15, 30, false, ""),
                                request(21, 30, false, "")),
                        0,
                        "lke");

        assertThat(cost.failedAfterFirstSuccess()).isEqualTo(1);
        assertThat(cost.failed()).isEqualTo(2);
    }

    @Test
    void withoutAnAnswerOfTheOtherDatacenterThereIsNoFirstSuccess() {
        assertThat(Cost.of(List.of(request(10, 20, true, "eks")), 0, "lke").firstSuccessMillis())
                .isEmpty();
    }

    private static Request request(long sent, long answered, boolean ok, String from) {
        return new Request(sent * MILLI, answered * MILLI, ok, from);
    }
}
