package dev.hansa.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import dev.hansa.bootstrap.Throttle;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.helpers.MessageFormatter;

/// What a library says in the same words again and again, at most once a minute: it may do so with
/// each message of a member that does not know yet that another one leads, a hundred times in a
/// second. Another name or another term in it makes it another line, which is told at once; but of
/// lines that differ only in words with a digit there are [#ALIKE] a minute, as a library may count
/// its messages in them.
final class RepeatedLines extends TurboFilter {
    /// Long enough that a flood is none; short enough that whoever reads sees that it goes on.
    private static final Duration EVERY = Duration.ofMinutes(1);

    /// As many members and terms as one change of leaders has in a line.
    static final int ALIKE = 10;

    /// Numbers, terms, ids in hex, members' names.
    private static final Pattern NUMBER = Pattern.compile("\\p{Alnum}*\\d\\p{Alnum}*");

    /// A library has some hundred lines, most of which nobody ever sees.
    static final int MOST = 256;

    /// Of a line, by which it is told from another.
    private static final int LENGTH = 1_000;

    private final List<String> libraries;
    private final LongSupplier nanos;
    private final Map<String, Long> told = new LinkedHashMap<>();
    private final Throttle alike;

    /// @param libraries by the beginnings of their loggers' names
    /// @param nanos as [System#nanoTime]
    RepeatedLines(List<String> libraries, LongSupplier nanos) {
        this.libraries = List.copyOf(libraries);
        this.nanos = nanos;
        this.alike = new Throttle(ALIKE, EVERY, nanos);
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            @Nullable Object @Nullable [] facts,
            @Nullable Throwable failure) {
        // without a sentence it is asked whether one would be told
        if (format == null
                || !level.isGreaterOrEqual(logger.getEffectiveLevel())
                || libraries.stream().noneMatch(logger.getName()::startsWith)) {
            return FilterReply.NEUTRAL;
        }
        // where it is not told apart, a failure is the last of the facts
        var sentence = MessageFormatter.arrayFormat(format, facts);
        var cause = failure == null ? sentence.getThrowable() : failure;
        var line = sentence.getMessage() + (cause == null ? "" : ": " + cause);
        return isTold(line.substring(0, Math.min(LENGTH, line.length())))
                ? FilterReply.NEUTRAL
                : FilterReply.DENY;
    }

    private synchronized boolean isTold(String line) {
        var now = nanos.getAsLong();
        var last = told.get(line);
        if (last != null && now - last < EVERY.toNanos()
                || alike.line(NUMBER.matcher(line).replaceAll("#")).isEmpty()) {
            return false;
        }
        // the one that was told longest ago comes first, and goes first
        told.remove(line);
        told.put(line, now);
        if (told.size() > MOST) {
            told.remove(told.keySet().iterator().next());
        }
        return true;
    }
}
