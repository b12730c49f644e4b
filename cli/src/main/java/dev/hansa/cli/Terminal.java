package dev.hansa.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// What a command's standard streams lead to.
///
/// @param colours whether a person looks at standard output, and takes colours
/// @param progress whether a person looks at standard error
record Terminal(boolean colours, boolean progress) {
    /// Files, pipes, other programs.
    static final Terminal NONE = new Terminal(false, false);

    private static final Path STREAMS = Path.of("/proc/self/fd");

    /// Of this process. `NO_COLOR`, not empty, means no colours; `TERM=dumb` neither.
    static Terminal ofProcess(Map<String, String> environment) {
        if (environment.getOrDefault("TERM", "").equals("dumb")) {
            return NONE;
        }
        var out = isTerminal("1");
        var err = isTerminal("2");
        return new Terminal(out && environment.getOrDefault("NO_COLOR", "").isEmpty(), err);
    }

    /// Java tells of input and output together only; Linux of each stream.
    private static boolean isTerminal(String stream) {
        if (Files.isDirectory(STREAMS)) {
            try {
                var leadsTo = Files.readSymbolicLink(STREAMS.resolve(stream)).toString();
                return leadsTo.startsWith("/dev/pts/")
                        || leadsTo.startsWith("/dev/tty")
                        || leadsTo.equals("/dev/console");
            } catch (IOException _) {
                return false; // closed
            }
        }
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }
}
