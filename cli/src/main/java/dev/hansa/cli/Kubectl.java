package dev.hansa.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The user's own kubectl: it has the user's rights, plugins and ways to log in. No token of ours
/// is on its command line, in its environment or on a disk.
final class Kubectl {
    /// It reads a file of its own for that, on a machine that may be busy.
    private static final Duration LISTING = Duration.ofSeconds(30);

    /// Names of contexts; a thousand clusters have so many.
    private static final int MAX_LIST = 1 << 20;

    private final Path program;
    private final Map<String, String> environment;
    private final PrintWriter err;

    private Kubectl(Path program, Surroundings surroundings) {
        this.program = program;
        this.environment = surroundings.environment();
        this.err = surroundings.err();
    }

    static Kubectl find(Surroundings surroundings) throws CommandFailedException {
        var folders = surroundings.environment().getOrDefault("PATH", "");
        var found =
                Stream.of(folders.split(Pattern.quote(File.pathSeparator)))
                        .filter(folder -> !folder.isEmpty())
                        .map(folder -> Path.of(folder, "kubectl"))
                        .filter(Files::isExecutable)
                        .findFirst();
        return new Kubectl(
                found.orElseThrow(() ->
                        new CommandFailedException(
                                "kube: expected kubectl on the PATH; found none")),
                surroundings.withoutTokens());
    }

    /// All that it knows.
    List<String> contexts() throws CommandFailedException, InterruptedException {
        var process = start(List.of("config", "get-contexts", "-o", "name"));
        try {
            var errors = new Words(process.getErrorStream());
            var list = new Words(process.getInputStream(), MAX_LIST);
            if (!process.waitFor(LISTING)) {
                throw new CommandFailedException(
                        "kubectl config get-contexts: expected an answer within "
                                + LISTING.toSeconds()
                                + "s; found none");
            }
            if (process.exitValue() != 0) {
                throw failed("config get-contexts", process, errors);
            }
            return list.text().lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        } finally {
            end(process);
        }
    }

    /// A port of this machine that leads to a service of the cluster, as soon as it does.
    ///
    /// @param patience how long it may take
    Forward forward(KubeContext context, String service, int port, Duration patience)
            throws CommandFailedException, InterruptedException {
        var words = new ArrayList<>(List.of("--context", context.name()));
        context.namespace().ifPresent(namespace -> words.addAll(List.of("--namespace", namespace)));
        words.addAll(
                List.of(
                        "port-forward",
                        "--address",
                        "127.0.0.1",
                        "service/" + service,
                        ":" + port));
        var process = start(words);
        var forward =
                new Forward(
                        "port-forward service/" + service + " in '" + context.name() + "'",
                        process,
                        // a plugin asks there for a code or a password
                        new Words(process.getErrorStream(), err),
                        new Words(process.getInputStream()));
        try {
            forward.awaitPort(patience);
            return forward;
        } catch (CommandFailedException | InterruptedException e) {
            forward.close();
            throw e;
        }
    }

    private Process start(List<String> words) throws CommandFailedException {
        var command = new ArrayList<>(List.of(program.toString()));
        command.addAll(words);
        var builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new CommandFailedException(
                    "kubectl: expected to start '"
                            + program
                            + "'; found '"
                            + PlainText.of(String.valueOf(e.getMessage()))
                            + "'",
                    e);
        }
    }

    private static CommandFailedException failed(String what, Process process, Words errors)
            throws InterruptedException {
        var said = last(errors.text());
        return new CommandFailedException(
                "kubectl "
                        + what
                        + ": expected to go on; found that it ended with status "
                        + process.exitValue()
                        + (said.isEmpty() ? "" : ": '" + PlainText.of(said) + "'"));
    }

    /// What it says at the end is why; before that it may tell of each try.
    private static String last(String text) {
        return text.lines().filter(line -> !line.isBlank()).reduce("", (_, line) -> line).strip();
    }

    /// And what it has started.
    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /// A port that leads somewhere until it is closed.
    static final class Forward implements AutoCloseable, ApiClient.Guard {
        private static final Pattern READY =
                Pattern.compile("Forwarding from 127\\.0\\.0\\.1:(\\d{1,5}) -> ");

        private static final Duration LOOK_EVERY = Duration.ofMillis(20);

        private final String what;
        private final Process process;
        private final Words errors;
        private final Words said;
        private final Thread atExit;
        private int port;

        private Forward(String what, Process process, Words errors, Words said) {
            this.what = what;
            this.process = process;
            this.errors = errors;
            this.said = said;
            // a command that is interrupted leaves none behind
            this.atExit = new Thread(() -> Kubectl.end(process), "end-kubectl");
            Runtime.getRuntime().addShutdownHook(atExit);
        }

        int port() {
            return port;
        }

        /// The port is ours for as long as kubectl has it.
        @Override
        public void check(Duration moment) throws CommandFailedException, InterruptedException {
            if (process.waitFor(moment)) {
                throw failed(what, process, errors);
            }
        }

        private void awaitPort(Duration patience)
                throws CommandFailedException, InterruptedException {
            var start = System.nanoTime();
            while (true) {
                var ready = READY.matcher(said.soFar());
                if (ready.find()) {
                    port = Integer.parseInt(ready.group(1));
                    errors.keepSilent();
                    return;
                }
                if (!process.isAlive()) {
                    throw failed(what, process, errors);
                }
                if (System.nanoTime() - start > patience.toNanos()) {
                    throw new CommandFailedException(
                            "kubectl "
                                    + what
                                    + ": expected a port within "
                                    + patience.toSeconds()
                                    + "s; found none"
                                    + (errors.soFar().isBlank()
                                            ? ""
                                            : ": '" + PlainText.of(last(errors.soFar())) + "'"));
                }
                Thread.sleep(LOOK_EVERY);
            }
        }

        @Override
        public void close() {
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException _) {
                // it runs already
            }
            Kubectl.end(process);
        }
    }

    /// What a process has said last; all of it is read, so that it never waits for us.
    private static final class Words {
        private static final int USUAL = 2000;

        private final StringBuilder text = new StringBuilder();
        private final Thread reader;
        private final int limit;
        private Optional<PrintWriter> shown;

        Words(InputStream from) {
            this(from, USUAL);
        }

        Words(InputStream from, int limit) {
            this(from, limit, Optional.empty());
        }

        /// @param shown where it is repeated at once, for a person, until [#keepSilent]
        Words(InputStream from, PrintWriter shown) {
            this(from, USUAL, Optional.of(shown));
        }

        private Words(InputStream from, int limit, Optional<PrintWriter> shown) {
            this.limit = limit;
            this.shown = shown;
            this.reader = Thread.ofVirtual().name("kubectl-says").start(() -> read(from));
        }

        private void read(InputStream from) {
            var buffer = new char[1024];
            try (var reader = new InputStreamReader(from, StandardCharsets.UTF_8)) {
                for (var count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
                    take(new String(buffer, 0, count));
                }
            } catch (IOException _) {
                // it has ended
            }
        }

        private synchronized void take(String more) {
            text.append(more);
            shown.ifPresent(err -> {
                err.print(PlainText.of(more));
                err.flush();
            });
            if (text.length() > limit) {
                text.delete(0, text.length() - limit);
            }
        }

        synchronized void keepSilent() {
            shown = Optional.empty();
        }

        synchronized String soFar() {
            return text.toString();
        }

        /// When it has ended.
        String text() throws InterruptedException {
            reader.join(Duration.ofSeconds(1));
            return soFar();
        }
    }
}
