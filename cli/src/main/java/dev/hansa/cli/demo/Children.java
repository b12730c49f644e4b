package dev.hansa.cli.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The operating-system processes of the demo by name. All of them end with it: asked first, then
/// killed; and by themselves when the demo is killed, because each watches its standard input.
final class Children implements AutoCloseable {
    /// Their drain fits in; a closed terminal must not leave the machine busy for longer.
    private static final long GRACE_SECONDS = 4;

    private final Path logs;
    private final Map<String, Process> running = new LinkedHashMap<>();
    private int started;
    private boolean closed;

    Children(Path logs) {
        this.logs = logs;
    }

    /// Starts a process; its output goes to its own log, which later processes of the name append
    /// to.
    synchronized void start(String name, List<String> command, Map<String, String> environment)
            throws IOException {
        if (closed) {
            throw new IOException(name + ": not started, the demo is ending");
        }
        var builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()));
        builder.environment().keySet().removeIf(variable -> variable.startsWith("HANSA_"));
        builder.environment().putAll(environment);
        running.put(name, builder.start());
        started++;
    }

    synchronized int started() {
        return started;
    }

    Path log(String name) {
        return logs.resolve(name + ".log");
    }

    /// SIGKILL, and gone when this returns.
    void kill(String name) throws InterruptedException, StepFailed {
        var process = take(name);
        if (process.isPresent()) {
            process.get().destroyForcibly();
            if (!process.get().waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                throw new StepFailed(name + ": expected to be gone after SIGKILL; found running");
            }
        }
    }

    private synchronized Optional<Process> take(String name) {
        return Optional.ofNullable(running.remove(name));
    }

    synchronized boolean isRunning(String name) {
        var process = running.get(name);
        return process != null && process.isAlive();
    }

    /// The exit code of a process that has ended by itself.
    synchronized Optional<Integer> exited(String name) {
        var process = running.get(name);
        return process == null || process.isAlive()
                ? Optional.empty()
                : Optional.of(process.exitValue());
    }

    /// Names of processes that should run and do not.
    synchronized List<String> dead() {
        return running.entrySet().stream()
                .filter(entry -> !entry.getValue().isAlive())
                .map(Map.Entry::getKey)
                .toList();
    }

    synchronized List<String> names() {
        return List.copyOf(running.keySet());
    }

    /// The last lines that a process wrote.
    String lastLines(String name, int lines) {
        try {
            var all =
                    new String(Files.readAllBytes(log(name)), StandardCharsets.UTF_8)
                            .lines()
                            .toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (IOException e) {
            return "no log: " + e.getMessage();
        }
    }

    @Override
    public void close() {
        List<Process> all;
        synchronized (this) {
            closed = true;
            all = new ArrayList<>(running.values());
            running.clear();
        }
        all.forEach(Children::tellToEnd);
        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
        var interrupted = false;
        for (var process : all) {
            try {
                if (!process.waitFor(
                        Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    process.destroyForcibly();
                    process.waitFor(1, TimeUnit.SECONDS);
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// The end of standard input reaches what a shell stands in front of; SIGTERM the rest.
    private static void tellToEnd(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // the process has closed its end: it is ending already
        }
        process.destroy();
    }
}
