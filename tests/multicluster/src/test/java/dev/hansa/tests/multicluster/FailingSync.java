package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/// A disk that can be told to fail: a library that is loaded into a server, and a switch for each.
record FailingSync(Path library) {
    /// @return empty, said loudly, where it cannot be compiled
    static Optional<FailingSync> compile(Path folder) throws IOException, InterruptedException {
        return PreloadedLibrary.compile(folder, "/disk/failing-sync.c").map(FailingSync::new);
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
