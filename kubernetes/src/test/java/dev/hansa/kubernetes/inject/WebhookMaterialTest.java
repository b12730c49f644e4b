package dev.hansa.kubernetes.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WebhookMaterialTest {
    private static final WebhookMaterial.Lives LIVES =
            new WebhookMaterial.Lives(
                    Duration.ofDays(30), Duration.ofDays(3), Duration.ofMinutes(10));

    private static final List<String> NAMES = List.of("hansa-injector.hansa.svc");
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

    private static WebhookMaterial next(@Nullable WebhookMaterial before, Instant now) {
        return WebhookMaterial.next(Optional.ofNullable(before), LIVES, NAMES, now);
    }

    @Test
    void nothingIsMadeAnewBeforeItsTime() {
        var first = next(null, NOW);

        assertThat(next(first, NOW.plus(Duration.ofHours(47)))).isSameAs(first);
        assertThat(first.leaf().getNotAfter()).isEqualTo(NOW.plus(Duration.ofDays(3)));
    }

    @Test
    void leafIsMadeAnewAThirdBeforeItsEnd() throws Exception {
        var first = next(null, NOW);
        var second = next(first, NOW.plus(Duration.ofHours(49)));

        assertThat(second.authorities()).isEqualTo(first.authorities());
        assertThat(second.leaf()).isNotEqualTo(first.leaf());
        second.leaf().verify(first.authorities().getFirst().getPublicKey());
    }

    @Test
    void authorityIsKnownBeforeItsLeafIsShown() throws Exception {
        var first = next(null, NOW);
        var later = NOW.plus(Duration.ofDays(20)).plusSeconds(1);
        var leafOfThen = next(first, later.minusSeconds(60));
        var rotated = next(leafOfThen, later);

        assertThat(rotated.authorities()).hasSize(2).endsWith(first.authorities().getFirst());
        assertThat(rotated.leaf()).isEqualTo(leafOfThen.leaf());
        assertThat(next(rotated, later.plus(Duration.ofMinutes(9)))).isSameAs(rotated);
        var shown = next(rotated, later.plus(Duration.ofMinutes(10)));
        shown.leaf().verify(rotated.authorities().getFirst().getPublicKey());
        assertThat(shown.authorities()).isEqualTo(rotated.authorities());
    }

    /// Nobody looked for a year: what there is helps nobody, so all of it is new at once.
    @Test
    void whatIsOverIsReplacedAtOnce() throws Exception {
        var first = next(null, NOW);
        var second = next(first, NOW.plus(Duration.ofDays(400)));

        assertThat(second.authorities())
                .hasSize(1)
                .doesNotContainAnyElementsOf(first.authorities());
        second.leaf().verify(second.authorities().getFirst().getPublicKey());
    }

    @Test
    void leafForOtherNamesIsReplaced() {
        var first = next(null, NOW);

        assertThat(
                        WebhookMaterial.next(
                                        Optional.of(first),
                                        LIVES,
                                        List.of("other.hansa.svc"),
                                        NOW.plus(Duration.ofHours(1)))
                                .leaf())
                .isNotEqualTo(first.leaf());
    }

    @Test
    void secretIsReadAsItWasWritten() throws Exception {
        var first = next(null, NOW);

        assertThat(WebhookMaterial.of(first.files())).isEqualTo(first);
        for (var name : first.files().keySet()) {
            var broken = new HashMap<>(first.files());
            broken.put(name, "something else");
            assertThatThrownBy(() -> WebhookMaterial.of(broken))
                    .hasMessageStartingWith(name + ": expected")
                    .hasMessageNotContaining("something else");
        }
        assertThat(first.toString()).doesNotContain("PRIVATE").contains("2026-12-02");
    }
}
