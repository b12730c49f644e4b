package dev.hansa.tests.multicluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A library in C that stands between a process and its kernel, or a program beside it, compiled
/// where a test needs it.
final class PreloadedLibrary {
    private static final long COMPILE_SECONDS = 60;

    private PreloadedLibrary() {}

    /// @param resource the only file of its source
    /// @return the library; empty, said loudly, where there is no compiler
    /// @throws IOException from the first compiler that there is, when it refuses the source
    static Optional<Path> compile(Path folder, String resource)
            throws IOException, InterruptedException {
        return compile(folder, resource, ".so", List.of("-shared", "-fPIC"));
    }

    /// The same of a program.
    static Optional<Path> compileProgram(Path folder, String resource)
            throws IOException, InterruptedException {
        return compile(folder, resource, ".run", List.of());
    }

    private static Optional<Path> compile(
            Path folder, String resource, String suffix, List<String> flags)
            throws IOException, InterruptedException {
        var name = resource.substring(resource.lastIndexOf('/') + 1);
        var source = folder.resolve(name);
        try (var text = PreloadedLibrary.class.getResourceAsStream(resource)) {
            if (text == null) {
                throw new IOException("'" + resource + "': expected among the test resources");
            }
            Files.copy(text, source, StandardCopyOption.REPLACE_EXISTING);
        }
        var made = folder.resolve(name + suffix);
        for (var compiler : List.of("cc", "gcc", "clang")) {
            if (isThere(compiler)) {
                compile(compiler, flags, source, made);
                return Optional.of(made);
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

    private static void compile(String compiler, List<String> flags, Path source, Path made)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(compiler, "-O2"));
        command.addAll(flags);
        command.addAll(List.of("-o", made.toString(), source.toString()));
        var process = new ProcessBuilder(command).inheritIO().start();
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
