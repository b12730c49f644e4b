package dev.hansa.peering.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

/// What is told of long texts.
class LogTapTest {
    private static final int MOST = 4096;

    private static String told(String text) {
        return new LogTap.Line(Instant.EPOCH, Level.ERROR, text).text();
    }

    @Test
    void longTraceKeepsItsBeginningAndItsLastCause() {
        var told =
                told(
                        "it failed\njava.lang.IllegalStateException: no\n"
                                + "\tat a.B.c(B.java:1)\n".repeat(500)
                                + "Caused by: java.io.IOException: disk full\n"
                                + "\tat a.D.e(D.java:2)\n"
                                + "\t... 9 common frames omitted\n");

        assertThat(told)
                .hasSizeLessThanOrEqualTo(MOST)
                .startsWith("it failed\njava.lang.IllegalStateException: no\n\tat a.B.c")
                .containsPattern("\n\\.\\.\\. \\(\\d+ characters left out\\)\nCaused by: ")
                .endsWith(
                        "Caused by: java.io.IOException: disk full\n\tat a.D.e(D.java:2)\n"
                                + "\t... 9 common frames omitted");
    }

    @Test
    void causeThatIsLongItselfIsShortenedToo() {
        var told = told("x".repeat(9000) + "\nCaused by: disk full" + "y".repeat(9000));

        assertThat(told).hasSizeLessThanOrEqualTo(MOST).contains("\nCaused by: disk fully");
    }

    @Test
    void noCharacterIsCutInTwo() {
        for (var start : new String[] {"", "x"}) {
            var told = told(start + "\uD83D\uDE00".repeat(5000));

            assertThat(told).hasSizeLessThanOrEqualTo(MOST).endsWith(" characters left out)");
            assertThat(told.codePoints().filter(one -> one >= 0xD800 && one <= 0xDFFF)).isEmpty();
        }
    }

    @Test
    void lineBreakAtTheEndIsNotPartOfIt() {
        assertThat(told("one\n\ttwo\n")).isEqualTo("one\n\ttwo");
    }
}
