package dev.hansa.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ForeignTextTest {
    @Test
    void nothingThatMovesACursorOrTurnsWritingIsLeft() {
        assertThat(ForeignText.shown("a\u001b[2J\u009b2J\u202eb\u2066c\nd\té"))
                .isEqualTo("a?[2J?2J?b?c?d?é");
    }

    @Test
    void longerTextIsCutAndMarked() {
        assertThat(ForeignText.shown("abcd", 3)).isEqualTo("abc…");
    }
}
