package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server whose API asks for tokens and speaks TLS, as a process of its own.
class AccessIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HOST = "127.11.0.4";
    private static final String API = "https://" + HOST + ":8500";
    private static final String ROOT = "1f6a2d0e-4f7b-4f0e-8a55-6f3f8a1c0d11";
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Pattern EVENTS = Pattern.compile(".*/v1/hansa/events");

    @TempDir Path folder;
    private final List<Process> processes = new ArrayList<>();
    private TestCertificate certificate;
    private HttpClient client = HttpClient.newHttpClient();
    private Process server;

    @BeforeEach
    void start() throws Exception {
        certificate = TestCertificate.make(folder.resolve("tls"), HOST);
        Files.writeString(folder.resolve("first-token"), ROOT + "\n");
        server = startServer();
    }

    @AfterEach
    void stop() {
        processes.forEach(Process::destroyForcibly);
        client.close();
    }

    private Process startServer() throws Exception {
        client.close();
        client = HttpClient.newBuilder().sslContext(certificate.trusting()).build();
        var started =
                Checkout.start(
                        Checkout.target("access-server.log"),
                        "server",
                        "--datacenter",
                        "eks",
                        "--data-dir",
                        folder.resolve("data").toString(),
                        "--http-address",
                        HOST + ":8500",
                        "--http-certificate",
                        certificate.file().toString(),
                        "--http-key",
                        certificate.key().toString(),
                        "--acl-enabled",
                        "true",
                        "--acl-initial-management-token-file",
                        folder.resolve("first-token").toString(),
                        "--peer-address",
                        HOST + ":8503",
                        "--proxy-address",
                        HOST + ":8502",
                        "--admin-address",
                        HOST + ":19500",
                        "--dns-address",
                        HOST + ":8600");
        processes.add(started);
        await().atMost(SOON)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> send("GET", "/v1/acl/token/self", "", ROOT).statusCode() == 200);
        return started;
    }

    private HttpResponse<String> send(String method, String path, String body, String token)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(API + path))
                        .timeout(Duration.ofSeconds(20))
                        .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("X-Consul-Token", token);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private String tokenFor(String rules) throws Exception {
        send(
                "PUT",
                "/v1/acl/policy",
                JSON.createObjectNode().put("Name", "team").put("Rules", rules).toString(),
                ROOT);
        return JSON.readTree(
                        send(
                                        "PUT",
                                        "/v1/acl/token",
                                        "{\"Description\":\"team web\",\"Policies\":[{\"Name\":\"team\"}]}",
                                        ROOT)
                                .body())
                .path("SecretID")
                .asText();
    }

    private String logged() throws IOException {
        return Files.readString(
                Checkout.ROOT.resolve("tests/multicluster/target/access-server.log"));
    }

    @Test
    void tokensOutliveAServerThatIsKilledAndNoSecretIsOnItsDiskOrInItsLog() throws Exception {
        var web = tokenFor("service \"web\" { policy = \"write\" }");
        var entry = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}";
        assertThat(send("PUT", "/v1/config", entry, web).body()).isEqualTo("true");

        var self = JSON.readTree(send("GET", "/v1/acl/token/self", "", web).body());
        assertThat(logged())
                .contains(
                        "who=\"operator, token "
                                + self.path("AccessorID").asText()
                                + "\" what=\"config write service-resolver/web\"");

        server.destroyForcibly().waitFor();
        var first = logged();
        server = startServer();

        assertThat(send("PUT", "/v1/config", entry, web).body()).isEqualTo("true");
        assertThat(send("PUT", "/v1/config", "{\"Kind\":\"mesh\"}", web).statusCode())
                .isEqualTo(403);
        assertThat(send("PUT", "/v1/acl/bootstrap", "", "").statusCode()).isEqualTo(403);
        assertThat(send("GET", "/v1/peerings", "", "").statusCode()).isEqualTo(403);
        for (var secret : List.of(ROOT, web)) {
            assertThat(first + logged()).doesNotContain(secret);
            try (var files = Files.walk(folder.resolve("data"))) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain(secret);
                }
            }
        }
    }

    @Test
    void certificateIsReadAgainAndABrokenOneChangesNothing() throws Exception {
        var old = client;
        Files.writeString(certificate.file(), "no PEM");
        await().atMost(SOON).until(() -> logged().contains("reading the HTTP API's certificate"));
        try (var again = HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
            client = again;
            assertThat(send("GET", "/v1/status/leader", "", "").statusCode()).isEqualTo(200);
        }
        old.close();

        certificate = TestCertificate.make(folder.resolve("tls"), HOST);
        var context = certificate.trusting();
        await().atMost(SOON)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    // each try is a new connection
                    try (var fresh = HttpClient.newBuilder().sslContext(context).build()) {
                        client = fresh;
                        return send("GET", "/v1/status/leader", "", "").statusCode() == 200;
                    }
                });
        client = HttpClient.newBuilder().sslContext(context).build();
        assertThat(send("GET", "/v1/acl/token/self", "", ROOT).statusCode()).isEqualTo(200);
    }

    @Test
    void serverDoesNotListenOnTheNetworkForEverybody() throws Exception {
        var words =
                List.of(
                        "server",
                        "--datacenter",
                        "lke",
                        "--data-dir",
                        folder.resolve("open").toString(),
                        "--http-address",
                        "0.0.0.0:18500",
                        "--acl-enabled",
                        "true");
        var log = Checkout.target("access-open.log");

        var ended = Checkout.run(log, 60, words.toArray(String[]::new));

        assertThat(ended.status()).isEqualTo(2);
        assertThat(ended.output())
                .contains(
                        "http.address: expected a loopback address, or acl.enabled = true with http.certificate and http.key, since whoever reaches the API may do everything; found '0.0.0.0'")
                .contains("http.open-to-everyone-on-the-network = true takes that risk")
                .doesNotContain("\tat ");
    }

    @Test
    void commandsAskOverTlsWithAToken() throws Exception {
        var listed = hansa("acl", "policy", "list", "--token-file", file(ROOT));
        assertThat(listed.status()).as(listed.output()).isZero();
        assertThat(listed.output()).contains("global-management").doesNotContain(ROOT);

        var refused = hansa("peering", "list");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.output()).contains("anonymous token lacks permission 'peering:read'");
        var unknown =
                hansa(
                        "peering",
                        "list",
                        "--token-file",
                        file("5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f002"));
        assertThat(unknown.status()).isEqualTo(1);
        assertThat(unknown.output())
                .contains("ACL not found")
                .doesNotContain("5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f002");
    }

    private String file(String secret) throws IOException {
        var file = folder.resolve("shown-token");
        Files.writeString(file, secret + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }

    private Checkout.Ended hansa(String... words) throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--http-addr", API, "--ca-file", certificate.file().toString()));
        return Checkout.run(Checkout.target("access-command.log"), 60, all.toArray(String[]::new));
    }

    @Test
    void operatorSignsInAndOut() throws Exception {
        var team = tokenFor("service_prefix \"\" { policy = \"read\" }");
        send("PUT", "/v1/config", "{\"Kind\":\"mesh\"}", ROOT);
        try (var browser = UiBrowser.start()) {
            var page = browser.open(API + "/ui/");
            assertThat(page).hasTitle("Sign in · eks · Hansa");
            UiBrowser.assertAccessible(page);
            UiBrowser.picture(page, "sign-in.png");
            signIn(page, "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f002");
            assertThat(page.getByRole(AriaRole.ALERT)).containsText("does not know this token");

            signIn(page, ROOT);
            assertThat(page).hasTitle(Pattern.compile("Overview · eks · Hansa"));
            assertThat(page.getByText("Bootstrap Token (Global Management)")).isVisible();
            assertThat(page.getByRole(AriaRole.STATUS).first()).hasText("live");
            assertThat(page.locator("main h1")).isFocused();
            assertThat(page.url()).doesNotContain(ROOT);
            assertThat(page.content()).doesNotContain(ROOT);

            assertThat(signOut(page)).isEmpty();
            page.reload();
            assertThat(page).hasTitle("Sign in · eks · Hansa");

            signIn(page, team);
            assertThat(page.getByText("team web")).isVisible();
            page.navigate(API + "/ui/#/peers");
            assertThat(page.getByRole(AriaRole.ALERT).first())
                    .containsText("lacks permission 'peering:read'");
            page.navigate(API + "/ui/#/ca");
            assertThat(page.locator(".refused")).containsText("lacks permission 'ca:read'");
            UiBrowser.picture(page, "refused.png");
            page.navigate(API + "/ui/#/config");
            assertThat(page.locator("main .note")).containsText("Some are left out");
            assertThat(page.locator(".empty-title")).hasText("None that you may see");
            tooManyListenersAreTold(page);
            tokenOfALoginEndsWithIt(page, team);
            jwtLogsInAndTheSignOutEndsItsToken(page);
            signIn(page, team);
            assertThat(page.getByRole(AriaRole.STATUS).first()).hasText("live");
            tokenThatIsDeletedLeadsBackToTheForm(page, team);
            assertThat(browser.complaints()).isEmpty();
        }
    }

    /// With the stream that was opened for the token.
    ///
    /// @return what was shown for it to be ended
    private static List<String> signOut(Page page) {
        var streams = new AtomicInteger();
        var shown = new ArrayList<String>();
        Consumer<Request> watch =
                request -> {
                    if (EVENTS.matcher(request.url()).matches()) {
                        streams.incrementAndGet();
                    }
                };
        Consumer<Request> logout =
                request -> {
                    if (request.url().endsWith("/v1/acl/logout")) {
                        shown.add(request.method() + " " + request.headers().get("x-consul-token"));
                    }
                };
        page.onRequestFailed(watch);
        page.onRequest(logout);
        UiBrowser.button(page, "Sign out").click();
        assertThat(page).hasTitle("Sign in · eks · Hansa");
        page.waitForCondition(() -> streams.get() == 1);
        page.offRequestFailed(watch);
        page.offRequest(logout);
        return shown;
    }

    /// As if a login had made this one.
    private static void tokenOfALoginEndsWithIt(Page page, String team) {
        var self = Pattern.compile(".*/v1/acl/token/self");
        page.route(
                self,
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setContentType("application/json")
                                        .setBody(
                                                "{\"AccessorID\":\"a\",\"Description\":\"of a login\",\"AuthMethod\":\"corp\"}")));
        page.reload();
        assertThat(page.getByText("of a login")).isVisible();
        assertThat(page.getByRole(AriaRole.STATUS).first()).hasText("live");
        assertThat(signOut(page)).containsExactly("POST " + team);
        page.unroute(self);
    }

    /// The page takes the JWT to the server and keeps nothing of it.
    private void jwtLogsInAndTheSignOutEndsItsToken(Page page) throws Exception {
        var issuer = TestIssuer.create();
        for (var put :
                List.of(
                        List.of("auth-method", issuer.method("corp")),
                        List.of(
                                "binding-rule",
                                "{\"AuthMethod\":\"corp\",\"BindType\":\"service\",\"BindName\":\"web\"}"))) {
            assertThat(send("PUT", "/v1/acl/" + put.getFirst(), put.getLast(), ROOT).statusCode())
                    .isEqualTo(200);
        }
        var jwt = issuer.jwt();
        logIn(page, "other", jwt);
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("auth method");
        UiBrowser.assertAccessible(page);

        logIn(page, "corp", jwt);
        assertThat(page.getByText("token created via login")).isVisible();
        assertThat(page.getByRole(AriaRole.STATUS).first()).hasText("live");
        assertThat(page.url()).doesNotContain(jwt);
        assertThat(page.content()).doesNotContain(jwt);
        var kept = (String) page.evaluate("() => sessionStorage.getItem('hansa.token')");
        assertThat(page.evaluate("() => sessionStorage.length + localStorage.length")).isEqualTo(1);
        assertThat(send("GET", "/v1/acl/token/self", "", kept).statusCode()).isEqualTo(200);
        assertThat(signOut(page)).containsExactly("POST " + kept);
        await().until(() -> send("GET", "/v1/acl/token/self", "", kept).statusCode() == 403);
    }

    private static void logIn(Page page, String method, String jwt) {
        page.getByLabel("Auth method").fill(method);
        page.getByLabel("JWT").fill(jwt);
        UiBrowser.button(page, "Log in").click();
    }

    /// In the server's words; and the server is not asked again at once.
    private static void tooManyListenersAreTold(Page page) {
        var asked = asked(page);
        page.route(
                EVENTS,
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setStatus(429)
                                        .setBody(
                                                "events: expected at most 32 listeners of one address; found as many already listening")));
        page.reload();
        assertThat(page.locator("main > .problem")).containsText("at most 32 listeners");
        assertThat(page.getByRole(AriaRole.STATUS).first()).hasText("not live");
        page.unrouteAll();
        UiBrowser.go(page, "Services");
        assertThat(asked).hasValue(1);
        page.reload();
        assertThat(page.getByRole(AriaRole.STATUS).first()).hasText("live");
    }

    /// While its page is open; nobody who may not asks on and on.
    private void tokenThatIsDeletedLeadsBackToTheForm(Page page, String team) throws Exception {
        var accessor =
                JSON.readTree(send("GET", "/v1/acl/token/self", "", team).body())
                        .path("AccessorID")
                        .asText();
        var asked = asked(page);
        assertThat(send("DELETE", "/v1/acl/token/" + accessor, "", ROOT).statusCode())
                .isEqualTo(200);

        assertThat(page).hasTitle("Sign in · eks · Hansa");
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("does not know this token");
        assertThat(page.content()).doesNotContain(team);
        assertThat(asked).hasValue(1);
        signIn(page, ROOT);
        assertThat(page.getByRole(AriaRole.STATUS).first()).hasText("live");
        assertThat(asked).hasValue(2);
    }

    /// How often the page asks from now on what changes.
    private static AtomicInteger asked(Page page) {
        var number = new AtomicInteger();
        page.onRequest(request -> {
            if (EVENTS.matcher(request.url()).matches()) {
                number.incrementAndGet();
            }
        });
        return number;
    }

    private static void signIn(Page page, String token) {
        page.getByLabel("Token").fill(token);
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Sign in").setExact(true))
                .click();
    }
}
