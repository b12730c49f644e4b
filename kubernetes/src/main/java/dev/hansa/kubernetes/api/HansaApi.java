package dev.hansa.kubernetes.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Secret;
import dev.hansa.kubernetes.api.ApiException.Cause;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/// What the operator asks a server. Each request ends within [#LONGEST]; a writer of the lease
/// reckons with that.
public final class HansaApi implements AutoCloseable {
    /// A peer that a token is established with is given three seconds by the server.
    public static final Duration LONGEST = Duration.ofSeconds(8);

    private static final Duration CONNECT = Duration.ofSeconds(3);

    /// Of a server's sentence, for a status that people read.
    private static final int MAX_SENTENCE = 2_000;

    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;
    private static final int BAD = 400;
    private static final int TIMED_OUT = 408;
    private static final int TOO_LARGE = 413;
    private static final int BUSY = 429;
    private static final int INTERNAL = 500;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ApiAccess access;
    private final HttpClient client;

    record Answer(int status, String body) {}

    /// @throws IOException naming the CA file when it has no certificates
    public HansaApi(ApiAccess access) throws IOException {
        this.access = access;
        var builder =
                HttpClient.newBuilder()
                        .connectTimeout(CONNECT)
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER);
        if ("https".equals(access.base().getScheme())) {
            builder.sslContext(access.trust());
        }
        this.client = builder.build();
    }

    /// @return empty when there is none; a token that may not see it is an exception, so that an
    ///   entry is never taken for gone because it is hidden
    public Optional<StoredEntry> entry(String kind, String name)
            throws ApiException, InterruptedException {
        var answer = ask("GET", "/v1/config/" + kind + "/" + part(name), "");
        return answer.status() == NOT_FOUND
                ? Optional.empty()
                : Optional.of(stored(object(succeeded(answer))));
    }

    /// Those that the token may see.
    public List<StoredEntry> entries(String kind) throws ApiException, InterruptedException {
        var all = new ArrayList<StoredEntry>();
        for (var one : tree(succeeded(ask("GET", "/v1/config/" + kind, "")))) {
            if (one instanceof ObjectNode entry) {
                all.add(stored(entry));
            }
        }
        return all;
    }

    /// The entry as it would be kept.
    ///
    /// @throws ApiException with the sentence that a write would be told; REFUSED by a 400 or a 413
    ///   alone, for what is refused is taken out of the exports: a server without a leader, or
    ///   whatever stands before it, has not judged the entry
    public StoredEntry validate(ObjectNode resource) throws ApiException, InterruptedException {
        var answer = ask("PUT", "/v1/hansa/config/validate", resource.toString());
        try {
            return stored(object(succeeded(answer)));
        } catch (ApiException e) {
            if (e.reason() != Cause.REFUSED
                    || answer.status() == BAD
                    || answer.status() == TOO_LARGE) {
                throw e;
            }
            throw new ApiException(Cause.UNREACHABLE, e.sentence(), e);
        }
    }

    /// @param index of what the writer has read; 0: that there is none
    public void write(ObjectNode resource, long index) throws ApiException, InterruptedException {
        compared(succeeded(ask("PUT", "/v1/config?cas=" + index, resource.toString())));
    }

    public void delete(StoredEntry entry) throws ApiException, InterruptedException {
        compared(
                succeeded(
                        ask(
                                "DELETE",
                                "/v1/config/"
                                        + entry.kind()
                                        + "/"
                                        + part(entry.name())
                                        + "?cas="
                                        + entry.index(),
                                "")));
    }

    private static void compared(String body) throws ApiException {
        if (!body.strip().equals("true")) {
            throw new ApiException(
                    Cause.CONFLICT, "the entry was written by somebody else meanwhile");
        }
    }

    public Optional<StoredPeering> peering(String name) throws ApiException, InterruptedException {
        var answer = ask("GET", "/v1/peering/" + part(name), "");
        return answer.status() == NOT_FOUND
                ? Optional.empty()
                : Optional.of(peering(tree(succeeded(answer))));
    }

    public List<StoredPeering> peerings() throws ApiException, InterruptedException {
        var all = new ArrayList<StoredPeering>();
        for (var one : tree(succeeded(ask("GET", "/v1/peerings", "")))) {
            all.add(peering(one));
        }
        return all;
    }

    /// @param body as `POST /v1/peering/token` takes it
    public IssuedToken generateToken(ObjectNode body) throws ApiException, InterruptedException {
        var answer = object(succeeded(ask("POST", "/v1/peering/token", body.toString())));
        return new IssuedToken(
                new Secret(answer.path("PeeringToken").asText()),
                answer.path("Fingerprint").asText(),
                answer.path("FingerprintWords").asText());
    }

    /// @param body as `POST /v1/peering/establish` takes it, with a token
    /// @return whose token it was: fingerprint and words
    public Map.Entry<String, String> establish(ObjectNode body)
            throws ApiException, InterruptedException {
        var secret = body.path("PeeringToken").asText();
        var answer = ask("POST", "/v1/peering/establish", body.toString());
        try {
            var whose = tree(succeeded(answer));
            return Map.entry(
                    whose.path("Fingerprint").asText(), whose.path("FingerprintWords").asText());
        } catch (ApiException e) {
            // a token that is not taken is answered as Consul does, by a 500
            var reason = answer.status() == INTERNAL ? Cause.REFUSED : e.reason();
            // whatever a server repeats of what it was asked
            throw new ApiException(reason, e.sentence().replace(secret, "<redacted>"), e);
        }
    }

    /// One that is not there is deleted already.
    public void deletePeering(String name) throws ApiException, InterruptedException {
        var answer = ask("DELETE", "/v1/peering/" + part(name), "");
        if (answer.status() != NOT_FOUND) {
            succeeded(answer);
        }
    }

    private static StoredEntry stored(ObjectNode entry) {
        var index = entry.path("ModifyIndex").asLong();
        entry.remove(List.of("CreateIndex", "ModifyIndex"));
        return new StoredEntry(
                entry.path("Kind").asText(), entry.path("Name").asText(), index, entry);
    }

    private static StoredPeering peering(JsonNode json) {
        var meta = new HashMap<String, String>();
        json.path("Meta")
                .properties()
                .forEach(one -> meta.put(one.getKey(), one.getValue().asText()));
        var stream = json.path("StreamStatus");
        return new StoredPeering(
                json.path("Name").asText(),
                json.path("ID").asText(),
                json.path("State").asText(),
                meta,
                json.path("Remote").path("Datacenter").asText(),
                stream.path("ImportedServices").size(),
                stream.path("ExportedServices").size(),
                // the first heartbeat comes some time after the first word
                Stream.of("LastHeartbeat", "LastReceive")
                        .flatMap(field -> moment(stream.path(field).asText("")).stream())
                        .max(Comparator.naturalOrder()));
    }

    private static Optional<Instant> moment(String text) {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
        } catch (DateTimeParseException _) {
            return Optional.empty();
        }
    }

    /// A list, wherever it is.
    JsonNode list(String path) throws ApiException, InterruptedException {
        var found = read(path);
        if (found.isArray()) {
            return found;
        }
        throw new ApiException(
                Cause.UNREACHABLE,
                "server: expected a list; found '" + ForeignText.shown(found.toString()) + "'");
    }

    JsonNode read(String path) throws ApiException, InterruptedException {
        return tree(succeeded(ask("GET", path, "")));
    }

    void put(String path, ObjectNode body) throws ApiException, InterruptedException {
        succeeded(ask("PUT", path, body.toString()));
    }

    static String part(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /// With a token of the caller's own in place of the file's.
    ///
    /// @return what was answered as JSON; nothing where the answer is empty
    JsonNode asked(String method, String path, String body, Optional<String> token)
            throws ApiException, InterruptedException {
        var text = succeeded(ask(method, path, body, token));
        return text.isBlank() ? JSON.missingNode() : tree(text);
    }

    private Answer ask(String method, String path, String body)
            throws ApiException, InterruptedException {
        return ask(method, path, body, access.token());
    }

    /// @param token to ask with, in place of the file's
    Answer ask(String method, String path, String body, Optional<String> token)
            throws ApiException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(access.base() + path))
                        .timeout(LONGEST)
                        .header("Content-Type", "application/json")
                        .method(
                                method,
                                body.isEmpty()
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(body));
        token.ifPresent(secret -> request.header("X-Consul-Token", secret));
        // the request's own limit ends with the head of the answer
        var answer = client.sendAsync(request.build(), BodyHandlers.ofString());
        try {
            HttpResponse<String> whole = answer.get(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
            return new Answer(
                    whole.statusCode(),
                    token.map(secret -> whole.body().replace(secret, "<redacted>"))
                            .orElseGet(whole::body));
        } catch (TimeoutException e) {
            throw unreachable(
                    "expected an answer to "
                            + method
                            + " within "
                            + LONGEST.toSeconds()
                            + "s; found none",
                    e);
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw unreachable(
                    "expected an answer to "
                            + method
                            + "; found '"
                            + cause.getClass().getSimpleName()
                            + (cause.getMessage() == null
                                    ? ""
                                    : ": " + ForeignText.shown(cause.getMessage(), MAX_SENTENCE))
                            + "'",
                    e);
        } finally {
            answer.cancel(true);
        }
    }

    private ApiException unreachable(String sentence, Throwable cause) {
        return new ApiException(Cause.UNREACHABLE, access.base() + ": " + sentence, cause);
    }

    static String succeeded(Answer answer) throws ApiException {
        if (answer.status() / 100 == 2) {
            return answer.body();
        }
        var words = ForeignText.shown(answer.body().strip(), MAX_SENTENCE);
        var sentence = words.isEmpty() ? "HTTP " + answer.status() : words;
        throw new ApiException(cause(answer.status()), sentence);
    }

    /// A no is of the four hundreds; a server without a leader says 500.
    private static Cause cause(int status) {
        if (status == FORBIDDEN) {
            return Cause.FORBIDDEN;
        }
        return status / 100 == 4 && status != TIMED_OUT && status != BUSY
                ? Cause.REFUSED
                : Cause.UNREACHABLE;
    }

    static JsonNode tree(String text) throws ApiException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new ApiException(
                    Cause.UNREACHABLE,
                    "server: expected JSON; found '" + ForeignText.shown(text) + "'",
                    e);
        }
    }

    static ObjectNode object(String text) throws ApiException {
        if (tree(text) instanceof ObjectNode object) {
            return object;
        }
        throw new ApiException(
                Cause.UNREACHABLE,
                "server: expected a JSON object; found '" + ForeignText.shown(text) + "'");
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
