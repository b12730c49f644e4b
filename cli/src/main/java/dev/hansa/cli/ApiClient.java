package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// The HTTP API of one server. What is not a success becomes a [CommandFailedException] with the
/// server's own words.
final class ApiClient {
    static final String JSON = "application/json";

    private static final String TOKEN = "X-Consul-Token";
    private static final String FILTERED = "X-Consul-Results-Filtered-By-ACLs";

    /// A server on the same machine or network answers a SYN at once.
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /// Establishing waits for gateways and for the other datacenter; nothing else comes near.
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

    /// Until a process whose connection has broken has ended, or the rest of an answer is here.
    private static final Duration MOMENT = Duration.ofSeconds(1);

    /// Well below the timeout of a request.
    private static final Duration WAIT = Duration.ofSeconds(30);

    /// A snapshot of 1 GiB: read, sent, and written by each server.
    private static final Duration TRANSFER_TIMEOUT = Duration.ofMinutes(15);

    private static final int OK = 200;

    /// A catalog of ten thousand services fits; a body without end does not fill the heap.
    private static final long MAX_ANSWER_BYTES = 16 << 20;

    /// Said of a read already.
    private static final Pattern STALE = Pattern.compile("[?&]stale");

    private static final int FORBIDDEN = 403;

    /// A selector that is told to end does so at once.
    private static final Duration END_LIMIT = Duration.ofMillis(100);

    /// Those that are in use still.
    private static final Set<HttpClient> MADE =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /// A message is a sentence; a page of it hides what happened.
    private static final int MAX_MESSAGE = 2_000;

    private final ApiAccess access;
    private final URI base;
    private final String command;
    private final HttpClient client;
    private final Duration limit;
    private final Guard guard;

    /// An answer of status 2xx or 404.
    ///
    /// @param filtered whether the server left out what the token may not see
    record Answer(int status, String body, boolean filtered) {
        boolean found() {
            return status != 404;
        }
    }

    /// Whether the way to the server is still ours.
    @FunctionalInterface
    interface Guard {
        /// @param moment how long to look whether it ends
        /// @throws CommandFailedException when it has ended
        void check(Duration moment) throws CommandFailedException, InterruptedException;
    }

    private ApiClient(
            ApiAccess access, String command, HttpClient client, Duration limit, Guard guard) {
        this.access = access;
        this.base = access.base();
        this.command = command;
        this.client = client;
        this.limit = limit;
        this.guard = guard;
    }

    /// The same, with other patience for each request that moves no file.
    ApiClient within(Duration other) {
        return new ApiClient(access, command, client, other, guard);
    }

    /// The same, over a way that is looked at before each request.
    ApiClient over(Guard way) {
        return new ApiClient(access, command, client, limit, way);
    }

    /// @param command as the user typed it, for what a server says of its caller
    static ApiClient of(ApiAccess access, String command, Surroundings surroundings)
            throws CommandFailedException {
        var builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        // a redirect would carry the token elsewhere
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .sslContext(
                                access.isTls()
                                        ? ServerTrust.of(access, surroundings)
                                        : ServerTrust.nobody());
        var client = builder.build();
        MADE.add(client);
        return new ApiClient(access, command, client, REQUEST_TIMEOUT, _ -> {});
    }

    /// Before the process ends: the JVM waits 300 ms at its exit for each thread that is in the
    /// kernel, as a client's selector is, and a command takes no longer than that.
    ///
    /// @throws InterruptedException when told to stop
    static void endAll() throws InterruptedException {
        for (var client : List.copyOf(MADE)) {
            client.shutdownNow();
            client.awaitTermination(END_LIMIT);
        }
    }

    /// Where it asks, for sentences.
    URI address() {
        return base;
    }

    /// One segment of a path.
    static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    Answer read(String path) throws CommandFailedException, InterruptedException {
        return send("GET", path, "", JSON);
    }

    /// What was read, and the index to wait for another with.
    record Indexed(JsonNode body, long index) {}

    /// The JSON at a path that waits for changes: at once for index 0, else when there is something
    /// newer or [#WAIT] is over.
    Indexed changed(String path, long index) throws CommandFailedException, InterruptedException {
        var asked = path + "?index=" + index + "&wait=" + WAIT.toSeconds() + "s";
        var response = exchange(request("GET", asked, "", JSON), asked, text());
        if (response.statusCode() != OK) {
            throw refused("GET", path, response.statusCode(), response.body());
        }
        return new Indexed(
                Json.read(response.body()),
                response.headers().firstValueAsLong("X-Consul-Index").orElse(0));
    }

    /// What was read, and when the server's clock says that this was.
    ///
    /// @param at to the second; empty where a server does not say it
    /// @param certificate that the server showed; empty without TLS
    record Dated(JsonNode body, Optional<Instant> at, Optional<X509Certificate> certificate) {}

    Dated dated(String path) throws CommandFailedException, InterruptedException {
        var response = exchange(request("GET", path, "", JSON), path, text());
        if (response.statusCode() != OK) {
            throw refused("GET", path, response.statusCode(), response.body());
        }
        return new Dated(
                Json.read(response.body()),
                response.headers().firstValue("Date").flatMap(ApiClient::moment),
                response.sslSession().flatMap(ApiClient::certificate));
    }

    private static Optional<X509Certificate> certificate(SSLSession session) {
        try {
            return session.getPeerCertificates()[0] instanceof X509Certificate leaf
                    ? Optional.of(leaf)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException _) {
            return Optional.empty(); // a resumed session may have forgotten it
        }
    }

    /// Another server of the same datacenter, believed as this one is. It is shown no token: where
    /// it is, somebody else said.
    ApiClient tokenless(URI other) {
        return new ApiClient(
                new ApiAccess(other, Optional.empty(), access.tls(), false),
                command,
                client,
                limit,
                guard);
    }

    private static Optional<Instant> moment(String date) {
        try {
            return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    /// The JSON at a path that must be there.
    JsonNode json(String path) throws CommandFailedException, InterruptedException {
        return Json.read(must("GET", path, "", JSON));
    }

    Answer delete(String path) throws CommandFailedException, InterruptedException {
        return send("DELETE", path, "", JSON);
    }

    /// Sends a JSON body where only success will do.
    String must(String method, String path, JsonNode body)
            throws CommandFailedException, InterruptedException {
        return must(method, path, body.toString(), JSON);
    }

    String must(String method, String path, String body, String contentType)
            throws CommandFailedException, InterruptedException {
        var answer = send(method, path, body, contentType);
        if (!answer.found()) {
            throw refused(method, path, answer.status(), answer.body());
        }
        return answer.body();
    }

    /// The body of an answer that has no end. Whoever closes it hangs up.
    InputStream follow(String path) throws CommandFailedException, InterruptedException {
        var response =
                exchange(
                        // for the head of the answer; what follows comes when it comes
                        request("GET", path).timeout(limit).build(),
                        path,
                        info ->
                                info.statusCode() == OK
                                        ? BodySubscribers.mapping(
                                                BodySubscribers.ofInputStream(),
                                                body -> new Followed(body, ""))
                                        : BodySubscribers.mapping(
                                                text().apply(info),
                                                text ->
                                                        new Followed(
                                                                InputStream.nullInputStream(),
                                                                text)));
        if (response.statusCode() != OK) {
            throw refused("GET", path, response.statusCode(), response.body().refusal());
        }
        return response.body().body();
    }

    private record Followed(InputStream body, String refusal) {}

    /// Writes what is at a path to a file that is there.
    void download(String path, Path file, Progress progress)
            throws CommandFailedException, InterruptedException {
        var request = request("GET", path).timeout(TRANSFER_TIMEOUT).build();
        var response =
                exchange(
                        request,
                        path,
                        info ->
                                info.statusCode() == OK
                                        ? BodySubscribers.mapping(
                                                Counted.received(
                                                        BodySubscribers.ofFile(file),
                                                        bytes ->
                                                                progress.bytes(
                                                                        bytes, length(info))),
                                                _ -> "")
                                        : text().apply(info));
        if (response.statusCode() != OK) {
            throw refused("GET", path, response.statusCode(), response.body());
        }
    }

    /// 0 where the server does not say it.
    private static long length(ResponseInfo info) {
        return info.headers().firstValueAsLong("Content-Length").orElse(0);
    }

    /// Sends a file where only success will do.
    String upload(String path, Path file, Progress progress)
            throws CommandFailedException, InterruptedException {
        HttpRequest request;
        try {
            var body = BodyPublishers.ofFile(file);
            request =
                    request("PUT", path)
                            .timeout(TRANSFER_TIMEOUT)
                            .PUT(
                                    Counted.sent(
                                            body,
                                            bytes -> progress.bytes(bytes, body.contentLength())))
                            .build();
        } catch (FileNotFoundException e) {
            throw new CommandFailedException(
                    "expected a file; found none at '" + PlainText.of(file.toString()) + "'", e);
        }
        var response = exchange(request, path, text());
        if (response.statusCode() != OK) {
            throw refused("PUT", path, response.statusCode(), response.body());
        }
        return response.body();
    }

    private static BodyHandler<String> text() {
        return BodyHandlers.limiting(BodyHandlers.ofString(), MAX_ANSWER_BYTES);
    }

    private Answer send(String method, String path, String body, String contentType)
            throws CommandFailedException, InterruptedException {
        var response = exchange(request(method, path, body, contentType), path, text());
        var status = response.statusCode();
        if (status / 100 == 2 || status == 404 || isVerdict(response)) {
            return new Answer(
                    status,
                    response.body(),
                    response.headers().firstValue(FILTERED).filter("true"::equals).isPresent());
        }
        throw refused(method, path, response.statusCode(), response.body());
    }

    /// How servers are when one of them is not well: a status that load balancers understand.
    private static boolean isVerdict(HttpResponse<String> response) {
        return response.statusCode() == 429
                && response.headers().firstValue("Content-Type").filter(JSON::equals).isPresent();
    }

    private HttpRequest.Builder request(String method, String path) {
        var says = access.isStale() && method.equals("GET") && !STALE.matcher(path).find();
        var request =
                HttpRequest.newBuilder(
                        URI.create(
                                base
                                        + path
                                        + (says
                                                ? (path.contains("?") ? "&" : "?") + "stale"
                                                : "")));
        access.token().ifPresent(token -> request.header(TOKEN, token.value().value()));
        return request;
    }

    private HttpRequest request(String method, String path, String body, String contentType) {
        return request(method, path)
                .timeout(limit)
                .header("Content-Type", contentType)
                .method(
                        method,
                        body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
    }

    private <T> HttpResponse<T> exchange(HttpRequest request, String path, BodyHandler<T> handler)
            throws CommandFailedException, InterruptedException {
        // whoever has the port after it would get the token
        guard.check(Duration.ZERO);
        try {
            return answer(request, path, handler);
        } catch (ServerUnreachableException e) {
            guard.check(MOMENT);
            throw e;
        }
    }

    /// The client's own timeout is for the head of an answer; this one for all of it.
    private <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
            throws IOException, InterruptedException {
        var all = request.timeout().orElse(limit);
        // not the client's own future, which needs the pool that all share; nor a virtual thread:
        // with the first one all that runs them is made
        var answer = new FutureTask<>(() -> client.send(request, handler));
        Thread.ofPlatform().daemon().name("api-request").start(answer);
        try {
            return answer.get(all.plus(MOMENT).toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw (IOException) new HttpTimeoutException("the rest of it").initCause(e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException known) {
                throw known;
            }
            throw new IOException(String.valueOf(e.getMessage()), e);
        }
    }

    private <T> HttpResponse<T> answer(HttpRequest request, String path, BodyHandler<T> handler)
            throws CommandFailedException, InterruptedException {
        var method = request.method();
        try {
            return send(request, handler);
        } catch (ConnectException e) {
            throw new ServerUnreachableException(
                    base
                            + ": expected a server that accepts connections; found none (name another by --http-addr or HANSA_HTTP_ADDR)",
                    e);
        } catch (HttpConnectTimeoutException e) {
            throw new ServerUnreachableException(
                    base
                            + ": expected a connection within "
                            + CONNECT_TIMEOUT.toSeconds()
                            + "s; found that nothing answers there",
                    e);
        } catch (HttpTimeoutException e) {
            throw new ServerUnreachableException(
                    base
                            + ": expected an answer to "
                            + method
                            + " "
                            + path
                            + " within "
                            + request.timeout().orElse(limit).toSeconds()
                            + "s; found none",
                    e);
        } catch (SSLException e) {
            throw new ServerUnreachableException(
                    base
                            + ": expected TLS with a certificate that "
                            + access.tls()
                                    .caFile()
                                    .or(access.tls()::caPath)
                                    .map(file -> "'" + PlainText.of(file) + "' certifies")
                                    .orElse("the JVM's roots certify")
                            + "; found '"
                            + PlainText.of(String.valueOf(e.getMessage()))
                            + "' (name its CA by --ca-file or HANSA_CACERT, its name by --tls-server-name; show who asks by --client-cert)",
                    e);
        } catch (IOException e) {
            throw new ServerUnreachableException(
                    base
                            + ": expected an answer to "
                            + method
                            + " "
                            + path
                            + "; found '"
                            + PlainText.of(String.valueOf(e.getMessage()))
                            + "'"
                            + (access.isTls() ? "" : " (is it https://?)"),
                    e);
        }
    }

    private CommandFailedException refused(String method, String path, int status, String body) {
        var words = withoutToken(PlainText.of(body.strip()));
        if (words.isEmpty()) {
            return new CommandFailedException(
                    method + " " + path + ": expected success; found 'HTTP " + status + "'");
        }
        var said = words.length() > MAX_MESSAGE ? words.substring(0, MAX_MESSAGE) + " ..." : words;
        return new CommandFailedException(
                // who logs in has no token to name
                status == FORBIDDEN && isOfToken(said) && !path.equals("/v1/acl/login")
                        ? command + ": " + said + " (" + access.shown() + ")"
                        : said);
    }

    /// As Consul's clients know them.
    private static boolean isOfToken(String words) {
        return words.startsWith("Permission denied") || words.startsWith("ACL not found");
    }

    /// Whatever a server repeats of what it was asked.
    String withoutToken(String words) {
        return access.token()
                .map(token -> words.replace(token.value().value(), token.value().toString()))
                .orElse(words);
    }
}
