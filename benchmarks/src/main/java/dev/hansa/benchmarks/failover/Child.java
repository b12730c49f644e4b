package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A process of the world. It ends with the benchmark, because it watches its standard input.
final class Child implements AutoCloseable {
    private static final int LAST_LINES = 12;

    private final String name;
    private final Path log;
    private final Process process;

    private Child(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
    }

    static Child start(String name, Path log, List<String> command) throws IOException {
        var builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        // what the benchmark's build has made is what is measured
        builder.environment().put("HANSA_NO_BUILD", "1");
        return new Child(name, log, builder.start());
    }

    /// Runs a command, which has to succeed.
    ///
    /// @return what it has said
    static String run(String line) throws IOException, InterruptedException {
        return run(List.of(line.split(" ", -1)));
    }

    static String run(List<String> command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said.strip());
        }
        return said;
    }

    /// Sends a signal, and does not wait for what comes of it. One that has ended by itself needs
    /// none, and its number may be somebody else's by now.
    void signal(int signal) throws IOException {
        if (!process.isAlive()) {
            return;
        }
        try {
            Libc.signal(process.pid(), signal);
        } catch (IOException e) {
            if (process.isAlive()) {
                throw e;
            }
        }
    }

    /// SIGKILL, and gone when this returns.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// Waits until it has said something.
    void awaitWord(String word, Duration limit) throws InterruptedException {
        Patience.until(
                name + " to say '" + word + "'",
                limit,
                () -> {
                    requireAlive();
                    return Files.readString(log).contains(word);
                });
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// @throws IllegalStateException with its last lines
    void requireAlive() {
        if (!process.isAlive()) {
            throw new IllegalStateException(
                    name
                            + ": expected to run; found ended with "
                            + process.exitValue()
                            + "; its log ends\n"
                            + tail());
        }
    }

    private String tail() {
        try {
            var lines = Files.readAllLines(log);
            return String.join(
                    "\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        } catch (IOException e) {
            return "no log: " + e.getMessage();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
