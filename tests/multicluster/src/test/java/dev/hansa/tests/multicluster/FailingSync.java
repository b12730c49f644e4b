package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/// A disk that can be told to fail: a library that is loaded into a server, and a switch for each.
record FailingSync(Path library) {
    private static final String SOURCE = "failing-sync.c";

    /// @return empty, said loudly, where it cannot be compiled
    static Optional<FailingSync> compile(Path folder) throws IOException, InterruptedException {
        var source = folder.resolve(SOURCE);
        try (var resource = FailingSync.class.getResourceAsStream("/disk/" + SOURCE)) {
            if (resource == null) {
                throw new IOException("'" + SOURCE + "': expected among the test resources");
            }
            Files.copy(resource, source, StandardCopyOption.REPLACE_EXISTING);
        }
        var library = folder.resolve("failing-sync.so");
        for (var compiler : List.of("cc", "gcc", "clang")) {
            try {
                var status =
                        new ProcessBuilder(
                                        compiler,
                                        "-shared",
                                        "-fPIC",
                                        "-O2",
                                        "-o",
                                        library.toString(),
                                        source.toString())
                                .inheritIO()
                                .start()
                                .waitFor();
                if (status == 0) {
                    return Optional.of(new FailingSync(library));
                }
            } catch (IOException _) {
                // no such compiler here
            }
        }
        System.err.println("SKIPPED: a disk that fails cannot be tried: no C compiler works here");
        return Optional.empty();
    }

    /// Words of a command before the server's.
    List<String> words(Path control) {
        return List.of("env", "LD_PRELOAD=" + library, "HANSA_TEST_FAILING_SYNC=" + control);
    }

    /// From now on no file whose path has `text` in it can be synced; after `write:`, be written.
    static void fail(Path control, String text) throws IOException {
        var fresh = control.resolveSibling(control.getFileName() + ".new");
        Files.writeString(fresh, text);
        Files.move(fresh, control, StandardCopyOption.ATOMIC_MOVE);
    }
}
