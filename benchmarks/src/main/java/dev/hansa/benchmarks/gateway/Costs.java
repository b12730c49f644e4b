package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// What the kernel says that a process and its children have used, all threads of each.
final class Costs {
    /// `USER_HZ`, which Linux fixes for programs whatever its own clock.
    private static final double TICKS_A_SECOND = 100;

    private static final int UTIME = 14;
    private static final int STIME = 15;

    private Costs() {}

    private static Stream<ProcessHandle> family(ProcessHandle process) {
        return Stream.concat(Stream.of(process), process.descendants());
    }

    /// Seconds of processor time since their start.
    static double processorSeconds(ProcessHandle process) throws IOException {
        var seconds = 0.0;
        for (var each : family(process).toList()) {
            seconds += processorSeconds(read(each, "stat"));
        }
        return seconds;
    }

    /// Of a line of `/proc/PID/stat`; the second field is a name, in which anything may stand.
    static double processorSeconds(String stat) {
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[UTIME - 3]) + Long.parseLong(fields[STIME - 3]))
                / TICKS_A_SECOND;
    }

    /// Resident, in bytes; what processes share counts for each.
    static long residentBytes(ProcessHandle process) throws IOException {
        var bytes = 0L;
        for (var each : family(process).toList()) {
            bytes +=
                    read(each, "status")
                            .lines()
                            .filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                            .sum();
        }
        return bytes;
    }

    private static String read(ProcessHandle process, String file) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(process.pid()), file));
    }
}
