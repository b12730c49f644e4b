package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Another build of hansa to run beside the one under test: the newest release before this commit,
/// or what `hansa.skew.executable` or `hansa.skew.commit` names.
final class OtherBuild implements AutoCloseable {
    private static final long BUILD_MINUTES = 20;

    /// Git does nothing here that goes over a network; a checkout's files are written at most.
    private static final long GIT_SECONDS = 120;

    private static final Pattern MIGRATION = Pattern.compile("db/migration/V([0-9]+)__.*");

    private final Path executable;
    private final Optional<Path> worktree;

    private OtherBuild(Path executable, Optional<Path> worktree) {
        this.executable = executable;
        this.worktree = worktree;
    }

    /// Builds it where it is not built yet. Without one the test that asks is left out, loudly.
    ///
    /// @param folder where there is nothing yet
    static OtherBuild find(Path folder) throws IOException, InterruptedException {
        var built = System.getProperty("hansa.skew.executable", "");
        if (!built.isEmpty()) {
            return new OtherBuild(Path.of(built).toRealPath(), Optional.empty());
        }
        var commit = commit();
        if (commit.isEmpty()) {
            System.err.println(
                    "*** VersionSkewIT SKIPPED, nothing was proved: expected a tag v* before this"
                            + " commit, or hansa.skew.commit or hansa.skew.executable; found none");
            return abort("no tag v* before this commit");
        }
        System.out.println("the other version: " + commit.orElseThrow());
        assertThat(git("worktree", "add", "--detach", folder.toString(), commit.orElseThrow()))
                .as("worktree of " + commit.orElseThrow())
                .isPresent();
        var other = new OtherBuild(folder.toRealPath().resolve("hansa"), Optional.of(folder));
        if (!other.build()) {
            other.close();
            throw new AssertionError("build of " + commit.orElseThrow() + ": expected to succeed");
        }
        return other;
    }

    private boolean build() throws IOException, InterruptedException {
        var build = new ProcessBuilder(executable.toString(), "--version").inheritIO().start();
        try {
            return build.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) && build.exitValue() == 0;
        } finally {
            // Maven goes on without the script that started it
            build.descendants().forEach(ProcessHandle::destroyForcibly);
            build.destroyForcibly();
        }
    }

    private static Optional<String> commit() throws IOException, InterruptedException {
        var named = System.getProperty("hansa.skew.commit", "");
        if (named.isEmpty()) {
            return git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^");
        }
        var commit = git("rev-parse", "--verify", named + "^{commit}");
        assertThat(commit).as("commit '" + named + "'").isPresent();
        return commit;
    }

    private static Optional<String> git(String... words) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("git", "-C", Checkout.ROOT.toString()));
        command.addAll(List.of(words));
        var process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try {
            // its answer is a line, which needs no reader meanwhile
            return process.waitFor(GIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
                    ? Optional.of(
                            new String(
                                            process.getInputStream().readAllBytes(),
                                            StandardCharsets.UTF_8)
                                    .strip())
                    : Optional.empty();
        } finally {
            process.destroyForcibly();
        }
    }

    /// Words of a command that takes the place of the executable which follows them.
    List<String> words() {
        return List.of("sh", "-c", "shift; exec \"$0\" \"$@\"", executable.toString());
    }

    /// Whether its servers open a database that this build's have opened.
    boolean hasTheSchemaOfThisBuild() throws IOException {
        return schema(executable) == schema(Checkout.ROOT.resolve("hansa"));
    }

    /// The newest migration in a build.
    private static int schema(Path executable) throws IOException {
        try (var jars =
                Files.newDirectoryStream(library(executable), "hansa-peering-service-*.jar")) {
            try (var jar = new JarFile(jars.iterator().next().toFile())) {
                return jar.stream()
                        .map(entry -> MIGRATION.matcher(entry.getName()))
                        .filter(Matcher::matches)
                        .mapToInt(found -> Integer.parseInt(found.group(1)))
                        .max()
                        .orElseThrow();
            }
        }
    }

    /// Of a checkout, or of a package of a release, whose executable lies beside it.
    private static Path library(Path executable) {
        var folder = executable.resolveSibling("cli/target/hansa/lib");
        return Files.isDirectory(folder) ? folder : executable.resolve("../../lib").normalize();
    }

    /// Holds a process to be of the build that a test means it to be of.
    ///
    /// @param isCurrent whether it is to be of the build under test
    void isProcessOf(long process, boolean isCurrent) throws IOException {
        var expected = library(isCurrent ? Checkout.ROOT.resolve("hansa") : executable);
        assertThat(Files.readString(Path.of("/proc", Long.toString(process), "cmdline")))
                .contains(expected + "/*");
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (worktree.isPresent()) {
            git("worktree", "remove", "--force", worktree.orElseThrow().toString());
        }
    }
}
