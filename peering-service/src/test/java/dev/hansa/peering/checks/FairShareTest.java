package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FairShareTest {
    private final FairShare share = new FairShare(256);

    private List<String> handOut(List<String> waiting) {
        var taken = new ArrayList<String>();
        var all = share.handOut(waiting, Function.identity(), taken::add);
        assertThat(all).isEqualTo(taken.size() == waiting.size());
        return taken;
    }

    private static List<String> many(String owner) {
        return Collections.nCopies(1000, owner);
    }

    @Test
    void whoIsAloneLeavesRoomForWhoeverComes() {
        assertThat(handOut(many("slow"))).hasSize(192);
        assertThat(handOut(many("slow"))).isEmpty();

        assertThat(handOut(List.of("other", "another"))).containsExactly("other", "another");
    }

    @Test
    void thoseWhoWaitHaveEqualParts() {
        var waiting = new ArrayList<>(many("slow"));
        waiting.addAll(many("second"));
        waiting.addAll(many("third"));

        var counts =
                handOut(waiting).stream()
                        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));

        assertThat(counts.values()).allMatch(count -> count >= 75 && count <= 78);
    }

    /// Who had more than his part before others came has no place more until they have theirs.
    @Test
    void whatIsFreeAgainGoesToWhoHasFewest() {
        handOut(many("slow"));
        handOut(many("second"));
        for (var i = 0; i < 10; i++) {
            share.free("slow");
        }
        var waiting = new ArrayList<>(many("slow"));
        waiting.addAll(List.of("second", "third"));

        assertThat(handOut(waiting)).contains("second", "third").doesNotContain("slow");
    }

    /// Looking for others would be in vain.
    @Test
    void endIsNewsWhereItMakesRoomForWhoWasLeft() {
        assertThat(handOut(List.of("other"))).hasSize(1);
        assertThat(share.free("other")).isFalse();
        handOut(List.of("other"));
        assertThat(handOut(many("slow"))).hasSize(192);

        assertThat(share.free("other")).isFalse();
        assertThat(share.free("slow")).isTrue();
        assertThat(handOut(many("slow"))).hasSize(1);
    }

    @Test
    void whoWaitsLongestComesFirstAmongEquals() {
        assertThat(handOut(List.of("a", "a", "b", "c"))).containsExactly("a", "b", "c", "a");
    }
}
