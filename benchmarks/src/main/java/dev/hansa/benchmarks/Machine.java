package dev.hansa.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/// Where and of what a figure was taken, without which it says little.
public final class Machine {
    private Machine() {}

    public static Map<String, Object> facts(Path checkout) throws IOException {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("revision", Files.readString(checkout.resolve("cli/target/hansa/built")).strip());
        facts.put("machine", processor());
        facts.put(
                "system",
                System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.version")
                        + " "
                        + System.getProperty("os.arch"));
        facts.put("java", Runtime.version().toString());
        var system = ManagementFactory.getOperatingSystemMXBean();
        facts.put("cores", system.getAvailableProcessors());
        if (system instanceof com.sun.management.OperatingSystemMXBean memory) {
            facts.put("memory_bytes", memory.getTotalMemorySize());
        }
        facts.put("load_at_start", Math.round(system.getSystemLoadAverage() * 100) / 100.0);
        return facts;
    }

    private static String processor() throws IOException {
        var file = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(file)) {
            return "unknown";
        }
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }
}
