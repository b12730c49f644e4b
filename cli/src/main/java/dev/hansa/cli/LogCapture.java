package dev.hansa.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a server logs while something else is done.
final class LogCapture implements AutoCloseable {
    /// A server that logs faster than this for an hour has said by then what is wrong.
    static final int MAX_CHARACTERS = 16 << 20;

    /// A server's own words for what it could not send.
    private static final Pattern LEFT_OUT =
            Pattern.compile("\\S+ \\[WARN\\] +monitor: \\d+ lines left out here.*");

    private static final String CUT = "(more was logged: the capture is full)";

    private final Optional<InputStream> stream;
    private final String refusal;
    private final StringBuilder text = new StringBuilder();
    private boolean isFull;
    private boolean isClosed;
    private String ended = "";
    private String lacking = "";

    private LogCapture(Optional<InputStream> stream, String refusal) {
        this.stream = stream;
        this.refusal = refusal;
    }

    /// @param isWanted otherwise nobody is asked, and nothing captured
    static LogCapture start(ApiClient api, LogLevel level, boolean isWanted)
            throws InterruptedException {
        if (!isWanted) {
            return new LogCapture(Optional.empty(), "");
        }
        try {
            var capture =
                    new LogCapture(
                            Optional.of(api.follow(MonitorCommand.PATH + "?loglevel=" + level)),
                            "");
            Thread.ofVirtual().name("log-capture").start(capture::read);
            return capture;
        } catch (CommandFailedException e) {
            return new LogCapture(Optional.empty(), String.valueOf(e.getMessage()));
        }
    }

    private void read() {
        try {
            LogLines.read(stream.orElseThrow(), LogLines.SILENCE, this::take);
            ended("the end of it");
        } catch (IOException e) {
            ended(String.valueOf(e.getMessage()));
        }
    }

    private synchronized boolean take(String line) {
        isFull = text.length() + line.length() > MAX_CHARACTERS;
        text.append(isFull ? CUT : line).append('\n');
        if (isFull) {
            ended("more than " + (MAX_CHARACTERS >> 20) + " MiB");
        } else if (LEFT_OUT.matcher(line).matches()) {
            lacking = "expected every line; found '" + line + "'";
        }
        return !isFull;
    }

    private synchronized void ended(String found) {
        if (!isClosed && ended.isEmpty()) {
            ended = "expected a log until the end of the capture; found '" + found + "'";
        }
    }

    /// All that has come.
    ///
    /// @param failures where it is noted when something is lacking
    synchronized String finish(Map<String, String> failures) {
        isClosed = true;
        var why =
                Stream.of(refusal, lacking, ended)
                        .filter(one -> !one.isEmpty())
                        .collect(Collectors.joining("; "));
        if (!why.isEmpty()) {
            failures.put(MonitorCommand.PATH, why);
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            isClosed = true;
        }
        if (stream.isPresent()) {
            stream.get().close();
        }
    }
}
