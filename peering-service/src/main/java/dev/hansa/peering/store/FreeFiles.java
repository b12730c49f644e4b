package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Whether this process may open some more files, of which each connection is one: found by opening
/// them, as a limit may be changed from outside and the machine has one too. Looked at when asked,
/// ten times a second at most, and each time that half of them may have gone since.
public final class FreeFiles {
    /// For newcomers to leave alone: the log's next segments and the database's journals (a dozen),
    /// the other members (two each), the administrator's port, a file that a command asks for.
    public static final int RESERVE = 64;

    /// A thousand writes a second ask; the look costs a millisecond at most.
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private static final Path NOTHING = Path.of("/dev/null");

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
        // once short, it is so until there are some more: whoever is turned away gives his own back
        var wanted = problem.isEmpty() ? least : least + least / 4;
        var opened = new ArrayList<FileChannel>();
        try {
            while (opened.size() < wanted) {
                opened.add(FileChannel.open(NOTHING, StandardOpenOption.READ));
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(
                    "expected "
                            + wanted
                            + " more files that may be opened; found "
                            + opened.size()
                            + ": "
                            + e.getMessage());
        } finally {
            opened.forEach(FreeFiles::close);
        }
    }

    private static void close(FileChannel opened) {
        try {
            opened.close();
        } catch (IOException e) {
            throw new IllegalStateException("'" + NOTHING + "' cannot be closed", e);
        }
    }
}
