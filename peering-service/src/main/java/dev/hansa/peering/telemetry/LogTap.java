package dev.hansa.peering.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.time.Instant;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this process logs, for those who watch it from elsewhere. Costs nothing while nobody does.
public final class LogTap {
    /// A sentence and a stack trace; whoever watches holds some hundred of them.
    private static final int MAX_TEXT = 4096;

    /// Of what is longer, the beginning; the rest is for its last cause, or for more of the
    /// beginning where that has it, and for saying how much is left out.
    private static final int MAX_BEGINNING = 2048;

    private static final int MAX_CAUSE = 1920;

    /// What went wrong first is told last.
    private static final String CAUSE = "\nCaused by: ";

    /// The beginning of the names of our loggers.
    private static final String OURS = "hansa.";

    private LogTap() {}

    /// One thing that was logged.
    ///
    /// @param level in slf4j's words
    /// @param text at most 4096 characters; a failure's stack trace is in it. Of a longer one its
    ///   beginning and the last cause, and how much is left out
    public record Line(Instant at, org.slf4j.event.Level level, String text) {
        public Line {
            text = text.stripTrailing();
            text = text.length() > MAX_TEXT ? shortened(text) : text;
        }
    }

    private static String shortened(String text) {
        var last = text.lastIndexOf(CAUSE);
        var isFar = last >= MAX_BEGINNING;
        var beginning = beginning(text, isFar ? MAX_BEGINNING : MAX_BEGINNING + MAX_CAUSE);
        var cause = isFar ? beginning(text.substring(last), MAX_CAUSE) : "";
        return beginning
                + "\n... ("
                + (text.length() - beginning.length() - cause.length())
                + " characters left out)"
                + cause;
    }

    /// With no half of a character at its end.
    private static String beginning(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        return text.substring(
                0, Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most);
    }

    /// Whoever watches until it is closed.
    @FunctionalInterface
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /// @param watcher called by every thread that logs; must neither wait nor log
    /// @throws IllegalStateException when something else than logback takes what is logged
    public static Watch open(Consumer<Line> watcher) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            throw new IllegalStateException("log: expected logback to take it; found another");
        }
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        var appender = new Appender(watcher);
        appender.setContext(context);
        appender.start();
        root.addAppender(appender);
        return () -> {
            root.detachAppender(appender);
            appender.stop();
        };
    }

    private static final class Appender extends UnsynchronizedAppenderBase<ILoggingEvent> {
        private final Consumer<Line> watcher;

        Appender(Consumer<Line> watcher) {
            this.watcher = watcher;
        }

        /// What libraries say that is no warning stays where the server runs: on its wires they see
        /// secrets, and somebody may have asked them to tell of each frame.
        private static boolean isTold(ILoggingEvent event) {
            return event.getLevel().isGreaterOrEqual(Level.WARN)
                    || event.getLoggerName().startsWith(OURS);
        }

        @Override
        protected void append(ILoggingEvent event) {
            if (!isTold(event)) {
                return;
            }
            var failure = event.getThrowableProxy();
            watcher.accept(
                    new Line(
                            Instant.ofEpochMilli(event.getTimeStamp()),
                            level(event.getLevel()),
                            event.getFormattedMessage()
                                    + (failure == null
                                            ? ""
                                            : "\n" + ThrowableProxyUtil.asString(failure))));
        }

        private static org.slf4j.event.Level level(Level level) {
            return switch (level.toInt()) {
                case Level.ERROR_INT -> org.slf4j.event.Level.ERROR;
                case Level.WARN_INT -> org.slf4j.event.Level.WARN;
                case Level.INFO_INT -> org.slf4j.event.Level.INFO;
                case Level.DEBUG_INT -> org.slf4j.event.Level.DEBUG;
                default -> org.slf4j.event.Level.TRACE;
            };
        }
    }
}
