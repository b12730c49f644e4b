package dev.hansa.cli.demo;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How to start another process of this program: the same java, the same class path made absolute.
final class Jvm {
    /// Fifteen and more processes share a small machine; none of them needs more.
    private static final String HEAP = "-Xmx128m";

    /// Of the build; a JVM that does not find it, or cannot use it, goes without.
    private static final String CACHE = "cli/target/hansa/hansa.aot";

    private static final String CACHE_OF_PROXIES = "cli/target/hansa/proxies.aot";

    private Jvm() {}

    static List<String> hansa(List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+UseSerialGC",
                        "-XX:ReservedCodeCacheSize=240m",
                        "-XX:SweeperThreshold=100",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "-XX:AOTCache=" + home().resolve(cache(arguments.getFirst())),
                        "-Xlog:aot*=off",
                        "-Xlog:cds*=off",
                        "-XX:+ExitOnOutOfMemoryError",
                        HEAP,
                        "-Dhansa.home=" + home(),
                        "-cp",
                        classPath(),
                        "dev.hansa.cli.Main"));
        command.addAll(arguments);
        return command;
    }

    private static String cache(String role) {
        return role.equals("gateway") || role.equals("sidecar") ? CACHE_OF_PROXIES : CACHE;
    }

    /// The checkout, which every command line of ours shows.
    static Path home() {
        return Path.of(System.getProperty("hansa.home", ".")).toAbsolutePath().normalize();
    }

    /// The folder when every element is a jar of one folder, as `./hansa` starts it; otherwise each
    /// element.
    private static String classPath() {
        var elements =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(element -> Path.of(element).toAbsolutePath())
                        .toList();
        var folders = elements.stream().map(Path::getParent).distinct().toList();
        if (folders.size() == 1 && elements.size() > 1) {
            return folders.getFirst() + File.separator + "*";
        }
        return String.join(File.pathSeparator, elements.stream().map(Path::toString).toList());
    }
}
