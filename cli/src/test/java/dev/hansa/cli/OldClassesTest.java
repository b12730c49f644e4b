package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.lang.classfile.ClassFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class OldClassesTest {
    private static final String A_CLASS = "picocli/CommandLine.class";

    @TempDir private Path folder;

    @Test
    void allClassesHaveStackMapsAfterwardsAndAreVerified() throws Exception {
        var jar = copyOf(CommandLine.class, "old.jar");
        var before = names(jar);

        assertThat(OldClasses.rewrite(folder, "")).containsExactly(jar);

        assertThat(names(jar)).isEqualTo(before);
        try (var file = new JarFile(jar.toFile())) {
            var reader = ClassFile.of();
            for (var entry : Collections.list(file.entries())) {
                if (entry.getName().endsWith(".class")) {
                    var bytes = file.getInputStream(entry).readAllBytes();
                    assertThat(reader.parse(bytes).majorVersion())
                            .as(entry.getName())
                            .isGreaterThanOrEqualTo(ClassFile.JAVA_6_VERSION);
                }
            }
        }
    }

    @Test
    void rewrittenLibraryDoesWhatItDid() throws Exception {
        var jar = copyOf(CommandLine.class, "old.jar");
        var before = usage(jar);

        OldClasses.rewrite(folder, "");

        assertThat(usage(jar)).isEqualTo(before).contains("--version");
    }

    @Test
    void jarIsLeftAsItIsWhereNothingIsOld() throws Exception {
        var fresh = copyOf(Test.class, "fresh.jar");
        var bytes = Files.readAllBytes(fresh);

        assertThat(OldClasses.rewrite(folder, "")).isEmpty();

        assertThat(Files.readAllBytes(fresh)).isEqualTo(bytes);
    }

    @Test
    void jarOfAnotherNameIsNotLookedAt() throws Exception {
        copyOf(CommandLine.class, "old.jar");

        assertThat(OldClasses.rewrite(folder, "picocli")).isEmpty();
    }

    @Test
    void signedJarIsLeftAsItIs() throws Exception {
        var jar = folder.resolve("signed.jar");
        try (var from = new JarFile(jarOf(CommandLine.class).toFile());
                var out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry(A_CLASS));
            from.getInputStream(from.getJarEntry(A_CLASS)).transferTo(out);
            out.putNextEntry(new JarEntry("META-INF/SOMEBODY.SF"));
            out.write("Signature-Version: 1.0\n".getBytes(StandardCharsets.UTF_8));
        }
        var bytes = Files.readAllBytes(jar);

        assertThat(OldClasses.rewrite(folder, "")).isEmpty();

        assertThat(Files.readAllBytes(jar)).isEqualTo(bytes);
    }

    /// What the library in `jar` prints of a command with its standard options, by a loader that
    /// knows no other copy of it.
    private static String usage(Path jar) throws Exception {
        var urls = new URL[] {jar.toUri().toURL()};
        var text = new ByteArrayOutputStream();
        try (var loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
                var out = new PrintWriter(text, false, StandardCharsets.UTF_8)) {
            var spec = loader.loadClass("picocli.CommandLine$Model$CommandSpec");
            var command = spec.getMethod("create").invoke(null);
            spec.getMethod("mixinStandardHelpOptions", boolean.class).invoke(command, true);
            var type = loader.loadClass(CommandLine.class.getName());
            var line = type.getConstructor(Object.class).newInstance(command);
            type.getMethod("usage", PrintWriter.class).invoke(line, out);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private Path copyOf(Class<?> type, String name) throws Exception {
        return Files.copy(jarOf(type), folder.resolve(name));
    }

    private static Path jarOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static List<String> names(Path jar) throws Exception {
        try (var file = new JarFile(jar.toFile())) {
            return Collections.list(file.entries()).stream().map(JarEntry::getName).toList();
        }
    }
}
