package dev.hansa.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.cli.ParentWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildrenTest {
    @TempDir private Path logs;

    /// A process that ends only with its parent.
    static final class Sleeper {
        public static void main(String[] arguments) throws InterruptedException {
            ParentWatch.start();
            System.out.println("sleeps");
            new CountDownLatch(1).await();
        }
    }

    @Test
    void closingEndsEveryProcess() throws IOException {
        var children = new Children(logs);
        children.start("one", List.of("sleep", "60"), Map.of());
        children.start("two", List.of("sleep", "60"), Map.of());

        children.close();

        assertThat(children.isRunning("one")).isFalse();
        assertThat(children.names()).isEmpty();
        assertThat(children.started()).isEqualTo(2);
    }

    @Test
    void whatAShellStandsInFrontOfEndsWithIt() throws IOException {
        var children = new Children(logs);
        children.start(
                "redis",
                List.of(
                        "sh",
                        "-c",
                        "sleep 60 & redis=$!; echo $redis; trap 'kill $redis; exit 0' TERM; cat >/dev/null; kill $redis"),
                Map.of());
        Awaitility.await().until(() -> !children.lastLines("redis", 1).isBlank());
        var behind = ProcessHandle.of(Long.parseLong(children.lastLines("redis", 1))).orElseThrow();

        children.close();

        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !behind.isAlive());
    }

    @Test
    void killedProcessIsGoneAndTheOthersStay() throws Exception {
        try (var children = new Children(logs)) {
            children.start("one", List.of("sleep", "60"), Map.of());
            children.start("two", List.of("sleep", "60"), Map.of());

            children.kill("one");

            assertThat(children.isRunning("one")).isFalse();
            assertThat(children.isRunning("two")).isTrue();
        }
    }

    @Test
    void logTellsWhyAProcessEnded() throws IOException {
        try (var children = new Children(logs)) {
            children.start(
                    "one", List.of("sh", "-c", "echo first; echo because >&2; exit 3"), Map.of());

            Awaitility.await().until(() -> children.exited("one").isPresent());

            assertThat(children.exited("one")).contains(3);
            assertThat(children.lastLines("one", 1)).isEqualTo("because");
            assertThat(children.dead()).containsExactly("one");
        }
    }

    @Test
    void childEndsWhenItsParentsPipeCloses() throws Exception {
        var process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Sleeper.class.getName())
                        .redirectErrorStream(true)
                        .start();
        try (var said = process.inputReader()) {
            assertThat(said.readLine()).isEqualTo("sleeps");

            process.getOutputStream().close();

            assertThat(process.waitFor(Duration.ofSeconds(20).toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
    }
}
