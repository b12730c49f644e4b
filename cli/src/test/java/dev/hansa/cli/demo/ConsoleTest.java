package dev.hansa.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Test
    void pipedOutputIsPlainLines() {
        tell(new Console(out(), false, false));

        assertThat(written.toString(StandardCharsets.UTF_8))
                .isEqualTo("ok   mesh         12 ms  both sides" + System.lineSeparator());
    }

    @Test
    void terminalShowsABarThatTheNextLineWipes() {
        tell(new Console(out(), true, true));

        assertThat(written.toString(StandardCharsets.UTF_8))
                .contains("[######", "3/13 mesh entry", "\r\u001b[K\u001b[32mok");
    }

    private static void tell(Console console) {
        console.progress(3, 13);
        console.waiting("mesh entry");
        console.held("mesh", Duration.ofMillis(12), "both sides");
    }

    private PrintStream out() {
        return new PrintStream(written, true, StandardCharsets.UTF_8);
    }
}
