package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTextTest {
    /// The one-byte form of an escape sequence, and what turns the direction of writing.
    @Test
    void nothingThatMovesACursorOrTurnsWritingReachesATerminal() {
        assertThat(PlainText.of("a\u001b[2J\u009b2J\u202eb\u2066c\n\td"))
                .isEqualTo("a?[2J?2J?b?c\n\td");
    }

    @Test
    void cellIsOneLine() {
        assertThat(new Columns().row("eks\nlke\tACTIVE", "x").text())
                .isEqualTo("eks lke ACTIVE  x\n");
    }
}
