package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hansa peer A B` between real servers, and what it refuses.
class PeerCommandTest {
    @TempDir private Path folder;

    private Ran peer(String... words) {
        var all = new String[words.length + 1];
        all[0] = "peer";
        System.arraycopy(words, 0, all, 1, words.length);
        return Ran.hansa(Map.of("HOME", folder.toString()), "", all);
    }

    @Test
    void twoDatacentersBecomePeersOnceAndOnlyOnce() throws Exception {
        try (var eks = RealServer.start("eks", folder, Map.of());
                var lke = RealServer.start("lke", folder, Map.of())) {
            lke.write(
                    """
                    {"Kind":"exported-services","Name":"default","Services":
                     [{"Name":"shippingservice","Consumers":[{"Peer":"eks"}]}]}
                    """);
            assertThat(
                            Ran.hansa(
                                            Map.of("HOME", folder.toString()),
                                            "",
                                            "profile",
                                            "set",
                                            "there",
                                            "-http-addr",
                                            lke.url())
                                    .status())
                    .isZero();

            var first = peer(eks.url(), "there", "-timeout", "60s");

            assertThat(first.out())
                    .as(first.err())
                    .isEqualTo(
                            """
                            'eks' and 'lke' are peers.
                            eks exports to lke: nothing yet (hansa config write, with kind exported-services)
                            lke exports to eks: shippingservice
                            """);
            assertThat(first.err()).contains("eks: token made for lke", "lke: established");
            for (var server : new RealServer[] {eks, lke}) {
                assertThat(server.hansa("peering", "list").out()).contains("ACTIVE");
            }

            // both ways round, and nothing is made
            for (var ran :
                    new Ran[] {
                        peer(eks.url(), "there"),
                        peer("there", eks.url(), "-format", "json"),
                        peer(eks.url(), "there", "-format", "table")
                    }) {
                assertThat(ran.status()).as(ran.err()).isZero();
                assertThat(ran.out())
                        .containsAnyOf(
                                "are already peered.",
                                "\"Already\": true",
                                "Datacenter  Exports To  Services\neks         lke");
                assertThat(ran.err()).isEmpty();
            }
            assertThat(eks.hansa("peering", "revoke-token", "-name", "lke").err())
                    .contains("found none");

            // one side forgets: the other is told, and says so instead of peering over it
            eks.hansa("peering", "delete", "-name", "lke");
            var over = peer(eks.url(), "there");
            assertThat(over.status()).isEqualTo(1);
            assertThat(over.err()).containsAnyOf("DELETING", "TERMINATED", "expected none, or one");
        }
    }

    /// A token that waits in one datacenter makes that one the acceptor, in whatever order they are
    /// named; and a failure leaves no token that works.
    @Test
    void whoHasMadeATokenAcceptsAndAFailureLeavesNone() throws Exception {
        try (var eks = RealServer.start("eks", folder, Map.of());
                var lke = RealServer.start("lke", folder, Map.of())) {
            // made for somebody else's hands, at an address where nobody is
            eks.hansa("peering", "generate-token", "-name", "lke");

            var ran = peer(lke.url(), eks.url(), "-timeout", "60s");

            assertThat(ran.status()).as(ran.err()).isZero();
            assertThat(ran.err()).contains("eks: token made for lke");
        }
    }

    @Test
    void refusalOfTheDialerIsSaidAndTheTokenRevoked() throws Exception {
        try (var eks = new TestingServer();
                var lke = new TestingServer()) {
            eks.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"eks\"}}")
                    .on("GET /v1/peering/lke", 404, "none")
                    .on(
                            "POST /v1/peering/token",
                            200,
                            "{\"PeeringToken\":\"s3cret\",\"Fingerprint\":\"ab\"}")
                    .on("DELETE /v1/peering/lke/token", 200, "{\"TokenID\":\"1\"}");
            lke.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"lke\"}}")
                    .on("GET /v1/peering/eks", 404, "none")
                    .on("POST /v1/peering/establish", 500, "no answer from 192.0.2.1:8503");

            var ran = peer(eks.address(), lke.address());

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err())
                    .endsWith(
                            "hansa: lke: expected to establish with the token of 'eks'; found 'no answer from 192.0.2.1:8503' (the token is revoked)\n")
                    .doesNotContain("s3cret");
            assertThat(eks.asked().getLast().line()).isEqualTo("DELETE /v1/peering/lke/token");
            assertThat(lke.asked().getLast().body())
                    .isEqualTo(
                            "{\"PeerName\":\"eks\",\"PeeringToken\":\"s3cret\",\"RequireSigned\":true,\"ExpectFingerprint\":\"ab\"}");
        }
    }

    @Test
    void waitIsBoundedAndSaysForWhat() throws Exception {
        try (var eks = new TestingServer();
                var lke = new TestingServer()) {
            eks.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"eks\"}}")
                    .on("GET /v1/peering/lke", 200, "{\"State\":\"FAILING\"}");
            lke.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"lke\"}}")
                    .on("GET /v1/peering/eks", 200, "{\"State\":\"ACTIVE\"}");

            var ran = peer(eks.address(), lke.address(), "-timeout", "300ms");

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err())
                    .isEqualTo(
                            "waiting until both are ACTIVE; eks: FAILING, lke: ACTIVE\n"
                                    + "hansa: peering: expected ACTIVE in both within 300ms; found eks: FAILING, lke: ACTIVE ('hansa doctor -http-addr http://"
                                    + eks.address()
                                    + "' says more)\n");
        }
    }

    @Test
    void anotherDatacenterOfTheSameNameIsNotTakenForTheOther() throws Exception {
        try (var eks = new TestingServer();
                var lke = new TestingServer()) {
            eks.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"eks\"}}")
                    .on(
                            "GET /v1/peering/lke",
                            200,
                            "{\"State\":\"ACTIVE\",\"ID\":\"1\",\"PeerID\":\"other\"}");
            lke.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"lke\"}}")
                    .on("GET /v1/peering/eks", 200, "{\"State\":\"ACTIVE\",\"ID\":\"2\"}");

            assertThat(peer(eks.address(), lke.address()).err())
                    .isEqualTo(
                            "hansa: peering 'lke' in 'eks': expected the datacenter at http://"
                                    + lke.address()
                                    + "; found another of that name\n");
            assertThat(peer(eks.address(), eks.address()).err()).contains("found 'eks' at both");
        }
    }

    @Test
    void eachTokenGoesToItsOwnDatacenterAlone() throws Exception {
        var file = Files.writeString(folder.resolve("a"), "of-eks").toString();
        try (var eks = new TestingServer();
                var lke = new TestingServer()) {
            eks.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"eks\"}}");
            lke.on("GET /v1/agent/self", 200, "{\"Config\":{\"Datacenter\":\"lke\"}}");

            Ran.hansa(
                    Map.of("HANSA_TOKEN", "of-nobody", "HANSA_HTTP_ADDR", lke.address()),
                    "",
                    "peer",
                    eks.address(),
                    lke.address(),
                    "-token-file-a",
                    file);

            assertThat(eks.tokens()).isNotEmpty().allMatch("of-eks"::equals);
            assertThat(lke.tokens()).isNotEmpty().allMatch(String::isEmpty);
        }
    }

    @Test
    void whatIsNoPlaceIsRefused() {
        assertThat(peer("eks", "http://127.0.0.1:1").err())
                .contains("expected one that 'hansa profile set' has saved; found 'eks'");
        assertThat(peer("http://127.0.0.1:1", "x", "-timeout", "2h").status()).isEqualTo(2);
        assertThat(peer("http://127.0.0.1:1").status()).isEqualTo(2);
    }
}
