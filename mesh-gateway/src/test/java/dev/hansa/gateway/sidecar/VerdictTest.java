package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
    /// Answers: `g` good, `b` bad, `s` silent. Verdicts: `p` passing, `c` critical, `-` as before.
    @ParameterizedTest
    @CsvSource({
        // who has never passed passes at the first good answer
        "1, 3, g, p",
        "1, 3, bsg, ccp",
        // silence counts after so many in a row
        "1, 3, gsg, pc-",
        "2, 3, gss, p-c",
        "2, 3, gsgsg, p-p-p",
        // hard evidence counts at once
        "5, 3, gb, pc",
        // back after so many in a row
        "1, 3, gbggg, pc--p",
        "1, 3, gsgsgg, pc-c--",
        "1, 3, gbggsggg, pc--c--p",
        "1, 1, gbg, pcp"
    })
    void answersInARowDecide(int failures, int success, String answers, String verdicts) {
        var verdict =
                new Verdict(
                        new CheckSettings(
                                new CheckKind.Tcp(),
                                Duration.ofMillis(100),
                                Duration.ofMillis(200),
                                failures,
                                success,
                                false,
                                true));

        var found = new StringBuilder();
        answers.chars()
                .mapToObj(letter -> verdict.after(answer((char) letter)))
                .forEach(passes -> found.append(passes.map(p -> p ? "p" : "c").orElse("-")));

        assertThat(found).hasToString(verdicts);
    }

    private static Answer answer(char letter) {
        return switch (letter) {
            case 'g' -> new Answer.Good("");
            case 'b' -> new Answer.Bad("");
            case 's' -> new Answer.Silent("");
            default -> throw new IllegalArgumentException(String.valueOf(letter));
        };
    }
}
