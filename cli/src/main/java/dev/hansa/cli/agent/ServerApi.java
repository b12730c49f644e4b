package dev.hansa.cli.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Secret;
import dev.hansa.kubernetes.api.ApiAccess;
import dev.hansa.kubernetes.api.ApiException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// What an agent asks of its datacenter's servers. A server that does not answer is asked no more
/// before the others have been.
final class ServerApi implements AutoCloseable {
    /// Two fit into the shortest time for which a silent machine counts as there, with one server
    /// that is gone in between.
    private static final Duration LONGEST = Duration.ofSeconds(4);

    private static final Duration CONNECT = Duration.ofSeconds(1);

    /// Of a server's sentence, for a log that people read.
    private static final int MAX_SENTENCE = 1_000;

    /// A sidecar asks at once; whatever keeps it from it for longer has it start anew.
    private static final String JOIN_TOKEN_LIFE = "10m";

    private static final String HEARTBEAT = "/v1/hansa/agent/heartbeat";

    private static final int UNKNOWN = 404;
    private static final int TIMED_OUT = 408;
    private static final int BUSY = 429;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<ApiAccess> servers;
    private final HttpClient client;
    private volatile int current;

    /// What is registered at this node.
    ///
    /// @param digest of the service without its checks
    /// @param checks their statuses, by their ids
    record Held(String digest, Map<String, String> checks) {
        Held {
            checks = Map.copyOf(checks);
        }
    }

    /// @param servers all with the same CA file and token file
    /// @throws IOException naming the CA file when it has no certificates
    ServerApi(List<ApiAccess> servers) throws IOException {
        this.servers = List.copyOf(servers);
        var builder =
                HttpClient.newBuilder()
                        .connectTimeout(CONNECT)
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER);
        for (var one : servers) {
            if ("https".equals(one.base().getScheme())) {
                builder.sslContext(one.trust());
                break;
            }
        }
        this.client = builder.build();
    }

    /// @return what is registered at the node, by id
    Map<String, Held> beat(ObjectNode body) throws ServerException, InterruptedException {
        var answer = json(ask("PUT", HEARTBEAT, body.toString()));
        var held = new HashMap<String, Held>();
        for (var one : answer.path("Services").properties()) {
            var checks = new HashMap<String, String>();
            one.getValue()
                    .path("Checks")
                    .properties()
                    .forEach(check -> checks.put(check.getKey(), check.getValue().asText()));
            held.put(one.getKey(), new Held(one.getValue().path("Digest").asText(), checks));
        }
        return held;
    }

    /// @param body as `PUT /v1/catalog/register` takes it
    void register(String body) throws ServerException, InterruptedException {
        var _ = ask("PUT", "/v1/catalog/register", body);
    }

    /// @param service its id; empty: the node with all that is registered there
    void deregister(String node, String service) throws ServerException, InterruptedException {
        var body = JSON.createObjectNode().put("Node", node);
        if (!service.isEmpty()) {
            body.put("ServiceID", service);
        }
        var _ = ask("PUT", "/v1/catalog/deregister", body.toString());
    }

    /// Takes a check from whatever of the node has it. A service beside it would be taken away
    /// whole; whoever calls registers another one that has a check of this id again.
    void deregisterCheck(String node, String check) throws ServerException, InterruptedException {
        var body = JSON.createObjectNode().put("Node", node).put("CheckID", check);
        var _ = ask("PUT", "/v1/catalog/deregister", body.toString());
    }

    /// Good for one sidecar of one service.
    Secret joinToken(String service) throws ServerException, InterruptedException {
        var body = JSON.createObjectNode().put("TTL", JOIN_TOKEN_LIFE);
        body.putArray("Services").add(service);
        var token = json(ask("POST", "/v1/hansa/join-token", body.toString())).path("JoinToken");
        if (token.asText().isEmpty()) {
            throw new ServerException(false, "join token: expected one in the answer; found none");
        }
        return new Secret(token.asText());
    }

    private static JsonNode json(String text) throws ServerException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            // without what it was: a join token may be in it
            throw new ServerException(false, "server: expected JSON; found something else", e);
        }
    }

    private String ask(String method, String path, String body)
            throws ServerException, InterruptedException {
        var first = current;
        for (var attempt = 0; ; attempt++) {
            var at = (first + attempt) % servers.size();
            try {
                var answer = ask(servers.get(at), method, path, body);
                current = at;
                return answer;
            } catch (ServerException e) {
                if (e.isRefused() || attempt + 1 == servers.size()) {
                    throw e;
                }
            }
        }
    }

    private String ask(ApiAccess access, String method, String path, String body)
            throws ServerException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(access.base() + path))
                        .timeout(LONGEST)
                        .header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofString(body));
        var token = token(access);
        if (!token.isEmpty()) {
            request.header("X-Consul-Token", token);
        }
        // the request's own limit ends with the head of the answer
        var answer = client.sendAsync(request.build(), BodyHandlers.ofString());
        try {
            return succeeded(
                    access, method, path, answer.get(LONGEST.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            throw new ServerException(
                    false,
                    access.base()
                            + ": expected an answer within "
                            + LONGEST.toSeconds()
                            + " s; found none",
                    e);
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw new ServerException(
                    false,
                    access.base()
                            + ": expected an answer; found '"
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

    private static String token(ApiAccess access) throws ServerException {
        try {
            return access.token().orElse("");
        } catch (ApiException e) {
            throw new ServerException(true, e.sentence(), e);
        }
    }

    /// A no is of the four hundreds; a server without a leader says 500, and one of an earlier
    /// version knows no heartbeat.
    private static String succeeded(
            ApiAccess access, String method, String path, HttpResponse<String> answer)
            throws ServerException {
        var status = answer.statusCode();
        if (status / 100 == 2) {
            return answer.body();
        }
        throw new ServerException(
                status / 100 == 4
                        && status != TIMED_OUT
                        && status != BUSY
                        && !(status == UNKNOWN && path.equals(HEARTBEAT)),
                access.base()
                        + " "
                        + method
                        + " "
                        + path
                        + ": HTTP "
                        + status
                        + ": "
                        + ForeignText.shown(answer.body().strip(), MAX_SENTENCE));
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
