package dev.hansa.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// A `hansa server` as a process of its own, spoken to as operators do.
final class ServerProcess implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);

    /// How often a condition is looked at that no server can be asked to wait for.
    private static final Duration LOOK = Duration.ofMillis(20);

    private final String host;
    private final Process process;
    private final Path log;
    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();

    private ServerProcess(String host, Process process, Path log) {
        this.host = host;
        this.process = process;
        this.log = log;
    }

    static ServerProcess start(Path checkout, Path directory, String datacenter, String host)
            throws IOException, InterruptedException {
        return start(checkout, directory, datacenter, host, List.of());
    }

    /// @param settings flags besides
    static ServerProcess start(
            Path checkout, Path directory, String datacenter, String host, List<String> settings)
            throws IOException, InterruptedException {
        requireFree(host);
        var log = directory.resolve(datacenter + ".log");
        var builder =
                new ProcessBuilder(
                                checkout.resolve("hansa").toString(),
                                "server",
                                "--datacenter",
                                datacenter,
                                "--data-dir",
                                directory.resolve(datacenter).toString(),
                                "--http-address",
                                host + ":8500",
                                "--peer-address",
                                host + ":8503",
                                "--proxy-address",
                                host + ":8502",
                                "--admin-address",
                                host + ":19500",
                                "--dns-address",
                                "none")
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.command().addAll(settings);
        builder.environment().put("HANSA_NO_BUILD", "1");
        var server = new ServerProcess(host, builder.start(), log);
        server.await("an answer", START_LIMIT, server::answers);
        return server;
    }

    /// Another server there would answer in the place of ours, and be measured.
    private static void requireFree(String host) {
        try (var taken = new Socket(host, 8500)) {
            throw new IllegalStateException(
                    taken.getRemoteSocketAddress()
                            + ": expected a free address; found a server there (see --network)");
        } catch (IOException _) {
            // refused, as it should be
        }
    }

    private boolean answers() {
        try {
            return send("GET", "/v1/catalog/services", "").statusCode() == 200;
        } catch (IOException _) {
            return false; // not listening yet; the wait for it is bounded
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    String host() {
        return host;
    }

    /// @throws IllegalStateException when the answer is not 200
    JsonNode call(String method, String path, Object body)
            throws IOException, InterruptedException {
        var answer = send(method, path, body instanceof String text ? text : json(body));
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(
                    method
                            + " "
                            + path
                            + ": expected 200; found "
                            + answer.statusCode()
                            + " "
                            + answer.body());
        }
        return answer.body().isEmpty() ? JSON.nullNode() : JSON.readTree(answer.body());
    }

    /// The answer to a read together with its index, for the next blocking one.
    record Read(JsonNode body, String index) {}

    Read read(String path, String index) throws IOException, InterruptedException {
        var answer = send("GET", path + "&index=" + index + "&wait=30s", "");
        return new Read(
                JSON.readTree(answer.body()),
                answer.headers().firstValue("X-Consul-Index").orElse("0"));
    }

    private static String json(Object body) throws IOException {
        return JSON.writeValueAsString(body);
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create("http://" + host + ":8500" + path))
                        .timeout(CALL_LIMIT)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /// The sum of a metric's samples that have this label value.
    double metric(String name, String label) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create("http://" + host + ":19500/metrics"))
                        .timeout(CALL_LIMIT)
                        .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") && line.contains('"' + label + '"'))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /// What the process has had of the processors since its start; a shared machine changes it less
    /// than the time on the clock.
    Duration processorTime() {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(() ->
                        new IllegalStateException(
                                "server " + host + ": expected its processor time; found none"));
    }

    /// Bytes of live objects, after the full collection that the histogram makes.
    long liveHeap() throws IOException, InterruptedException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var histogram =
                new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.class_histogram")
                        .redirectErrorStream(true)
                        .start();
        var text = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var total =
                text.lines()
                        .filter(line -> line.startsWith("Total"))
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalStateException("jcmd: expected a total; found " + text));
        return Long.parseLong(total.trim().split("\\s+")[2]);
    }

    /// @throws IllegalStateException when it does not come true in time or the server is gone
    void await(String what, Duration limit, BooleanSupplier condition) throws InterruptedException {
        var deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                throw new IllegalStateException(
                        "server "
                                + host
                                + ": expected "
                                + what
                                + " within "
                                + limit.toSeconds()
                                + " s; found none; its log ends\n"
                                + tail());
            }
            TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
        }
    }

    private String tail() {
        try {
            var lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /// Writes one instance, on a node of its own as pods are.
    void register(String service, int instance, boolean isUp)
            throws IOException, InterruptedException {
        var id = service + "-" + instance;
        call(
                "PUT",
                "/v1/catalog/register",
                registration(
                        "node-" + id,
                        "10.0.%d.%d".formatted(instance, service.hashCode() & 127),
                        service,
                        id,
                        status(isUp)));
    }

    static String status(boolean isUp) {
        return isUp ? "passing" : "critical";
    }

    /// What an answer about a service's health says of one instance; empty when it is not in it.
    static String status(JsonNode health, String id) {
        for (var entry : health) {
            if (entry.path("Service").path("ID").asText().equals(id)) {
                return entry.path("Checks").path(0).path("Status").asText();
            }
        }
        return "";
    }

    /// A body for the catalog: one instance with one check.
    private static Map<String, Object> registration(
            String node, String address, String service, String id, String status) {
        return Map.of(
                "Node",
                node,
                "Address",
                address,
                "Service",
                Map.of("ID", id, "Service", service, "Address", address, "Port", 8080),
                "Checks",
                List.of(
                        Map.of(
                                "CheckID",
                                "service:" + id,
                                "Name",
                                "reachable",
                                "Status",
                                status,
                                "ServiceID",
                                id)));
    }

    @Override
    public void close() {
        // the next one may want its address
        process.destroyForcibly().onExit().join();
        client.close();
    }
}
