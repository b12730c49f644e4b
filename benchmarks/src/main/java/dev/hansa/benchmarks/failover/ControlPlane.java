package dev.hansa.benchmarks.failover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// A datacenter's HTTP API, and any other page of a process.
record ControlPlane(HttpClient client, String host) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /// How long a read may wait for a change; one that waits on a server that dies ends with it.
    private static final long WAIT_SECONDS = 2;

    static HttpClient newClient() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build();
    }

    /// @throws IOException when there is no answer, or another status than 200
    JsonNode call(String method, String path, Object body)
            throws IOException, InterruptedException {
        return JSON.readTree(
                text(
                        method,
                        "http://" + host + ":8500" + path,
                        body instanceof String text ? text : JSON.writeValueAsString(body)));
    }

    JsonNode read(String path) throws IOException, InterruptedException {
        return call("GET", path, "");
    }

    /// A page of any address.
    static JsonNode page(HttpClient client, String address)
            throws IOException, InterruptedException {
        return JSON.readTree(text(client, address));
    }

    /// The same, as text.
    static String text(HttpClient client, String address) throws IOException, InterruptedException {
        return new ControlPlane(client, "").text("GET", address, "");
    }

    /// A request to any address, whose answer says nothing.
    static void post(HttpClient client, String address) throws IOException, InterruptedException {
        new ControlPlane(client, "").answer("POST", address, "");
    }

    private String text(String method, String address, String body)
            throws IOException, InterruptedException {
        return answer(method, address, body).body();
    }

    private HttpResponse<String> answer(String method, String address, String body)
            throws IOException, InterruptedException {
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create(address))
                                .timeout(LIMIT)
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(
                    method
                            + " "
                            + address
                            + ": expected 200; found "
                            + answer.statusCode()
                            + " "
                            + answer.body());
        }
        return answer;
    }

    /// Watches a path by blocking reads.
    ///
    /// @param path with its question mark
    /// @return when an answer was first as wanted; empty when none was by the deadline, or there is
    ///   nobody to ask
    OptionalLong seen(String path, Predicate<JsonNode> wanted, long deadline)
            throws InterruptedException {
        var index = "0";
        try {
            while (System.nanoTime() < deadline) {
                var left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                var wait = Math.clamp(left, 1, TimeUnit.SECONDS.toMillis(WAIT_SECONDS));
                var address = "http://" + host + ":8500" + path;
                var answer =
                        answer("GET", address + "&index=" + index + "&wait=" + wait + "ms", "");
                var at = System.nanoTime();
                if (wanted.test(JSON.readTree(answer.body()))) {
                    return OptionalLong.of(at);
                }
                index = answer.headers().firstValue("X-Consul-Index").orElse("0");
            }
        } catch (IOException _) {
            // nobody to ask
        }
        return OptionalLong.empty();
    }
}
