package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hansa peer` through kubectl: a program that stands for it relays to real servers.
class KubePeerTest {
    /// As EKS names them.
    private static final String ARN = "arn:aws:eks:eu-west-1:111122223333:cluster/lke";

    @TempDir private Path folder;

    private Path notes() {
        return folder.resolve("notes");
    }

    private Ran peer(Map<String, Integer> contexts, String... words) throws IOException {
        var lines = new StringBuilder();
        contexts.forEach((name, port) -> lines.append(name + "=" + port + "\n"));
        var environment =
                new HashMap<>(
                        Map.of(
                                "HOME",
                                folder.toString(),
                                "PATH",
                                StandInKubectl.installIn(folder.resolve("bin")).toString(),
                                "HANSA_TOKEN",
                                "canary-of-the-environment",
                                StandInKubectl.NOTES,
                                notes().toString(),
                                StandInKubectl.CONTEXTS,
                                lines.toString()));
        var all = new String[words.length + 1];
        all[0] = "peer";
        System.arraycopy(words, 0, all, 1, words.length);
        return Ran.hansa(environment, "", all);
    }

    private static int port(RealServer server) {
        return URI.create(server.url()).getPort();
    }

    private void assertThatNoneIsLeft() throws IOException {
        assertThat(StandInKubectl.notes(notes()))
                .allSatisfy(note -> {
                    var process = ProcessHandle.of(Long.parseLong(note.split(" ", 2)[0]));
                    assertThat(process.filter(ProcessHandle::isAlive)).isEmpty();
                });
    }

    @Test
    void twoDatacentersBecomePeersThroughKubectl() throws Exception {
        var token = Files.writeString(folder.resolve("a"), "canary-of-a-file").toString();
        try (var eks = RealServer.start("eks", folder, Map.of());
                var lke = RealServer.start("lke", folder, Map.of())) {
            var contexts = Map.of("prod", port(eks), ARN, port(lke));

            var ran =
                    peer(
                            contexts,
                            "kube:prod",
                            "kube:" + ARN + "/hansa",
                            "-kube-service=servers",
                            "-kube-port=8501",
                            "-token-file-a",
                            token);

            assertThat(ran.status()).as(ran.err()).isZero();
            assertThat(ran.out()).startsWith("'eks' and 'lke' are peers.");
            assertThat(eks.hansa("peering", "list").out()).contains("ACTIVE");
            var forwards =
                    StandInKubectl.notes(notes()).stream()
                            .filter(note -> note.contains("port-forward"))
                            .toList();
            assertThat(forwards).hasSize(2);
            assertThat(forwards.get(0))
                    .contains(
                            "[--context, prod, port-forward, --address, 127.0.0.1, service/servers, :8501]");
            assertThat(forwards.get(1)).contains("[--context, " + ARN + ", --namespace, hansa, ");
            // nobody but us has a token: not on a command line, not in a variable
            assertThat(StandInKubectl.notes(notes())).noneMatch(note -> note.contains("canary"));
            assertThatNoneIsLeft();
        }
    }

    @Test
    void contextThatThereIsNotIsRefusedWithThoseThatThereAre() throws Exception {
        var ran = peer(Map.of("prod", 1), "kube:staging/hansa", "http://127.0.0.1:1");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .contains("kube: expected a context of kubectl (prod)")
                .contains("found 'staging/hansa'");
    }

    @Test
    void kubectlThatIsNotThereIsSaid() {
        var ran =
                Ran.hansa(
                        Map.of("HOME", folder.toString(), "PATH", folder.toString()),
                        "",
                        "peer",
                        "kube:prod",
                        "http://127.0.0.1:1");

        assertThat(ran)
                .isEqualTo(
                        new Ran(1, "", "hansa: kube: expected kubectl on the PATH; found none\n"));
    }

    @Test
    void forwardThatEndsOrIsNotReadyIsSaidAndEnded() throws Exception {
        var missing =
                peer(Map.of("prod", 1), "kube:prod", "http://127.0.0.1:1", "-kube-service=missing");
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err())
                .contains("kubectl port-forward service/missing in 'prod'")
                .contains("found that it ended with status 1")
                .contains("services \"missing\" not found");

        var silent =
                peer(
                        Map.of("prod", 1),
                        "kube:prod",
                        "http://127.0.0.1:1",
                        "-kube-service=silent",
                        "-timeout=2s");
        assertThat(silent.status()).isEqualTo(1);
        assertThat(silent.err())
                .startsWith("To sign in, enter the code ABCD?[2J\nwaiting\n")
                .contains("expected a port within 2s; found none: 'waiting'");
        assertThat(peer(Map.of("prod", 1), "kube:prod", "x", "-kube-port=0").status()).isEqualTo(2);
        assertThatNoneIsLeft();
    }

    /// Whoever has the port after it is asked nothing.
    @Test
    void forwardThatEndsLaterIsSaid() throws Exception {
        var ran = peer(Map.of("prod", 1), "kube:prod", "http://127.0.0.1:1", "-kube-service=ends");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .contains("kubectl port-forward service/ends in 'prod'")
                .contains("ended with status 1: 'error: lost connection to pod'")
                .doesNotContain("expected a server that accepts connections");
    }

    @Test
    void namesWithSlashesAreContextsFirst() throws CommandFailedException {
        var known = List.of("a", "a/b", ARN);

        assertThat(KubeContext.of("kube:a/b", known))
                .isEqualTo(new KubeContext("a/b", Optional.empty()));
        assertThat(KubeContext.of("kube:a/b/c", known))
                .isEqualTo(new KubeContext("a/b", Optional.of("c")));
        assertThat(KubeContext.of("kube:a/c", known))
                .isEqualTo(new KubeContext("a", Optional.of("c")));
        assertThat(KubeContext.of("kube:" + ARN, known))
                .isEqualTo(new KubeContext(ARN, Optional.empty()));
    }
}
