package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Another JVM with this one's class path, to be killed.
final class ChildJvm {
    private ChildJvm() {}

    static Process start(Class<?> main, Path argument) throws IOException {
        return start(List.of(), main, argument);
    }

    /// @param before words of a command that starts it
    static Process start(List<String> before, Class<?> main, Path argument) throws IOException {
        var words = new ArrayList<>(before);
        words.addAll(
                List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName(),
                        argument.toString()));
        return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /// SIGKILL, by its handle: `Process.destroyForcibly` would close our end of the pipe too.
    static void kill(Process child) {
        ProcessHandle.of(child.pid()).orElseThrow().destroyForcibly();
    }
}
