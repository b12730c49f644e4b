package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that wants to see who asks, and roots that are in a folder.
class ClientTlsTest {
    private TestingServer server;

    @TempDir private Path folder;

    @TempDir private Path roots;

    @BeforeEach
    void start() throws Exception {
        var authority = new TestingAuthority();
        server =
                TestingServer.mutualTls(authority.server("127.0.0.1"))
                        .on("GET /v1/peerings", 200, "[]");
        authority.pem(roots);
        authority.client(folder);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Ran list(Map<String, String> environment, String... flags) {
        var all = new HashMap<>(environment);
        all.put("HANSA_HTTP_ADDR", "https://127.0.0.1:" + server.port());
        var words = new ArrayList<>(List.of("peering", "list"));
        words.addAll(List.of(flags));
        return Ran.hansa(all, "", words.toArray(String[]::new));
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void certificateIsShownThatFlagsOrVariablesName() {
        var byFlags =
                list(
                        Map.of("CONSUL_CACERT", "/nowhere"),
                        "-ca-path",
                        roots.toString(),
                        "-client-cert",
                        file("client.pem"),
                        "-client-key",
                        file("client-key.pem"));
        assertThat(byFlags).isEqualTo(new Ran(0, "There are no peering connections.\n", ""));
        var byVariables =
                list(
                        Map.of(
                                "CONSUL_CAPATH",
                                roots.toString(),
                                "CONSUL_CLIENT_CERT",
                                file("client.pem"),
                                "HANSA_CLIENT_KEY",
                                file("client-key.pem"),
                                "CONSUL_CLIENT_KEY",
                                "/nowhere"));
        assertThat(byVariables.status()).as(byVariables.err()).isZero();
        assertThat(server.asked()).hasSize(2);
    }

    @Test
    void whoShowsNoneOrHalfIsRefused() throws Exception {
        var ca = List.of("-ca-file", roots.resolve("ca.pem").toString());
        assertThat(list(Map.of(), ca.toArray(String[]::new)).status()).isEqualTo(1);
        assertThat(
                        list(
                                        Map.of(),
                                        ca.getFirst(),
                                        ca.getLast(),
                                        "-client-cert",
                                        file("client.pem"))
                                .err())
                .contains(
                        "client certificate: expected --client-cert and --client-key; found only the first");
        assertThat(
                        list(
                                        Map.of(),
                                        ca.getFirst(),
                                        ca.getLast(),
                                        "-client-cert",
                                        file("client.pem"),
                                        "-client-key",
                                        file("client.pem"))
                                .err())
                .contains("client key: expected an EC or RSA private key in PEM", "client.pem'");
        Files.move(folder.resolve("client-key.pem"), folder.resolve("old-key.pem"));
        new TestingAuthority().client(folder);
        assertThat(
                        list(
                                        Map.of(),
                                        ca.getFirst(),
                                        ca.getLast(),
                                        "-client-cert",
                                        file("client.pem"),
                                        "-client-key",
                                        file("old-key.pem"))
                                .err())
                .contains("client key: expected that of the first certificate in '");
        assertThat(list(Map.of(), "-ca-file", "a", "-ca-path", "b").err())
                .contains("CA: expected --ca-file or --ca-path; found both");
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void folderWithoutCertificatesIsRefused() throws Exception {
        var empty = Files.createDirectory(folder.resolve("empty"));
        assertThat(list(Map.of(), "-ca-path", empty.toString()).err())
                .contains("CA folder: expected 1 to 1000 files; found none in '" + empty);
        Files.writeString(empty.resolve("text"), "no certificate\n");
        assertThat(list(Map.of(), "-ca-path", empty.toString()).err())
                .contains(
                        "CA file: expected certificates in PEM; found none that can be read in '");
        assertThat(list(Map.of(), "-ca-path", "/nowhere").err())
                .contains("CA folder: expected one that can be read; found 'NoSuchFileException");
    }
}
