package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hansa login`, `logout`, `acl auth-method` and `acl binding-rule`.
class LoginCommandsTest {
    private static final String ID = "06acc965-df4b-5a99-58cb-3250930c6324";

    private static final String METHOD =
            "{\"Name\":\"k8s\",\"Type\":\"jwt\",\"Description\":\"ours\",\"MaxTokenTTL\":\"1h0m0s\",\"TokenLocality\":\"local\",\"Config\":{\"BoundIssuer\":\"i\",\"JWKSURL\":\"https://x/\"},\"CreateIndex\":5,\"ModifyIndex\":5}";

    private static final String RULE =
            "{\"ID\":\"%s\",\"Description\":\"\",\"AuthMethod\":\"k8s\",\"Selector\":\"value.a == b\",\"BindType\":\"policy\",\"BindName\":\"p-${value.a}\",\"CreateIndex\":5,\"ModifyIndex\":5}"
                    .formatted(ID);

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

    private Path bearer() throws IOException {
        return Files.writeString(folder.resolve("bearer"), "eyJ.canary.bearer\n");
    }

    @Test
    void loginWritesTheTokenIntoAFileOfTheOwnersAlone() throws IOException {
        server.on("POST /v1/acl/login", 200, "{\"SecretID\":\"ec15675e\"}");
        var sink = folder.resolve("sink");
        Files.writeString(sink, "old");

        var ran =
                Ran.hansa(
                        Map.of(
                                "HANSA_HTTP_ADDR",
                                server.address(),
                                "HANSA_TOKEN_FILE",
                                folder.resolve("none").toString()),
                        "",
                        "login",
                        "-method=k8s",
                        "-bearer-token-file",
                        bearer().toString(),
                        "-token-sink-file",
                        sink.toString(),
                        "-meta",
                        "pod=shop/web",
                        "-meta=node=n1");

        assertThat(ran).isEqualTo(new Ran(0, "", ""));
        assertThat(sink).hasContent("ec15675e\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sink)))
                .isEqualTo("rw-------");
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"AuthMethod\":\"k8s\",\"BearerToken\":\"eyJ.canary.bearer\",\"Meta\":{\"pod\":\"shop/web\",\"node\":\"n1\"}}");
        // an old token would be refused before the new one is asked for
        assertThat(server.tokens()).containsExactly("");
    }

    @Test
    void answerWithoutATokenLeavesTheFile() throws IOException {
        server.on("POST /v1/acl/login", 200, "{}");
        var sink = Files.writeString(folder.resolve("sink"), "old");

        var ran =
                Ran.hansa(
                        server,
                        "login",
                        "-method=k8s",
                        "-bearer-token-file",
                        bearer().toString(),
                        "-token-sink-file",
                        sink.toString());

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err()).contains("login: expected a token with a SecretID; found an answer");
        assertThat(sink).hasContent("old");
    }

    @Test
    void refusedLoginLeavesTheFileAndSaysNothingOfTheBearer() throws IOException {
        server.on("POST /v1/acl/login", 403, "Permission denied: bearer token: expired");
        var sink = Files.writeString(folder.resolve("sink"), "old");

        var ran =
                Ran.hansa(
                        server,
                        "login",
                        "-method",
                        "k8s",
                        "-bearer-token-file",
                        bearer().toString(),
                        "-token-sink-file",
                        sink.toString());

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .contains("Permission denied: bearer token: expired")
                .doesNotContain("asked without a token")
                .doesNotContain("canary");
        assertThat(sink).hasContent("old");
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("bearer", "sink");
        }
        assertThat(Ran.hansa(server, "login", "-method", "k8s").status()).isEqualTo(2);
    }

    /// What is there would be gone, and a file with the token in its place.
    @Test
    void sinkThatIsALinkOrADeviceOrInNoFolderIsRefusedBeforeTheLogin() throws IOException {
        var target = Files.writeString(folder.resolve("target"), "kept");
        var link = Files.createSymbolicLink(folder.resolve("link"), target);
        var dangling =
                Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("nowhere"));
        var missing = folder.resolve("none/sink");

        assertThat(login(link)).contains("found the symbolic link '" + link + "'");
        assertThat(login(dangling)).contains("found the symbolic link '" + dangling + "'");
        assertThat(login(Path.of("/dev/null"))).contains("found the device '/dev/null'");
        assertThat(login(folder)).contains("found the folder '" + folder + "'");
        assertThat(login(missing))
                .contains("expected the folder '" + missing.getParent() + "' to write a file into");
        assertThat(server.asked()).isEmpty();
        assertThat(target).hasContent("kept");
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Files.exists(folder.resolve("nowhere"))).isFalse();
    }

    private String login(Path sink) throws IOException {
        var ran =
                Ran.hansa(
                        server,
                        "login",
                        "-method=k8s",
                        "-bearer-token-file=" + bearer(),
                        "-token-sink-file=" + sink);
        assertThat(ran.status()).isEqualTo(1);
        return ran.err();
    }

    /// The login makes the file that later commands read, when it is there no more.
    @Test
    void loginThroughAProfileNeedsNoTokenOfIt() throws IOException {
        server.on("POST /v1/acl/login", 200, "{\"SecretID\":\"ec15675e\"}");
        var sink = folder.resolve("sink");
        Files.writeString(sink, "");
        var profiles = Map.of("HOME", folder.toString());
        assertThat(
                        Ran.hansa(
                                        profiles,
                                        "",
                                        "profile",
                                        "set",
                                        "eks",
                                        "--http-addr",
                                        server.address(),
                                        "--token-file",
                                        sink.toString())
                                .status())
                .isZero();
        Files.delete(sink);
        var login =
                List.of(
                        "login",
                        "--profile=eks",
                        "-method=k8s",
                        "-bearer-token-file=" + bearer(),
                        "-token-sink-file=" + sink);

        assertThat(Ran.hansa(profiles, "", login.toArray(String[]::new)))
                .isEqualTo(new Ran(0, "", ""));
        assertThat(sink).hasContent("ec15675e\n");
        assertThat(server.tokens()).containsExactly("");
        var withOne = new ArrayList<>(login);
        withOne.add("-token-file=" + sink);
        assertThat(Ran.hansa(profiles, "", withOne.toArray(String[]::new)).err())
                .contains("token: expected neither --token nor --token-file; found one");
    }

    @Test
    void logoutShowsTheTokenThatItEnds() throws IOException {
        server.on("POST /v1/acl/logout", 200, "true");
        var sink = Files.writeString(folder.resolve("sink"), "ec15675e\n");

        assertThat(Ran.hansa(server, "logout", "-token-file", sink.toString()))
                .isEqualTo(new Ran(0, "", ""));
        assertThat(server.tokens()).containsExactly("ec15675e");
    }

    private Ran acl(String... words) {
        var all = new String[words.length + 1];
        all[0] = "acl";
        System.arraycopy(words, 0, all, 1, words.length);
        return Ran.hansa(server, all);
    }

    @Test
    void methodIsMadeOfItsConfigurationAndAKeySetOfTheOperators() throws IOException {
        server.on("PUT /v1/acl/auth-method", 200, METHOD);
        var config = Files.writeString(folder.resolve("c.json"), "{\"BoundIssuer\":\"i\"}");
        var keys = Files.writeString(folder.resolve("k.json"), "{\"keys\":[]}");

        var ran =
                acl(
                        "auth-method",
                        "create",
                        "-type=jwt",
                        "-name",
                        "k8s",
                        "-description",
                        "ours",
                        "-max-token-ttl=1h",
                        "-config",
                        "@" + config,
                        "-jwks-file",
                        keys.toString());

        assertThat(ran)
                .isEqualTo(
                        new Ran(
                                0,
                                """
                                Name:           k8s
                                Type:           jwt
                                Description:    ours
                                MaxTokenTTL:    1h0m0s
                                TokenLocality:  local
                                Config:
                                {
                                    "BoundIssuer": "i",
                                    "JWKSURL": "https://x/"
                                }
                                """,
                                ""));
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"Name\":\"k8s\",\"Description\":\"ours\",\"MaxTokenTTL\":\"1h\",\"Config\":{\"BoundIssuer\":\"i\",\"JWKS\":{\"keys\":[]}},\"Type\":\"jwt\"}");
        assertThat(acl("auth-method", "create", "-name", "k8s").status()).isEqualTo(2);
    }

    @Test
    void methodsAreListedReadChangedAndDeleted() throws IOException {
        server.on("GET /v1/acl/auth-methods", 200, "[" + METHOD + "]")
                .on("GET /v1/acl/auth-method/k8s", 200, METHOD)
                .on("PUT /v1/acl/auth-method/k8s", 200, METHOD)
                .on("DELETE /v1/acl/auth-method/k8s", 200, "true")
                .on("GET /v1/acl/auth-method/none", 404, "ACL not found");
        var keys = Files.writeString(folder.resolve("k.json"), "{\"keys\":[]}");

        assertThat(acl("auth-method", "list").out())
                .isEqualTo("k8s:\n   Type:         jwt\n   Description:  ours\n");
        assertThat(acl("auth-method", "read", "-name", "k8s").out()).startsWith("Name:  ");
        assertThat(acl("auth-method", "read", "-name", "none").err())
                .isEqualTo("hansa: auth method 'none': expected to be there; found none\n");
        acl("auth-method", "update", "-name=k8s", "-description=new", "-jwks-file=" + keys);
        assertThat(server.asked().getLast().body())
                .contains(
                        "\"Description\":\"new\"",
                        "\"Config\":{\"BoundIssuer\":\"i\",\"JWKS\":{\"keys\":[]}}");
        acl("auth-method", "update", "-name=k8s", "-no-merge", "-config={}");
        assertThat(server.asked().getLast().body()).isEqualTo("{\"Name\":\"k8s\",\"Config\":{}}");
        assertThat(acl("auth-method", "delete", "-name", "k8s").out())
                .isEqualTo("Auth-method \"k8s\" deleted successfully\n");
    }

    @Test
    void rulesAreMadeListedReadChangedAndDeleted() {
        server.on("PUT /v1/acl/binding-rule", 200, RULE)
                .on("GET /v1/acl/binding-rules", 200, "[" + RULE + "]")
                .on("GET /v1/acl/binding-rules?authmethod=k8s", 200, "[" + RULE + "]")
                .on("GET /v1/acl/binding-rule/" + ID, 200, RULE)
                .on("PUT /v1/acl/binding-rule/" + ID, 200, RULE)
                .on("DELETE /v1/acl/binding-rule/" + ID, 200, "true");
        var pretty =
                """
                ID:           06acc965-df4b-5a99-58cb-3250930c6324
                AuthMethod:   k8s
                Description:
                BindType:     policy
                BindName:     p-${value.a}
                Selector:     value.a == b
                """;

        assertThat(
                        acl(
                                        "binding-rule",
                                        "create",
                                        "-method=k8s",
                                        "-bind-type=policy",
                                        "-bind-name",
                                        "p-${value.a}",
                                        "-selector",
                                        "value.a == b")
                                .out())
                .isEqualTo(pretty);
        assertThat(server.asked().getLast().body())
                .isEqualTo(
                        "{\"AuthMethod\":\"k8s\",\"BindType\":\"policy\",\"BindName\":\"p-${value.a}\",\"Selector\":\"value.a == b\"}");
        acl("binding-rule", "create", "-method=k8s", "-bind-name", "web");
        assertThat(server.asked().getLast().body())
                .isEqualTo(
                        "{\"AuthMethod\":\"k8s\",\"BindType\":\"service\",\"BindName\":\"web\"}");
        assertThat(acl("binding-rule", "list", "-method", "k8s").out()).isEqualTo(pretty);
        assertThat(acl("binding-rule", "read", "-id", "06ac").out()).isEqualTo(pretty);
        acl("binding-rule", "update", "-id", ID, "-bind-name", "q");
        assertThat(server.asked().getLast().body())
                .contains("\"BindName\":\"q\"", "\"Selector\":\"value.a == b\"");
        acl("binding-rule", "update", "-id", ID, "-no-merge", "-bind-name", "q");
        assertThat(server.asked().getLast().body())
                .isEqualTo("{\"ID\":\"" + ID + "\",\"BindName\":\"q\"}");
        assertThat(acl("binding-rule", "delete", "-id", ID).out())
                .isEqualTo("Binding rule \"" + ID + "\" deleted successfully\n");
        assertThat(acl("binding-rule", "create", "-method=k8s").status()).isEqualTo(2);
        assertThat(acl("binding-rule", "create", "-h").out()).contains("${value.account}");
        assertThat(acl("binding-rule", "-h").out()).contains("team-${value.namespace}");
    }
}
