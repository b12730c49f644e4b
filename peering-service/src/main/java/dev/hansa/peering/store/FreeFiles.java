package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/// Whether this process may open some more files, of which each connection is one: its limit
/// (`ulimit -n`, which may be changed from outside) without what is open, as the system tells both
/// in `/proc` (proc(5)). To look takes one of those files for a moment, and none is opened for the
/// sake of knowing. A system without `/proc` is never short of them here.
///
/// Looked at when asked, ten times a second at most, and each time that half of them may have gone
/// since.
public final class FreeFiles {
    /// For newcomers to leave alone: the log's next segments and the database's journals (a dozen),
    /// the other members (two each), the administrator's port, a file that a command asks for.
    public static final int RESERVE = 64;

    /// A thousand writes a second ask; the look costs a millisecond for some thousands of files.
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private static final Path PROCESS = Path.of("/proc/self");

    /// Of a line of `/proc/self/limits`: soft limit, hard limit, unit.
    private static final String LIMIT = "Max open files";

    private final int least;
    private final LongSupplier nanoTime;
    private long lookAt;
    private int asked;
    private Optional<String> problem = Optional.empty();

    /// @param least how many have to be left
    public FreeFiles(int least) {
        this(least, System::nanoTime);
    }

    FreeFiles(int least, LongSupplier nanoTime) {
        this.least = least;
        this.nanoTime = nanoTime;
        this.lookAt = nanoTime.getAsLong();
    }

    /// What there is to say to whoever wants one.
    public synchronized Optional<String> problem() {
        var now = nanoTime.getAsLong();
        if (now - lookAt >= 0 || ++asked > least / 2) {
            lookAt = now + LOOK_AGAIN.toNanos();
            asked = 0;
            problem = found();
        }
        return problem;
    }

    private Optional<String> found() {
        if (!Files.isDirectory(PROCESS)) {
            return Optional.empty();
        }
        // once short, it is so until there are some more: whoever is turned away gives his own back
        var wanted = problem.isEmpty() ? least : least + least / 4;
        try {
            var limit = limit();
            if (limit.isEmpty()) {
                return Optional.empty();
            }
            var left = Math.max(0, limit.getAsLong() - open());
            return left >= wanted ? Optional.empty() : Optional.of(sentence(wanted, "" + left));
        } catch (IOException e) {
            // not even one for the look
            return Optional.of(sentence(wanted, "none: " + e.getMessage()));
        }
    }

    private static String sentence(int wanted, String left) {
        return "expected " + wanted + " more files that may be opened; found " + left;
    }

    /// @return empty: there is none
    private static OptionalLong limit() throws IOException {
        for (var line : Files.readAllLines(PROCESS.resolve("limits"))) {
            if (line.startsWith(LIMIT)) {
                var soft = line.substring(LIMIT.length()).strip().split("\\s+", 2)[0];
                return soft.equals("unlimited")
                        ? OptionalLong.empty()
                        : OptionalLong.of(Long.parseLong(soft));
            }
        }
        return OptionalLong.empty();
    }

    /// The look's own is one of them.
    private static long open() throws IOException {
        try (var files = Files.newDirectoryStream(PROCESS.resolve("fd"))) {
            var open = -1L;
            for (var _ : files) {
                open++;
            }
            return open;
        }
    }
}
