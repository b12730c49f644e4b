package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.bouncycastle.operator.OperatorCreationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignedJarsTest {
    private static final Class<?> SIGNED = OperatorCreationException.class;
    private static final String A_CLASS = SIGNED.getName().replace('.', '/') + ".class";

    @TempDir private Path folder;

    @Test
    void everyFileIsThereAfterwardsAndNoneIsSigned() throws Exception {
        var jar = Files.copy(jarOf(SIGNED), folder.resolve("signed.jar"));
        var before = contents(jar);
        before.keySet().removeIf(name -> name.matches("META-INF/[^/]*\\.(SF|RSA|DSA|EC|MF)"));
        assertThat(before).hasSizeLessThan(contents(jar).size() - 1);

        assertThat(SignedJars.strip(folder)).containsExactly(jar);

        var after = contents(jar);
        assertThat(after.keySet()).contains(JarFile.MANIFEST_NAME);
        after.remove(JarFile.MANIFEST_NAME);
        assertThat(after).isEqualTo(before);
        try (var file = new JarFile(jar.toFile())) {
            assertThat(file.getManifest().getMainAttributes())
                    .isEqualTo(mainAttributesOf(jarOf(SIGNED)));
            assertThat(file.getManifest().getEntries()).isEmpty();
        }
        assertThat(SignedJars.strip(folder)).isEmpty();
        try (var loader =
                new URLClassLoader(
                        new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            assertThat(loader.loadClass(SIGNED.getName()).getProtectionDomain().getCodeSource())
                    .satisfies(source -> assertThat(source.getCodeSigners()).isNull());
        }
    }

    @Test
    void changedFileIsFoundAndItsJarLeftAsItIs() throws Exception {
        var jar = folder.resolve("changed.jar");
        copy(jar, Map.of(A_CLASS, "changed"));
        var before = Files.readAllBytes(jar);

        assertThatThrownBy(() -> SignedJars.strip(folder))
                .isInstanceOf(SecurityException.class)
                .hasMessageContaining(A_CLASS);

        assertThat(Files.readAllBytes(jar)).isEqualTo(before);
        assertThat(folder)
                .isDirectoryContaining(jar::equals)
                .isDirectoryNotContaining(file -> !file.equals(jar));
    }

    @Test
    void addedFileIsFound() throws Exception {
        var jar = folder.resolve("added.jar");
        copy(jar, Map.of("org/bouncycastle/Added.class", "changed"));

        assertThatThrownBy(() -> SignedJars.strip(folder))
                .isInstanceOf(SecurityException.class)
                .hasMessageContaining("added.jar")
                .hasMessageContaining("org/bouncycastle/Added.class");
    }

    @Test
    void jarThatNobodyHasSignedIsLeftAsItIs() throws Exception {
        var jar = Files.copy(jarOf(Test.class), folder.resolve("unsigned.jar"));
        var before = Files.readAllBytes(jar);

        assertThat(SignedJars.strip(folder)).isEmpty();

        assertThat(Files.readAllBytes(jar)).isEqualTo(before);
    }

    // the signed one with other files, signatures and manifest as they are
    private static void copy(Path to, Map<String, String> others) throws Exception {
        var all = contents(jarOf(SIGNED));
        all.putAll(others);
        try (var out = new JarOutputStream(Files.newOutputStream(to))) {
            // verified only where these come first
            var first = List.of("META-INF/", JarFile.MANIFEST_NAME);
            for (var name : first) {
                put(out, name, Objects.requireNonNull(all.get(name)));
            }
            for (var each : all.entrySet()) {
                if (!first.contains(each.getKey())) {
                    put(out, each.getKey(), each.getValue());
                }
            }
        }
    }

    private static void put(JarOutputStream out, String name, String bytes) throws Exception {
        out.putNextEntry(new JarEntry(name));
        out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        out.closeEntry();
    }

    private static Object mainAttributesOf(Path jar) throws Exception {
        try (var file = new JarFile(jar.toFile())) {
            return file.getManifest().getMainAttributes();
        }
    }

    private static Map<String, String> contents(Path jar) throws Exception {
        var contents = new TreeMap<String, String>();
        try (var file = new JarFile(jar.toFile(), false)) {
            for (var entry : Collections.list(file.entries())) {
                contents.put(
                        entry.getName(),
                        new String(
                                file.getInputStream(entry).readAllBytes(),
                                StandardCharsets.ISO_8859_1));
            }
        }
        return contents;
    }

    private static Path jarOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
