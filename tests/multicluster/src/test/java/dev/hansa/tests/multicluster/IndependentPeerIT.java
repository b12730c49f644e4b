package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A peer that shares no line and no proto with hansa (tests/interop: Python, plain gRPC) talks to
/// a real server, as dialer and as acceptor.
class IndependentPeerIT {
    private static final Path SUITE = Checkout.ROOT.resolve("tests/interop");

    /// A cold package index and a slow disk; afterwards the environment is there.
    private static final long INSTALL_SECONDS = 240;

    private static final long SUITE_SECONDS = 240;

    private static Path python = Path.of("");

    /// What a program said and how it ended.
    private record Ran(boolean succeeded, String output) {}

    /// Made once for each content of requirements.txt, outside the build folder so that a clean
    /// build need not fetch it again.
    @BeforeAll
    static void environment() throws IOException, InterruptedException, NoSuchAlgorithmException {
        var requirements = SUITE.resolve("requirements.txt");
        var home =
                Path.of(
                        System.getProperty("user.home"),
                        ".cache",
                        "hansa",
                        "interop-" + digest(Files.readAllBytes(requirements)));
        python = home.resolve("bin/python");
        var marker = home.resolve("ready");
        if (Files.exists(marker)) {
            return;
        }
        Files.createDirectories(home);
        orSkip("python3", "-m", "venv", "--clear", home.toString());
        orSkip(
                python.toString(),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
                requirements.toString());
        Files.createFile(marker);
    }

    private static String digest(byte[] bytes) throws NoSuchAlgorithmException {
        var hash = MessageDigest.getInstance("SHA-256").digest(bytes);
        return HexFormat.of().formatHex(hash, 0, 8);
    }

    private static void orSkip(String... command) throws IOException, InterruptedException {
        String reason;
        try {
            var ran = run(INSTALL_SECONDS, command);
            if (ran.succeeded()) {
                return;
            }
            reason = ran.output();
        } catch (IOException e) {
            reason = String.valueOf(e.getMessage());
        }
        var sentence =
                "SKIPPED: the independent peer wants python3 with venv and its packages; "
                        + String.join(" ", command)
                        + ": "
                        + reason;
        System.err.println(sentence);
        abort(sentence);
    }

    @Test
    void goldenBytesAreWhatAnIndependentEncoderMakes() throws IOException, InterruptedException {
        var ran = suite("golden.py", "--check");

        assertThat(ran.succeeded()).as(ran.output()).isTrue();
    }

    @Test
    void peerThatIsNotHansaFindsAllThatItExpects(@TempDir Path folder)
            throws IOException, InterruptedException {
        var ran = suite("run.py", folder.toString());

        assertThat(ran.succeeded()).as(ran.output()).isTrue();
        System.out.println(ran.output());
    }

    private static Ran suite(String... words) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(python.toString(), "-B"));
        command.add(SUITE.resolve(words[0]).toString());
        command.addAll(List.of(words).subList(1, words.length));
        return run(SUITE_SECONDS, command.toArray(String[]::new));
    }

    private static Ran run(long seconds, String... command)
            throws IOException, InterruptedException {
        var log = Checkout.target("independent-peer.log");
        var process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            process.getOutputStream().close();
            var isInTime = process.waitFor(seconds, TimeUnit.SECONDS);
            var output = Files.readString(log, StandardCharsets.UTF_8);
            return new Ran(
                    isInTime && process.exitValue() == 0,
                    isInTime ? output : output + "\nstopped after " + seconds + " s");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
