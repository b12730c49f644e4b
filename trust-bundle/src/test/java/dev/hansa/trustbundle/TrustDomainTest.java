package dev.hansa.trustbundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustDomainTest {
    @Test
    void caseDoesNotMatter() {
        assertThat(new TrustDomain("West.Example")).isEqualTo(new TrustDomain("west.example"));
    }

    @Test
    void twoHundredAndFiftyFiveCharactersAreTheMost() {
        assertThat(new TrustDomain("a".repeat(255)).name()).hasSize(255);
        assertThatThrownBy(() -> new TrustDomain("a".repeat(256)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".west",
                "west.",
                "west:8443",
                "user@west",
                "west/east",
                "we st",
                "west\u0000",
                "west%2e",
                "wést"
            })
    void otherCharactersAreRefused(String name) {
        assertThatThrownBy(() -> new TrustDomain(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected a trust domain");
    }

    @Test
    void hostileNameIsShownCutAndHarmless() {
        assertThatThrownBy(() -> new TrustDomain("\u001b[2J\u202e" + "a".repeat(500)))
                .hasMessageContaining("'?[2j?aaa")
                .hasMessageContaining("…")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\u001b", "\u202e"));
    }
}
