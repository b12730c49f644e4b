package dev.hansa.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/// The HTTP interface of a process as the demo uses it: a server's API, or an admin port.
final class Api {
    /// Establishing waits for the other datacenter; nothing else comes near.
    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client;
    private final URI base;

    /// Status and text of an answer.
    record Answer(int status, String body) {
        boolean ok() {
            return status == 200;
        }

        JsonNode json() throws IOException {
            return body.isBlank() ? JSON.nullNode() : JSON.readTree(body);
        }
    }

    Api(HttpClient client, String hostAndPort) {
        this.client = client;
        this.base = URI.create("http://" + hostAndPort);
    }

    Answer read(String path) throws IOException, InterruptedException {
        return send("GET", path, Map.of());
    }

    /// The JSON at a path.
    ///
    /// @throws IOException when the answer is not 200
    JsonNode json(String path) throws IOException, InterruptedException {
        var answer = read(path);
        if (!answer.ok()) {
            throw new IOException(
                    "GET "
                            + path
                            + ": expected 200; found '"
                            + answer.status()
                            + " "
                            + answer.body().strip()
                            + "'");
        }
        return answer.json();
    }

    Answer send(String method, String path, Map<String, ?> body)
            throws IOException, InterruptedException {
        var publisher =
                body.isEmpty()
                        ? BodyPublishers.noBody()
                        : BodyPublishers.ofString(JSON.writeValueAsString(body));
        var request =
                HttpRequest.newBuilder(base.resolve(path))
                        .timeout(TIMEOUT)
                        .header("Content-Type", "application/json")
                        .method(method, publisher)
                        .build();
        var response = client.send(request, BodyHandlers.ofString());
        return new Answer(response.statusCode(), response.body());
    }

    /// As [#send] where only success will do.
    JsonNode must(String method, String path, Map<String, ?> body)
            throws IOException, InterruptedException, StepFailed {
        var answer = send(method, path, body);
        if (!answer.ok()) {
            throw new StepFailed(
                    method
                            + " "
                            + base
                            + path
                            + ": expected 200; found '"
                            + answer.status()
                            + " "
                            + answer.body().strip()
                            + "'");
        }
        return answer.json();
    }
}
