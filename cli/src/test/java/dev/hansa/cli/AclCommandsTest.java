package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hansa acl`: what is asked, and what is printed of the answer.
class AclCommandsTest {
    private static final String ACCESSOR = "986193b5-e2b5-eb26-6264-b524ea60cc6d";
    private static final String POLICY_ID = "06acc965-df4b-5a99-58cb-3250930c6324";

    private static final String TOKEN =
            """
            {"AccessorID":"%s","SecretID":"ec15675e","Description":"ci","CreateTime":"t0",
             "ExpirationTime":"t1","Policies":[{"ID":"%s","Name":"readers"}],
             "ServiceIdentities":[{"ServiceName":"web"}],"CreateIndex":5,"ModifyIndex":5}
            """
                    .formatted(ACCESSOR, POLICY_ID);

    private static final String HIDDEN = TOKEN.replace("ec15675e", "<hidden>");

    private static final String POLICY =
            """
            {"ID":"%s","Name":"readers","Description":"may look",
             "Rules":"service_prefix \\"\\" { policy = \\"read\\" }\\n","CreateIndex":5,"ModifyIndex":5}
            """
                    .formatted(POLICY_ID);

    private TestingServer server;

    @TempDir private Path folder;

    @BeforeEach
    void start() throws IOException {
        server = new TestingServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Ran acl(String... words) {
        var all = new String[words.length + 1];
        all[0] = "acl";
        System.arraycopy(words, 0, all, 1, words.length);
        return Ran.hansa(server, all);
    }

    @Test
    void bootstrapSaysTheSecretOnce() {
        server.on("PUT /v1/acl/bootstrap", 200, TOKEN);

        assertThat(acl("bootstrap"))
                .isEqualTo(
                        new Ran(
                                0,
                                """
                                AccessorID:       986193b5-e2b5-eb26-6264-b524ea60cc6d
                                SecretID:         ec15675e
                                Description:      ci
                                Create Time:      t0
                                Expiration Time:  t1
                                Policies:
                                   06acc965-df4b-5a99-58cb-3250930c6324 - readers
                                Service Identities:
                                   web
                                """,
                                ""));
        assertThat(server.onlyAsked().body()).isEmpty();
    }

    @Test
    void secretGoesIntoAFileOfTheOwnersAlone() throws IOException {
        server.on("PUT /v1/acl/bootstrap", 200, TOKEN);
        var file = folder.resolve("management.token");

        var ran = acl("bootstrap", "--out", file.toString(), "-format", "json");

        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("\"SecretID\": \"<hidden>\"").doesNotContain("ec15675e");
        assertThat(file).hasContent("ec15675e\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    /// It is made only once: asked for before the file can be written, it would be lost.
    @Test
    void bootstrapIsNotAskedForWhenItsFileCannotBeWritten() {
        var ran = acl("bootstrap", "--out", folder.resolve("none/token").toString());

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err()).contains("expected the folder '" + folder.resolve("none") + "'");
        assertThat(acl("bootstrap", "--out", folder.toString()).err()).contains("found the folder");
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void tokenIsMadeOfPoliciesAndServices() {
        server.on("PUT /v1/acl/token", 200, TOKEN);

        var ran =
                acl(
                        "token",
                        "create",
                        "-description",
                        "ci",
                        "-policy-name=readers",
                        "-policy-name=writers",
                        "-policy-id",
                        POLICY_ID,
                        "-service-identity=web",
                        "-expires-ttl",
                        "24h");

        assertThat(ran.out()).contains("SecretID:         ec15675e");
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"Description\":\"ci\",\"Policies\":[{\"Name\":\"readers\"},{\"Name\":\"writers\"},{\"ID\":\""
                                + POLICY_ID
                                + "\"}],\"ServiceIdentities\":[{\"ServiceName\":\"web\"}],\"ExpirationTTL\":\"24h\"}");
    }

    @Test
    void tokenWithoutRightsIsAMistake() {
        assertThat(acl("token", "create", "-description", "ci").status()).isEqualTo(2);
        assertThat(acl("token", "create", "-node-identity", "n1").err()).contains("found 'n1'");
        assertThat(acl("token", "read").status()).isEqualTo(2);
        assertThat(acl("token", "read", "-self", "-id", "a").status()).isEqualTo(2);
        assertThat(acl("policy", "read").status()).isEqualTo(2);
        assertThat(acl("policy", "delete", "-id", "a", "-name", "b").status()).isEqualTo(2);
        assertThat(acl("policy", "create", "-name", "b").status()).isEqualTo(2);
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void tokensAreListedWithoutSecrets() {
        server.on("GET /v1/acl/tokens", 200, "[" + HIDDEN + "," + HIDDEN + "]");

        assertThat(acl("token", "list").out())
                .contains("Expiration Time:  t1", "\n\nAccessorID:")
                .doesNotContain("SecretID", "hidden");
    }

    @Test
    void tokenIsReadByTheBeginningOfItsAccessor() {
        server.on("GET /v1/acl/tokens", 200, "[" + HIDDEN + ",{\"AccessorID\":\"98aa\"}]")
                .on("GET /v1/acl/token/" + ACCESSOR, 200, HIDDEN)
                .on("GET /v1/acl/token/self", 200, HIDDEN);

        assertThat(acl("token", "read", "-id", "9861").out()).contains(ACCESSOR);
        assertThat(acl("token", "read", "-accessor-id", ACCESSOR).out()).contains(ACCESSOR);
        assertThat(acl("token", "read", "-id", "98").err())
                .isEqualTo(
                        "hansa: AccessorID: expected the beginning of one; found 2 that begin with '98'\n");
        assertThat(acl("token", "read", "-id", "x").err()).contains("found none that begin");
        // as a script whose variable is empty would have it
        assertThat(acl("policy", "read", "-id", "").err()).contains("found nothing");
        assertThat(acl("token", "read", "-self").out()).contains(ACCESSOR);
        assertThat(acl("token", "self", "-format=json").out())
                .contains("\"AccessorID\": \"" + ACCESSOR + "\"");
    }

    @Test
    void tokenThatIsNotThereIsNamed() {
        server.on("GET /v1/acl/token/" + ACCESSOR, 404, "no such token");

        assertThat(acl("token", "read", "-id", ACCESSOR))
                .isEqualTo(
                        new Ran(
                                1,
                                "",
                                "hansa: token '"
                                        + ACCESSOR
                                        + "': expected to be there; found none\n"));
    }

    @Test
    void updateKeepsWhatNoFlagNames() {
        server.on("GET /v1/acl/token/" + ACCESSOR, 200, HIDDEN)
                .on("PUT /v1/acl/token/" + ACCESSOR, 200, HIDDEN);
        var start = "{\"AccessorID\":\"" + ACCESSOR + "\",\"Description\":";
        var web = ",\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]";
        var readers = "{\"ID\":\"" + POLICY_ID + "\",\"Name\":\"readers\"}";

        acl("token", "update", "-id", ACCESSOR, "-description", "nightly");
        assertThat(server.asked().getLast().body())
                .isEqualTo(start + "\"nightly\",\"Policies\":[" + readers + "]" + web + "}");

        acl("token", "update", "-id", ACCESSOR, "-append-policy-name", "writers");
        assertThat(server.asked().getLast().body())
                .contains("\"ci\",\"Policies\":[" + readers + ",{\"Name\":\"writers\"}]");

        acl("token", "update", "-id", ACCESSOR, "-policy-name", "writers");
        assertThat(server.asked().getLast().body())
                .contains("\"Policies\":[{\"Name\":\"writers\"}]")
                .contains("\"web\"");
        assertThat(
                        acl(
                                        "token",
                                        "update",
                                        "-id",
                                        ACCESSOR,
                                        "-policy-name",
                                        "a",
                                        "-append-policy-id",
                                        "b")
                                .status())
                .isEqualTo(2);
    }

    @Test
    void tokenAndPolicyAreDeleted() {
        server.on("DELETE /v1/acl/token/" + ACCESSOR, 200, "true")
                .on("GET /v1/acl/policy/name/readers", 200, POLICY)
                .on("DELETE /v1/acl/policy/" + POLICY_ID, 200, "true");

        assertThat(acl("token", "delete", "-accessor-id", ACCESSOR).out())
                .isEqualTo("Token \"" + ACCESSOR + "\" deleted successfully\n");
        assertThat(acl("policy", "delete", "-name", "readers").out())
                .isEqualTo("Policy \"" + POLICY_ID + "\" deleted successfully\n");
    }

    @Test
    void policyIsMadeOfTextFileOrStandardInput() throws IOException {
        server.on("PUT /v1/acl/policy", 200, POLICY);
        var rules = "service_prefix \"\" { policy = \"read\" }\n";
        var file = Files.writeString(folder.resolve("readers.hcl"), rules);
        var escaped = "\"Rules\":\"service_prefix \\\"\\\" { policy = \\\"read\\\" }\\n\"";

        var ran = acl("policy", "create", "-name=readers", "-rules", "@" + file);
        assertThat(ran.out())
                .isEqualTo(
                        """
                        ID:           06acc965-df4b-5a99-58cb-3250930c6324
                        Name:         readers
                        Description:  may look
                        Rules:
                        service_prefix "" { policy = "read" }
                        """);
        assertThat(server.asked().getLast().body())
                .isEqualTo("{\"Name\":\"readers\",\"Description\":\"\"," + escaped + "}");

        Ran.hansa(
                Map.of("HANSA_HTTP_ADDR", server.address()),
                rules,
                "acl",
                "policy",
                "create",
                "-name=readers",
                "-rules",
                "-");
        assertThat(server.asked().getLast().body()).contains(escaped);

        acl("policy", "create", "-name=readers", "-rules", rules, "-description", "may look");
        assertThat(server.asked().getLast().body())
                .contains(escaped, "\"Description\":\"may look\"");
    }

    @Test
    void policiesAreListedReadAndUpdated() {
        server.on("GET /v1/acl/policies", 200, "[" + POLICY + "]")
                .on("GET /v1/acl/policy/" + POLICY_ID, 200, POLICY)
                .on("GET /v1/acl/policy/name/readers", 200, POLICY)
                .on("PUT /v1/acl/policy/" + POLICY_ID, 200, POLICY);

        assertThat(acl("policy", "list").out())
                .isEqualTo(
                        """
                        readers:
                           ID:           06acc965-df4b-5a99-58cb-3250930c6324
                           Description:  may look
                        """);
        assertThat(acl("policy", "read", "-id", "06ac").out()).contains("Rules:\nservice_prefix");
        acl("policy", "update", "-name", "readers", "-rules", "operator = \"read\"");
        assertThat(server.asked().getLast().body())
                .isEqualTo(
                        "{\"ID\":\""
                                + POLICY_ID
                                + "\",\"Name\":\"readers\",\"Description\":\"may look\",\"Rules\":\"operator = \\\"read\\\"\"}");
        acl("policy", "update", "-id", POLICY_ID, "-name", "lookers");
        assertThat(server.asked().getLast().body())
                .contains("\"Name\":\"lookers\"", "\"Rules\":\"service_prefix");
    }

    @Test
    void serverWithoutAccessControlSaysSo() {
        server.on("GET /v1/acl/tokens", 401, "ACL support disabled");

        assertThat(acl("token", "list")).isEqualTo(new Ran(1, "", "hansa: ACL support disabled\n"));
    }
}
