package dev.hansa.peering.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What browsers get from `/ui/`, over real HTTP.
class UiDoorTest {
    private static final Path FOLDER = Path.of("src/main/resources/ui");

    /// What a file of ours names of others: `src`, `href` and imports.
    private static final Pattern NAMED =
            Pattern.compile("(?:src=|href=|from |import )[\"'](?!#)([^\"']+)[\"']");

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        var router = Router.router(vertx);
        router.route().handler(new UiDoor());
        router.route().handler(call -> call.response().setStatusCode(299).end("the API"));
        server =
                vertx.createHttpServer()
                        .requestHandler(router)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private HttpResponse<String> send(String method, String path, String... headers)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path))
                        .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send("GET", path);
    }

    @Test
    void everyAnswerForbidsWhatIsNotAFileOfOurs() throws Exception {
        for (var path : List.of("/", "/ui", "/ui/", "/ui/app.js", "/ui/nothing")) {
            var headers = get(path).headers();

            assertThat(headers.firstValue("Content-Security-Policy").orElse(""))
                    .as(path)
                    .contains(
                            "default-src 'none'",
                            "script-src 'self';",
                            "style-src 'self';",
                            "connect-src 'self';",
                            "frame-ancestors 'none'",
                            "base-uri 'none'",
                            "form-action 'none'",
                            "require-trusted-types-for 'script'")
                    .doesNotContain("unsafe", "*", "data:", "http");
            assertThat(headers.firstValue("X-Content-Type-Options")).as(path).contains("nosniff");
            assertThat(headers.firstValue("X-Frame-Options")).as(path).contains("DENY");
            assertThat(headers.firstValue("Referrer-Policy")).as(path).contains("no-referrer");
            assertThat(headers.firstValue("Cross-Origin-Resource-Policy"))
                    .as(path)
                    .contains("same-origin");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/ui"})
    void whoAsksForNothingIsSentToTheUi(String path) throws Exception {
        var answer = get(path);

        assertThat(answer.statusCode()).isEqualTo(302);
        assertThat(answer.headers().firstValue("Location")).contains("/ui/");
    }

    @Test
    void whatTheApiAnswersIsLeftToIt() throws Exception {
        for (var path : List.of("/v1/agent/self", "/uix", "/UI/", "//ui/")) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(299);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'',text/html; charset=utf-8",
        "index.html,text/html; charset=utf-8",
        "app.js,text/javascript; charset=utf-8",
        "app.css,text/css; charset=utf-8",
        "icon.svg,image/svg+xml",
        "lit-html/lit-html.js,text/javascript; charset=utf-8"
    })
    void fileIsServedAsWhatItIs(String name, String type) throws Exception {
        var answer = get("/ui/" + name);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains(type);
        assertThat(answer.body()).isNotBlank();
    }

    /// Each form has a tag of its own, so that a cache between never takes one for the other.
    @Test
    void whoTakesGzipGetsTheSameFileShorter() throws Exception {
        var plain = get("/ui/app.js");
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:" + server.actualPort() + "/ui/app.js"))
                        .header("Accept-Encoding", "br, gzip;q=0.5")
                        .build();
        var packed = client.send(request, HttpResponse.BodyHandlers.ofByteArray());

        assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
        assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
        for (var answer : List.of(plain, packed)) {
            assertThat(answer.headers().firstValue("Vary")).contains("Accept-Encoding");
        }
        assertThat(packed.body().length).isLessThan(plain.body().length() / 2);
        try (var in = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(plain.body());
        }
        var tags =
                Stream.of(plain, packed)
                        .map(answer -> answer.headers().firstValue("ETag").orElseThrow())
                        .toList();
        assertThat(tags.getFirst()).isNotEqualTo(tags.getLast());
        for (var taken : List.of("gzip", "identity")) {
            for (var i = 0; i < 2; i++) {
                assertThat(
                                send(
                                                "GET",
                                                "/ui/app.js",
                                                "Accept-Encoding",
                                                taken,
                                                "If-None-Match",
                                                tags.get(i))
                                        .statusCode())
                        .as(taken + " " + i)
                        .isEqualTo(taken.equals("gzip") == (i == 1) ? 304 : 200);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gzip,true",
        "'deflate, gzip;q=1.0, *;q=0.5',true",
        "GZIP,true",
        "gzip;q=0,false",
        "gzip; q=0.000,false",
        "*,false",
        "xgzip,false",
        "identity,false"
    })
    void gzipIsSentToWhoSaysSo(String header, boolean taken) {
        assertThat(Gzip.isTaken(header)).isEqualTo(taken);
        assertThat(Gzip.isTaken(null)).isFalse();
    }

    @Test
    void everyFileOfTheFolderIsServedAndNoOther() throws Exception {
        try (var files = Files.list(FOLDER)) {
            assertThat(files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()))
                    .isEqualTo(new HashSet<>(UiFiles.OWN));
        }
        for (var name : UiFiles.OWN) {
            assertThat(get("/ui/" + name).body())
                    .as(name)
                    .isEqualTo(Files.readString(FOLDER.resolve(name)));
        }
    }

    @Test
    void everythingThatThePageNamesIsServed() throws Exception {
        var base = URI.create("http://127.0.0.1:" + server.actualPort() + "/ui/");
        var found = new HashSet<URI>();
        var open = new ArrayDeque<>(List.of(base));
        while (!open.isEmpty()) {
            var file = open.remove();
            var answer = get(file.getPath());
            assertThat(answer.statusCode()).as(file.toString()).isEqualTo(200);
            // an address in a template is one of a page
            NAMED.matcher(answer.body())
                    .results()
                    .map(match -> match.group(1))
                    .filter(name -> name.matches("(\\./|\\.\\./)?[a-z-/]+\\.(js|css|svg)"))
                    .map(file::resolve)
                    .filter(found::add)
                    .forEach(open::add);
        }

        assertThat(found)
                .as("what index.html leads to")
                .contains(base.resolve("app.css"), base.resolve("lit-html/lit-html.js"))
                .hasSizeGreaterThan(20);
        assertThat(found.stream().map(file -> base.relativize(file).toString()))
                .as("every file of ours is used")
                .containsAll(UiFiles.OWN.stream().filter(name -> !name.endsWith(".html")).toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/ui/../ui/app.js",
                "/ui/./app.js",
                "/ui//app.js",
                "/ui/%61pp.js",
                "/ui/..%2fapp.js",
                "/ui/%2e%2e/%2e%2e/etc/passwd",
                "/ui/../../../../etc/passwd",
                "/ui/lit-html/../app.js",
                "/ui/lit-html/",
                "/ui/lit-html/package.json",
                "/ui/app.js/",
                "/ui/app.js%00",
                "/ui/APP.js",
                "/ui/db/migration/V1__records.sql",
                "/ui/\\..\\app.js",
                "/ui/services"
            })
    void pathsThatAreNotExactlyOnesOfOursFindNothing(String path) throws Exception {
        // not by a client, which would mend the path
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {
            socket.getOutputStream()
                    .write(
                            ("GET " + path + " HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer.lines().findFirst().orElse("")).contains(" 404 ");
            assertThat(answer).endsWith("404 page not found");
        }
    }

    @Test
    void aFileThatIsKnownIsNotSentAgain() throws Exception {
        var first = get("/ui/app.js");
        var tag = first.headers().firstValue("ETag").orElseThrow();

        assertThat(first.headers().firstValue("Cache-Control")).contains("no-cache");
        var again = send("GET", "/ui/app.js", "If-None-Match", "\"other\", W/" + tag);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(again.headers().firstValue("ETag")).contains(tag);
        assertThat(send("GET", "/ui/app.css", "If-None-Match", tag).statusCode()).isEqualTo(200);
    }

    @Test
    void onlyReadingIsAnswered() throws Exception {
        var head = send("HEAD", "/ui/app.js");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValue("Content-Length"))
                .contains(Long.toString(Files.size(FOLDER.resolve("app.js"))));
        for (var path : List.of("/", "/ui", "/ui/app.js", "/ui/nothing")) {
            var posted = send("POST", path);
            assertThat(posted.statusCode()).as(path).isEqualTo(405);
            assertThat(posted.headers().firstValue("Allow")).contains("GET, HEAD");
        }
    }

    /// Names and check outputs are strangers' texts: only the library's templates make markup, and
    /// no token or other secret outlives the page.
    @Test
    void noFileTurnsTextIntoMarkupOrKeepsAnything() throws Exception {
        for (var name : UiFiles.OWN) {
            var text = Files.readString(FOLDER.resolve(name));
            if (name.equals("session.js")) {
                // the token of whoever has signed in, until the tab is closed, and nothing else
                assertThat(text).containsOnlyOnce("sessionStorage.setItem(KEY, token)");
                text = text.replace("sessionStorage", "");
            }
            assertThat(text)
                    .as(name)
                    .doesNotContain(
                            "unsafeHTML",
                            "unsafeSVG",
                            "innerHTML",
                            "outerHTML",
                            "insertAdjacentHTML",
                            "document.write",
                            "eval(",
                            "new Function",
                            "localStorage",
                            "sessionStorage",
                            "indexedDB",
                            "document.cookie",
                            " style=",
                            "<style",
                            "javascript:",
                            "https://");
        }
        assertThat(Files.readString(FOLDER.resolve("index.html")))
                .doesNotContainPattern("<script[^>]*>[^<]")
                .doesNotContainPattern(" on[a-z]+=");
    }
}
