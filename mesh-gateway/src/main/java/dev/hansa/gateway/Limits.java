package dev.hansa.gateway;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.hansa.bootstrap.MemoryWatermark;
import dev.hansa.bootstrap.Settings;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/// What a gateway takes on at most. Beyond it new connections are reset and those that stand go on.
///
/// @param connections open at once
/// @param perSecond new ones
/// @param memoryPercent of heap or direct memory in use
public record Limits(int connections, int perSecond, int memoryPercent) {
    /// Two descriptors each; the usual limit of open files is 20,000.
    static final int CONNECTIONS = 8000;

    /// Eight callers without a pause came to 2,600 on a machine with four busy processors: twice
    /// that is no caller's use. All connections of a full gateway are back within 2 s of its
    /// restart.
    static final int PER_SECOND = 5000;

    /// What stands may still grow: a connection that does not read lets some hundred kilobytes pile
    /// up.
    static final int MEMORY_PERCENT = 85;

    /// Jars, selectors, the stream to the server, the operators' connections: 110 were counted; two
    /// for each pipe of a relay; and what each event loop has for itself.
    private static final int OTHER_DESCRIPTORS =
            330 + 5 * Runtime.getRuntime().availableProcessors();

    private static final Path LIMITS = Path.of("/proc/self/limits");

    static Limits read(Settings settings) {
        return new Limits(
                settings.number("max-connections", CONNECTIONS, 1, 1_000_000),
                settings.number("max-connection-rate", PER_SECOND, 1, 1_000_000),
                settings.number("max-memory", MEMORY_PERCENT, 10, 99));
    }

    /// Fewer connections than were asked for, where the process may not open so many files: a
    /// refusal is better than a wait for a descriptor.
    Admission admission(Consumer<GatewayEvent> events) {
        var most = Math.min(connections, possible());
        if (most < connections) {
            events.accept(
                    new GatewayEvent.LimitLowered(
                            "max-connections",
                            connections,
                            most,
                            "each needs two of the files that this process may open (ulimit -n)"));
        }
        return new Admission(
                "gateway",
                most,
                perSecond,
                new MemoryWatermark(memoryPercent, Transport::directUse),
                System::nanoTime,
                events);
    }

    /// Whether the process may open so many files more than all connections need.
    boolean leavesFor(int files) {
        return connections <= possible() - files / 2;
    }

    private static int possible() {
        return Math.clamp((openFiles() - OTHER_DESCRIPTORS) / 2, 1, Integer.MAX_VALUE);
    }

    /// How many this process may have at once. From the kernel where it says so: the JVM's own
    /// answer comes with the whole of JMX, in the way of a start.
    private static long openFiles() {
        try {
            for (var line : Files.readAllLines(LIMITS)) {
                var fields = line.split(" +");
                if (line.startsWith("Max open files") && !fields[3].equals("unlimited")) {
                    return Long.parseLong(fields[3]);
                }
            }
        } catch (IOException _) {
            // not Linux
        }
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }
}
