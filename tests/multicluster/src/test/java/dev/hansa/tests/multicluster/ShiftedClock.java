package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// The time of day of some processes, which a test may set while they run. What they are told is
/// changed, and no wait. libfaketime changes waits too: each timed one of a JVM that it sets
/// forward ends at once, 80,000 in half a second where one was meant, and takes a processor for
/// that.
record ShiftedClock(Path library, Path file) {
    /// It is right at first.
    ///
    /// @return empty, said loudly, where it cannot be compiled
    static Optional<ShiftedClock> compile(Path folder) throws IOException, InterruptedException {
        var library = PreloadedLibrary.compile(folder, "/clock/shifted-clock.c");
        if (library.isEmpty()) {
            return Optional.empty();
        }
        var clock = new ShiftedClock(library.orElseThrow(), folder.resolve("clock"));
        clock.shift(Duration.ZERO);
        return Optional.of(clock);
    }

    /// What the processes are to find in their environment.
    Map<String, String> environment() {
        return Map.of("LD_PRELOAD", library.toString(), "HANSA_TEST_CLOCK", file.toString());
    }

    /// How far from the right time it is from now on. In place, since the processes have the file
    /// mapped.
    void shift(Duration ahead) throws IOException {
        var seconds = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        seconds.putLong(ahead.toSeconds()).flip();
        try (var open =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            open.write(seconds, 0);
        }
    }
}
