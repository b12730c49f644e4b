package dev.hansa.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/// What the build does to the jars of libraries before it makes a cache of their classes. The JVM
/// keeps no class in a cache whose format is older than Java 6 (JVMS 4.10: such are verified by
/// inference, without stack maps), and reads it anew at each start. picocli is all of such classes.
/// They are written again in the format of this JDK, with stack maps; what they do stays the same.
/// A signed jar stays as it is; [SignedJars] leaves none.
final class OldClasses {
    /// The first format whose classes bring stack maps: Java 6 (JVMS 4.1).
    private static final int FIRST_WITH_MAPS = ClassFile.JAVA_6_VERSION;

    private static final String CLASS = ".class";

    private OldClasses() {}

    /// Unpacks native libraries beside them too, and strips signatures.
    ///
    /// @param arguments the folder of jars, and how the names of those begin that are looked at
    public static void main(String[] arguments) throws IOException {
        Natives.unpack(Path.of(arguments[0]), Path.of(arguments[0]).resolveSibling("native"));
        for (var jar : SignedJars.strip(Path.of(arguments[0]))) {
            System.out.println("checked, and without its signature: " + name(jar));
        }
        for (var jar : rewrite(Path.of(arguments[0]), arguments[1])) {
            System.out.println("classes in the format of this JDK: " + name(jar));
        }
    }

    /// Replaces, each in one step, the jars of `folder` that have old classes and whose names begin
    /// with `prefix`.
    ///
    /// @return the replaced ones
    /// @throws IOException a jar could not be read or written; it is as it was
    static List<Path> rewrite(Path folder, String prefix) throws IOException {
        List<Path> jars;
        try (var files = Files.list(folder)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
        var rewritten = new ArrayList<Path>();
        try (var all = new URLClassLoader(urls(jars), ClassLoader.getPlatformClassLoader())) {
            // a frame where two ways meet names the class that both values are of
            var file =
                    ClassFile.of(
                            ClassFile.ClassHierarchyResolverOption.of(
                                    ClassHierarchyResolver.ofResourceParsing(all)));
            for (var jar : jars) {
                if (name(jar).startsWith(prefix) && hasOldClasses(file, jar)) {
                    rewrite(file, jar);
                    rewritten.add(jar);
                }
            }
        }
        return rewritten;
    }

    private static boolean hasOldClasses(ClassFile file, Path path) throws IOException {
        try (var jar = new JarFile(path.toFile())) {
            var old = false;
            for (var entry : Collections.list(jar.entries())) {
                if (entry.getName().startsWith("META-INF/") && entry.getName().endsWith(".SF")) {
                    return false;
                }
                old = old || isClass(entry) && isOld(file, bytes(jar, entry));
            }
            return old;
        }
    }

    private static void rewrite(ClassFile file, Path path) throws IOException {
        var fresh = path.resolveSibling(path.getFileName() + ".fresh");
        try (var jar = new JarFile(path.toFile());
                var out = new JarOutputStream(Files.newOutputStream(fresh))) {
            for (var entry : Collections.list(jar.entries())) {
                var bytes = bytes(jar, entry);
                var copy = new JarEntry(entry.getName());
                // as in the library's jar: two builds make the same one
                copy.setTimeLocal(entry.getTimeLocal());
                out.putNextEntry(copy);
                out.write(isClass(entry) && isOld(file, bytes) ? rewritten(file, bytes) : bytes);
                out.closeEntry();
            }
        }
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /// The same class in the format of this JDK.
    static byte[] rewritten(ClassFile file, byte[] old) {
        // code that passes through element by element is given its maps
        var code =
                ClassTransform.transformingMethodBodies(
                        (builder, element) -> builder.with(element));
        return file.transformClass(file.parse(old), code.andThen(OldClasses::inThisFormat));
    }

    private static void inThisFormat(ClassBuilder builder, ClassElement element) {
        if (element instanceof ClassFileVersion) {
            builder.withVersion(ClassFile.latestMajorVersion(), 0);
        } else {
            builder.with(element);
        }
    }

    private static String name(Path jar) {
        return String.valueOf(jar.getFileName());
    }

    private static boolean isClass(JarEntry entry) {
        return entry.getName().endsWith(CLASS);
    }

    private static boolean isOld(ClassFile file, byte[] bytes) {
        return file.parse(bytes).majorVersion() < FIRST_WITH_MAPS;
    }

    private static byte[] bytes(JarFile jar, JarEntry entry) throws IOException {
        try (var in = jar.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    private static URL[] urls(List<Path> jars) {
        return jars.stream().map(OldClasses::url).toArray(URL[]::new);
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
