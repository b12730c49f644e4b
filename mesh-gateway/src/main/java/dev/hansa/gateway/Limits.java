package dev.hansa.gateway;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.hansa.bootstrap.MemoryWatermark;
import dev.hansa.bootstrap.Settings;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.SniGateway;
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
/// @param halfOpen connections that have not said what they want
/// @param perSource connections of one IPv4 address, or one /64 of IPv6
/// @param perSecondAndSource new ones of such a source
/// @param perName connections to one name
public record Limits(
        int connections,
        int perSecond,
        int memoryPercent,
        int halfOpen,
        int perSource,
        int perSecondAndSource,
        int perName) {
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
    /// for each pipe of a relay; what each event loop has for itself; and callers who are refused.
    private static final int OTHER_DESCRIPTORS =
            330 + SniGateway.MOST_PARTING + 5 * Runtime.getRuntime().availableProcessors();

    private static final Path LIMITS = Path.of("/proc/self/limits");

    /// Fewer half-open ones than this are no help against a flood, and a burst of callers needs as
    /// many.
    private static final int LEAST_HALF_OPEN = 16;

    /// With what follows from these.
    Limits(int connections, int perSecond, int memoryPercent) {
        this(
                connections,
                perSecond,
                memoryPercent,
                halfOpen(connections),
                mostOfOne(connections),
                perSecond - perSecond / 5,
                mostOfOne(connections));
    }

    /// A quarter: a hundred gateways of peers have 800 open ahead.
    private static int halfOpen(int connections) {
        return Math.min(connections, Math.max(connections / 4, LEAST_HALF_OPEN));
    }

    /// A load balancer or a NAT before the gateway makes one source of all callers: one source may
    /// have nearly all, and leaves others something. So may one name: the callers of one service do
    /// not keep out those of others, nor peers' servers, which come through the gateway too.
    private static int mostOfOne(int connections) {
        return connections - connections / 8;
    }

    static Limits read(Settings settings) {
        var usual =
                new Limits(
                        settings.number("max-connections", CONNECTIONS, 1, 1_000_000),
                        settings.number("max-connection-rate", PER_SECOND, 1, 1_000_000),
                        settings.number("max-memory", MEMORY_PERCENT, 10, 99));
        return new Limits(
                usual.connections,
                usual.perSecond,
                usual.memoryPercent,
                settings.number("max-half-open", usual.halfOpen, 1, 1_000_000),
                settings.number("max-connections-per-source", usual.perSource, 1, 1_000_000),
                settings.number(
                        "max-connection-rate-per-source", usual.perSecondAndSource, 1, 1_000_000),
                settings.number("max-connections-per-name", usual.perName, 1, 1_000_000));
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
                bounds(most),
                new MemoryWatermark(memoryPercent, Transport::directUse),
                System::nanoTime,
                events);
    }

    /// What is possible to one name.
    int ofName() {
        return ofOne(perName, possible());
    }

    /// That one may have all stays so.
    private int ofOne(int bound, int possible) {
        if (possible >= connections) {
            return bound;
        }
        return bound < connections ? Math.min(bound, mostOfOne(possible)) : possible;
    }

    /// What is bounded where no more connections than these are possible: the other bounds keep
    /// their parts of them, but that one source may have all stays so.
    ///
    /// @param possible at least 1
    public Admission.Bounds bounds(int possible) {
        if (possible >= connections) {
            return new Admission.Bounds(
                    connections, perSecond, halfOpen, perSource, perSecondAndSource);
        }
        return new Admission.Bounds(
                possible,
                perSecond,
                Math.min(halfOpen, halfOpen(possible)),
                ofOne(perSource, possible),
                perSecondAndSource);
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
