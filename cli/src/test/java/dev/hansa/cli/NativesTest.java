package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativesTest {
    @TempDir private Path folder;

    @Test
    void thoseOfThisMachineLieBesideTheJarsAfterwards() throws Exception {
        var jars = Files.createDirectories(folder.resolve("lib"));
        var ours = "libnetty_transport" + Natives.ending();
        jar(jars.resolve("netty-transport.jar"), ours, "libnetty_transport_riscv64.so");
        jar(jars.resolve("another.jar"), "libanother" + Natives.ending());
        var to = folder.resolve("native");

        Natives.unpack(jars, to);
        // a second build
        Natives.unpack(jars, to);

        try (Stream<Path> files = Files.list(to)) {
            assertThat(files).containsExactly(to.resolve(ours));
        }
        assertThat(to.resolve(ours)).hasContent("machine code of " + ours);
    }

    private static void jar(Path file, String... natives) throws Exception {
        try (var out = new JarOutputStream(Files.newOutputStream(file))) {
            for (var each : List.of(natives)) {
                out.putNextEntry(new JarEntry("META-INF/native/" + each));
                out.write(("machine code of " + each).getBytes(StandardCharsets.UTF_8));
                out.closeEntry();
            }
        }
    }
}
