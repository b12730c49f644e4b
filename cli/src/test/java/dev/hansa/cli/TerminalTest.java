package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTest {
    /// A build has none, or one that a person looks at; the variables hold in both.
    @Test
    void variablesSwitchColoursOff() {
        assertThat(Terminal.ofProcess(Map.of("NO_COLOR", "1")).colours()).isFalse();
        assertThat(Terminal.ofProcess(Map.of("TERM", "dumb"))).isEqualTo(Terminal.NONE);
    }

    @Test
    void toneIsThatOfTheFirstWord() {
        assertThat(Tone.of("ACTIVE")).isEqualTo(Tone.GOOD);
        assertThat(Tone.of("refused: no such peer")).isEqualTo(Tone.BAD);
        assertThat(Tone.of("stale")).isEqualTo(Tone.UNSURE);
        assertThat(Tone.of("follower")).isEqualTo(Tone.NONE);
        assertThat(Tone.of("")).isEqualTo(Tone.NONE);
        assertThat(Tone.NONE.paint("x")).isEqualTo("x");
    }
}
