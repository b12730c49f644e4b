package dev.hansa.tests.multicluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A library in C that stands between a process and its kernel, compiled where a test needs it.
final class PreloadedLibrary {
    private static final long COMPILE_SECONDS = 60;

    private PreloadedLibrary() {}

    /// @param resource the only file of its source
    /// @return the library; empty, said loudly, where there is no compiler
    /// @throws IOException from the first compiler that there is, when it refuses the source
    static Optional<Path> compile(Path folder, String resource)
            throws IOException, InterruptedException {
        var name = resource.substring(resource.lastIndexOf('/') + 1);
        var source = folder.resolve(name);
        try (var text = PreloadedLibrary.class.getResourceAsStream(resource)) {
            if (text == null) {
                throw new IOException("'" + resource + "': expected among the test resources");
            }
            Files.copy(text, source, StandardCopyOption.REPLACE_EXISTING);
        }
        var library = folder.resolve(name + ".so");
        for (var compiler : List.of("cc", "gcc", "clang")) {
            if (isThere(compiler)) {
                compile(compiler, source, library);
                return Optional.of(library);
            }
        }
        System.err.println(
                "*** SKIPPED, nothing was proved: expected a C compiler for "
                        + name
                        + "; found none");
        return Optional.empty();
    }

    private static boolean isThere(String compiler) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, compiler)));
    }

    private static void compile(String compiler, Path source, Path library)
            throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(
                                compiler,
                                "-shared",
                                "-fPIC",
                                "-O2",
                                "-o",
                                library.toString(),
                                source.toString())
                        .inheritIO()
                        .start();
        try {
            if (!process.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(
                        compiler + " of '" + source + "': expected to compile; found what it says");
            }
        } finally {
            process.destroyForcibly();
        }
    }
}
