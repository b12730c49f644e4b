package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreakTest {
    /// Results as p, w and c; statuses the same, with `-` for as before.
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, pcpwc, pcpwc",
        "2, 1, 1, ppcpp, -pc-p",
        "1, 2, 2, cpccc, -p-cc",
        "1, 1, 3, pcccp, pwwcp",
        "1, 2, 4, ccccc, -wwcc",
        "3, 1, 2, pwpcc, --pwc",
    })
    void statusFollowsResultsInARow(
            int passing, int warning, int critical, String results, String statuses) {
        var thresholds = new Thresholds(passing, warning, critical);
        var streak = Streak.NONE;
        var found = new ArrayList<String>();
        for (var result : results.split("")) {
            var status = status(result);
            streak = streak.with(status);
            found.add(
                    streak.status(status, thresholds)
                            .map(one -> one.word().substring(0, 1))
                            .orElse("-"));
        }

        assertThat(found).isEqualTo(List.of(statuses.split("")));
    }

    private static CheckStatus status(String letter) {
        return Arrays.stream(CheckStatus.values())
                .filter(one -> one.word().startsWith(letter))
                .findFirst()
                .orElseThrow();
    }
}
