package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The checkout under test: its executable, and the processes that come from it.
final class Checkout {
    static final Path ROOT =
            Path.of(System.getProperty("hansa.checkout", "../..")).toAbsolutePath().normalize();

    /// Where the class path of `./hansa` lies; every process of ours names it.
    private static final String LIB = ROOT.resolve("cli/target/hansa/lib").toString();

    private static final String JAVA_OPTIONS = "HANSA_JAVA_OPTS";

    /// Processes that live for seconds, a dozen of them on two cores: the better compiler would
    /// take more of the processors than what it compiles.
    private static final String QUICK = "-XX:TieredStopAtLevel=1";

    private Checkout() {}

    /// What the JVMs of `./hansa` are told beside what it tells them itself.
    static String javaOptions() {
        return System.getenv().getOrDefault(JAVA_OPTIONS, QUICK);
    }

    /// How a run of `hansa` ended.
    record Ended(int status, String output) {}

    /// A file of this module's build folder, without what an earlier run left there.
    static Path target(String name) throws IOException {
        var file = ROOT.resolve("tests/multicluster/target").resolve(name);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.deleteIfExists(file);
        return file;
    }

    /// Starts `./hansa`, both streams into `log`.
    static Process start(Path log, String... arguments) throws IOException {
        return start(log, Map.of(), arguments);
    }

    /// @param environment added to this process's own
    static Process start(Path log, Map<String, String> environment, String... arguments)
            throws IOException {
        return start(log, environment, List.of(), arguments);
    }

    /// @param before words of a command that becomes `./hansa`
    static Process start(
            Path log, Map<String, String> environment, List<String> before, String... arguments)
            throws IOException {
        var command = new ArrayList<>(before);
        command.add(ROOT.resolve("hansa").toString());
        command.addAll(List.of(arguments));
        var builder =
                new ProcessBuilder(command)
                        .directory(ROOT.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        // what this build has made is what is tested
        builder.environment().put("HANSA_NO_BUILD", "1");
        builder.environment().putIfAbsent(JAVA_OPTIONS, QUICK);
        builder.environment().putAll(environment);
        return builder.start();
    }

    /// Runs `./hansa` to its end; one that takes longer than `seconds` is killed.
    static Ended run(Path log, long seconds, String... arguments)
            throws IOException, InterruptedException {
        var process = start(log, arguments);
        process.getOutputStream().close();
        try {
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                throw new AssertionError(
                        "hansa "
                                + String.join(" ", arguments)
                                + ": expected to end within "
                                + seconds
                                + " s; found it running:\n"
                                + Files.readString(log));
            }
        } finally {
            process.destroyForcibly();
        }
        return new Ended(process.exitValue(), Files.readString(log));
    }

    /// Command lines of living processes that were started from this checkout's build.
    static List<String> processes() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(ProcessHandle::isAlive)
                    .map(Checkout::commandLine)
                    .filter(line -> line.contains(LIB) && line.contains("dev.hansa.cli.Main"))
                    .toList();
        }
    }

    /// From /proc where there is one, because [ProcessHandle] cuts long lines.
    private static String commandLine(ProcessHandle process) {
        var file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
        try {
            return Files.exists(file)
                    ? Files.readString(file).replace('\0', ' ')
                    : process.info().commandLine().orElse("");
        } catch (NoSuchFileException e) {
            return ""; // it ended between the listing and the reading
        } catch (IOException e) {
            if (!process.isAlive()) {
                return "";
            }
            throw new UncheckedIOException(e);
        }
    }
}
