package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Servers of the release before and of this tree are one datacenter, on the way up and back. Until
/// there is a tag `v*` before this commit there is nothing to run beside it but what
/// `hansa.skew.commit` names.
@Tag("long")
class VersionSkewIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long BUILD_MINUTES = 20;
    private static final List<Integer> SERVERS = List.of(0, 1, 2);

    @TempDir Path folder;
    private final boolean[] isCurrent = new boolean[SERVERS.size()];
    private final List<String> acknowledged = new ArrayList<>();

    private Path previous() {
        return folder.resolve("previous");
    }

    private static Optional<String> git(String... words) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("git", "-C", Checkout.ROOT.toString()));
        command.addAll(List.of(words));
        var process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        var output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() == 0 ? Optional.of(output) : Optional.empty();
    }

    private static Optional<String> previousVersion() throws IOException, InterruptedException {
        var named = System.getProperty("hansa.skew.commit", "");
        if (named.isEmpty()) {
            return git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^");
        }
        var commit = git("rev-parse", "--verify", named + "^{commit}");
        assertThat(commit).as("commit '" + named + "'").isPresent();
        return commit;
    }

    private void buildPrevious() throws IOException, InterruptedException {
        var tag = previousVersion();
        if (tag.isEmpty()) {
            System.err.println(
                    "SKIPPED: versions cannot be mixed: there is no tag v* before this commit, so"
                            + " no release to run beside it, and -Dhansa.skew.commit names none");
        }
        assumeTrue(tag.isPresent(), "no tag v* before this commit");
        System.out.println("the version before: " + tag.orElseThrow());
        git("worktree", "add", "--detach", previous().toString(), tag.orElseThrow());
        var build =
                new ProcessBuilder(previous().resolve("hansa").toString(), "--version")
                        .inheritIO()
                        .start();
        assertThat(build.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) && build.exitValue() == 0)
                .as("build of " + tag.orElseThrow())
                .isTrue();
    }

    @AfterEach
    void forget() throws Exception {
        if (Files.exists(previous())) {
            git("worktree", "remove", "--force", previous().toString());
        }
    }

    /// In place of the executable that follows.
    private List<String> executable(int server) {
        return isCurrent[server]
                ? List.of()
                : List.of(
                        "sh",
                        "-c",
                        "shift; exec \"$0\" \"$@\"",
                        previous().resolve("hansa").toString());
    }

    private void write(ServerGroup eks, int asked) throws IOException, InterruptedException {
        var name = "s" + acknowledged.size();
        await().atMost(SOON)
                .until(() ->
                        eks.send(
                                                asked,
                                                "PUT",
                                                "/v1/config",
                                                ServerGroup.text(
                                                        Map.of(
                                                                "Kind",
                                                                "service-resolver",
                                                                "Name",
                                                                name)))
                                        .statusCode()
                                == 200);
        acknowledged.add(name);
    }

    /// One server after another, as an upgrade goes.
    private void replaceEach(ServerGroup eks, boolean byCurrent) throws Exception {
        for (var server : SERVERS) {
            eks.kill(server);
            isCurrent[server] = byCurrent;
            eks.start(server);
            eks.awaitAnswer(server);
            for (var asked : SERVERS) {
                write(eks, asked);
            }
            for (var asked : SERVERS) {
                var entries = eks.send(asked, "GET", "/v1/config/service-resolver", "").body();
                assertThat(acknowledged)
                        .allSatisfy(name -> assertThat(entries).contains("\"" + name + "\""));
            }
        }
    }

    @Test
    void serversOfTheReleaseBeforeAndOfThisTreeAreOneDatacenter() throws Exception {
        buildPrevious();
        try (var eks =
                new ServerGroup(
                        "eks", "127.145.0", folder, SERVERS.size(), List.of(), this::executable)) {
            eks.start();
            replaceEach(eks, true);
            replaceEach(eks, false);
        }
    }
}
