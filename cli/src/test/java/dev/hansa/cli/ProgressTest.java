package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final StringWriter err = new StringWriter();

    private Progress progress(boolean isTerminal) {
        return new Progress(
                new Surroundings(
                        InputStream.nullInputStream(),
                        new PrintWriter(new StringWriter()),
                        new PrintWriter(err),
                        Map.of(),
                        new Terminal(false, isTerminal)),
                "saving");
    }

    @Test
    void barIsDrawnOverItselfAndGoneAtTheEnd() {
        try (var progress = progress(true)) {
            progress.bytes(512 << 10, 1 << 20);
            assertThat(err.toString())
                    .isEqualTo("\r\u001b[Ksaving [############............] 512 KiB of 1.0 MiB");
            // too soon for an eye
            progress.bytes(513 << 10, 1 << 20);
        }
        assertThat(err.toString()).endsWith("1.0 MiB\r\u001b[K").doesNotContain("513");
    }

    @Test
    void lengthThatNobodyKnowsHasNoBar() {
        try (var progress = progress(true)) {
            progress.bytes(3 << 20, 0);
        }
        assertThat(err.toString()).contains("saving 3.0 MiB").doesNotContain("[#");
    }

    @Test
    void nothingIsDrawnWhereNobodyLooks() {
        try (var progress = progress(false)) {
            progress.bytes(1, 2);
        }
        assertThat(err.toString()).isEmpty();
    }
}
