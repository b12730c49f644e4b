package dev.hansa.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;

/// What the build does to the signed jars of libraries, BouncyCastle's: checks their signatures,
/// every file's, and writes them again without. The JVM keeps no class of a signed jar in a cache,
/// so each start would read those classes from their jars, and for the first of them a manifest
/// with a digest of every file. Who could change such a jar in a product that is installed could
/// change the others too, which nobody has signed.
final class SignedJars {
    /// The name of a signature's file, or of what it is made with (the JAR file specification).
    private static final Pattern SIGNATURE =
            Pattern.compile("META-INF/(?:SIG-[^/]*|[^/]*\\.(?:SF|RSA|DSA|EC))");

    private SignedJars() {}

    /// Replaces, each in one step, the signed ones of `folder`.
    ///
    /// @return the replaced ones
    /// @throws IOException a jar could not be read or written; it is as it was
    /// @throws SecurityException a file is not what was signed, or not signed at all where others
    ///   of its jar are; the jar is as it was
    static List<Path> strip(Path folder) throws IOException {
        List<Path> jars;
        try (var files = Files.list(folder)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
        var stripped = new ArrayList<Path>();
        for (var jar : jars) {
            if (isSigned(jar)) {
                strip(jar, jar.resolveSibling(jar.getFileName() + ".fresh"));
                stripped.add(jar);
            }
        }
        return stripped;
    }

    private static boolean isSigned(Path path) throws IOException {
        try (var jar = new JarFile(path.toFile(), false)) {
            return jar.stream().anyMatch(entry -> entry.getName().endsWith(".SF"));
        }
    }

    private static void strip(Path path, Path fresh) throws IOException {
        try (var jar = new JarFile(path.toFile(), true);
                var out = new JarOutputStream(Files.newOutputStream(fresh))) {
            for (var entry : Collections.list(jar.entries())) {
                // reading all of it checks it
                var bytes = jar.getInputStream(entry).readAllBytes();
                if (SIGNATURE.matcher(entry.getName()).matches()) {
                    continue;
                }
                var copy = new JarEntry(entry.getName());
                // as in the library's jar: two builds make the same one
                copy.setTimeLocal(entry.getTimeLocal());
                out.putNextEntry(copy);
                if (entry.getName().equals(JarFile.MANIFEST_NAME)) {
                    manifest(jar).write(out);
                } else {
                    require(entry, path);
                    out.write(bytes);
                }
                out.closeEntry();
            }
        } catch (SecurityException e) {
            Files.deleteIfExists(fresh);
            throw e;
        }
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void require(JarEntry entry, Path jar) {
        if (!entry.isDirectory() && entry.getCodeSigners() == null) {
            throw new SecurityException(
                    jar.getFileName()
                            + ": expected every file to be signed; found '"
                            + entry.getName()
                            + "', which is not");
        }
    }

    /// What it says of the jar, and none of the files' digests.
    private static Manifest manifest(JarFile jar) throws IOException {
        var all = new Manifest(jar.getManifest());
        all.getEntries().clear();
        return all;
    }
}
