package dev.hansa.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarFile;

/// What the build does with Netty's native libraries: puts those of this machine beside the jars,
/// where `java.library.path` leads. A process that finds none there searches every jar for it, and
/// unpacks it into `/tmp` at each start.
final class Natives {
    private static final String INSIDE = "META-INF/native/";

    private Natives() {}

    /// How the names of those end that this machine can load; on a system where processes unpack
    /// them as before, one that none ends with.
    static String ending() {
        return switch (System.getProperty("os.name") + " " + System.getProperty("os.arch")) {
            case "Linux amd64" -> "_x86_64.so";
            case "Linux aarch64" -> "_aarch_64.so";
            default -> "_none.so";
        };
    }

    private static boolean isOfNetty(Path file) {
        var name = String.valueOf(file.getFileName());
        return name.startsWith("netty-") && name.endsWith(".jar");
    }

    /// @param jars folder of jars
    /// @param to folder that is made when it is not there
    /// @throws IOException a jar could not be read, or a file not be written
    static void unpack(Path jars, Path to) throws IOException {
        Files.createDirectories(to);
        List<Path> all;
        try (var files = Files.list(jars)) {
            all = files.filter(Natives::isOfNetty).sorted().toList();
        }
        for (var each : all) {
            try (var jar = new JarFile(each.toFile())) {
                for (var entry : Collections.list(jar.entries())) {
                    var name = entry.getName();
                    if (name.startsWith(INSIDE) && name.endsWith(ending())) {
                        var file = to.resolve(name.substring(INSIDE.length()));
                        var fresh = file.resolveSibling(file.getFileName() + ".fresh");
                        try (var in = jar.getInputStream(entry)) {
                            Files.copy(in, fresh, StandardCopyOption.REPLACE_EXISTING);
                        }
                        // in one step: a process that runs has the old one mapped
                        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
                    }
                }
            }
        }
    }
}
