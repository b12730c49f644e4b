package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is wrong ends in one sentence and a status, and changes nothing.
class BadInputIT {
    private static final long LIMIT_SECONDS = 60;

    @TempDir private static Path folder;

    private static LoneServer server;

    @BeforeAll
    static void start() throws IOException {
        server = LoneServer.start(folder.resolve("data"), Checkout.target("bad-input-server.log"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"Kind\":\"moon\",\"Name\":\"x\"}                                            | moon",
                "{\"Kind\":\"mesh\",\"Colour\":\"red\"}                                        | Colour",
                "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":\"perhaps\"}}     | PeerThroughMeshGateways",
                "{\"Kind\":\"service-resolver\",\"Name\":\"no spaces\"}                        | no spaces",
            })
    void badEntryIsRefusedAndNotStored(String entry, String named)
            throws IOException, InterruptedException {
        var file = Files.writeString(folder.resolve("entry.json"), entry);

        var ended = client("config", "write", file.toString());

        assertOneSentence(ended, 1, named);
        assertThat(server.read("/v1/config/mesh").body()).isEqualToIgnoringWhitespace("[]");
        assertThat(server.read("/v1/config/service-resolver").body())
                .isEqualToIgnoringWhitespace("[]");
    }

    @Test
    void brokenTokensMakeNoPeering() throws IOException, InterruptedException {
        var minted = client("peering", "generate-token", "-name", "other");
        assertThat(minted.status()).as(minted.output()).isZero();
        var token = minted.output().strip();
        var peerings = names();

        for (var broken : List.of("x", token.substring(0, token.length() / 2), altered(token))) {
            var file = Files.writeString(folder.resolve("token"), broken);
            var ended =
                    client("peering", "establish", "-name", "moon", "-token-file", file.toString());
            assertOneSentence(ended, 1, "token");
            assertThat(ended.output()).doesNotContain(token);
        }
        assertThat(names()).isEqualTo(peerings);
    }

    /// A character in the middle, so that no padding bits are all that changes.
    private static String altered(String token) {
        var middle = token.length() / 2;
        var other = token.charAt(middle) == 'A' ? 'B' : 'A';
        return token.substring(0, middle) + other + token.substring(middle + 1);
    }

    private static String names() throws IOException, InterruptedException {
        return client("peering", "list").output();
    }

    @Test
    void serviceWithIllegalNameIsRefused() throws IOException, InterruptedException {
        var ended = client("services", "register", "-name", "no/slash", "-port", "1");

        assertOneSentence(ended, 1, "no/slash");
        assertThat(server.read("/v1/catalog/services").body()).doesNotContain("slash");
    }

    @Test
    void portInUseIsNamed() throws IOException, InterruptedException {
        try (var taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress("127.11.0.2", 0));
            var address = "127.11.0.2:" + taken.getLocalPort();

            assertOneSentence(otherServer(folder.resolve("other"), address), 1, address);
        }
    }

    @Test
    void dataDirectoryThatIsAFileIsNamed() throws IOException, InterruptedException {
        var file = Files.writeString(folder.resolve("file"), "not a directory");

        assertOneSentence(otherServer(file, "127.11.0.2:8500"), 1, file.toString());
    }

    @Test
    void serversJoinTokenThatIsNoneIsNamed() throws IOException, InterruptedException {
        var missing = folder.resolve("no.token");
        assertOneSentence(joining(missing), 1, "join token file '" + missing + "'");

        var torn = Files.writeString(folder.resolve("torn.token"), "");
        assertOneSentence(joining(torn), 1, "join token file '" + torn + "'");
    }

    private static Checkout.Ended joining(Path token) throws IOException, InterruptedException {
        return otherServer(
                folder.resolve("joining"),
                "127.11.0.2:8500",
                "--raft-address",
                "127.11.0.2:8300",
                "--join-token-file",
                token.toString());
    }

    @Test
    void unknownSettingIsAUsageError() throws IOException, InterruptedException {
        var ended = hansa(List.of("server", "--data-dirr", "x"));

        assertOneSentence(ended, 2, "--data-dir'");
    }

    /// A second server on addresses of its own but for what is wrong.
    private static Checkout.Ended otherServer(Path data, String httpAddress, String... more)
            throws IOException, InterruptedException {
        var words =
                new ArrayList<>(
                        List.of(
                                "server",
                                "--datacenter",
                                "other",
                                "--data-dir",
                                data.toString(),
                                "--http-address",
                                httpAddress,
                                "--peer-address",
                                "127.11.0.2:8503",
                                "--proxy-address",
                                "127.11.0.2:8502",
                                "--admin-address",
                                "127.11.0.2:19500"));
        words.addAll(List.of(more));
        return hansa(words);
    }

    private static Checkout.Ended client(String... arguments)
            throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of(arguments));
        words.add("--http-addr");
        words.add(LoneServer.HTTP);
        return hansa(words);
    }

    private static Checkout.Ended hansa(List<String> arguments)
            throws IOException, InterruptedException {
        return Checkout.run(
                Checkout.target("bad-input.log"), LIMIT_SECONDS, arguments.toArray(String[]::new));
    }

    private static void assertOneSentence(Checkout.Ended ended, int status, String named) {
        assertThat(ended.status()).as(ended.output()).isEqualTo(status);
        assertThat(ended.output()).containsIgnoringCase(named).doesNotContain("\tat ");
    }
}
