package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RepeatedLinesTest {
    private static final String SENTENCE = "{}: Failed to recognize {} as leader since {} < {}";

    private final LoggerContext context = new LoggerContext();
    private final ListAppender<ILoggingEvent> told = new ListAppender<>();

    /// Of a test alone: begins anywhere, as the system's.
    private long now = Long.MAX_VALUE - 5;

    @BeforeEach
    void start() {
        var filter = new RepeatedLines(List.of("org.apache.ratis"), () -> now);
        filter.start();
        context.addTurboFilter(filter);
        told.setContext(context);
        told.start();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(told);
    }

    private Logger ratis() {
        return context.getLogger("org.apache.ratis.server.RaftServer$Division");
    }

    private List<String> lines() {
        return told.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Test
    void formerLeaderIsOneLineForEachTermAndNotForEachMessageOfIt() {
        for (var i = 0; i < 100; i++) {
            ratis().warn(SENTENCE, "a", "b", 7, 8);
        }
        ratis().warn(SENTENCE, "a", "c", 8, 9);
        ratis().warn(SENTENCE, "a", "b", 7, 8);

        assertThat(lines())
                .containsExactly(
                        "a: Failed to recognize b as leader since 7 < 8",
                        "a: Failed to recognize c as leader since 8 < 9");
    }

    @Test
    void whatGoesOnForLongIsToldOnceAMinute() {
        for (var seconds = 0; seconds < 150; seconds++) {
            ratis().warn("still so");
            now += Duration.ofSeconds(1).toNanos();
        }

        assertThat(lines()).hasSize(3);
    }

    @Test
    void anotherFailureIsAnotherLine() {
        ratis().error("failed", new IllegalStateException("one"));
        ratis().error("failed", new IllegalStateException("one"));
        ratis().error("failed", new IllegalStateException("two"));
        ratis().error("failed");
        // a failure may stand behind the facts
        ratis().error("{}ed", "fail", new IllegalStateException("two"));
        ratis().error("{}ed", "fail", new IllegalStateException("three"));

        assertThat(lines()).hasSize(4);
    }

    @Test
    void whatIsNotLoggedAnywayIsNotRemembered() {
        ratis().info("again");
        ratis().setLevel(Level.INFO);
        ratis().info("again");

        assertThat(lines()).containsExactly("again");
    }

    @Test
    void whatHansaSaysIsToldEachTime() {
        for (var i = 0; i < 2; i++) {
            context.getLogger("dev.hansa.peering").warn("peering 'west' deleted");
        }

        assertThat(lines()).hasSize(2);
    }

    @Test
    void linesAreForgottenWhenTheyAreTooMany() {
        for (var i = 0; i <= RepeatedLines.MOST; i++) {
            ratis().warn("line {}", word(i));
        }
        ratis().warn("line {}", word(RepeatedLines.MOST));
        ratis().warn("line {}", word(0));

        assertThat(lines()).hasSize(RepeatedLines.MOST + 2).last().isEqualTo("line " + word(0));
    }

    private static String word(int number) {
        return "x".repeat(number);
    }

    @Test
    void linesThatDifferInNumbersAloneAreTenAMinute() {
        for (var seconds = 0; seconds < 120; seconds++) {
            for (var i = 0; i < 10; i++) {
                ratis().error(
                                "Failed appendEntries #" + seconds + i,
                                new IllegalStateException("closing"));
            }
            now += Duration.ofSeconds(1).toNanos();
        }
        ratis().error("Failed appendEntries #1", new IllegalStateException("another reason"));

        assertThat(lines()).hasSize(2 * RepeatedLines.ALIKE + 1);
    }

    @Test
    void strangersWordsDoNotKeepBackALineForLong() {
        for (var i = 0; i < 2_000; i++) {
            ratis().warn("stranger " + word(i));
        }
        now += Duration.ofMinutes(1).toNanos();
        for (var i = 0; i < RepeatedLines.MOST; i++) {
            ratis().error("of its own " + word(i));
        }

        assertThat(lines().stream().filter(line -> line.startsWith("of its own")))
                .hasSize(RepeatedLines.MOST);
    }

    @Test
    void lineThatWasKeptBackIsToldWhenItsTurnHasCome() {
        for (var i = 0; i < RepeatedLines.ALIKE; i++) {
            ratis().error("term " + i);
        }
        for (var seconds = 0; seconds < 60; seconds += 30) {
            ratis().error("term " + RepeatedLines.ALIKE);
            now += Duration.ofSeconds(30).toNanos();
        }
        ratis().error("term " + RepeatedLines.ALIKE);

        assertThat(lines()).hasSize(RepeatedLines.ALIKE + 1).last().isEqualTo("term 10");
    }
}
