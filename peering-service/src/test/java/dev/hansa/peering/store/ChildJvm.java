package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.file.Path;

/// Another JVM with this one's class path, to be killed.
final class ChildJvm {
    private ChildJvm() {}

    static Process start(Class<?> main, Path argument) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName(),
                        argument.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /// SIGKILL, by its handle: `Process.destroyForcibly` would close our end of the pipe too.
    static void kill(Process child) {
        ProcessHandle.of(child.pid()).orElseThrow().destroyForcibly();
    }
}
