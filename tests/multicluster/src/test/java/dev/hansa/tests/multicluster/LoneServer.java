package dev.hansa.tests.multicluster;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// One `hansa server` as a process of its own, on a loopback address that no other test uses.
final class LoneServer implements AutoCloseable {
    static final String HOST = "127.11.0.1";
    static final String HTTP = "http://" + HOST + ":8500";

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Process process;
    private final Path log;

    private LoneServer(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /// The flags of a server with its state in `data`.
    static List<String> flags(Path data) {
        return List.of(
                "server",
                "--datacenter",
                "solo",
                "--data-dir",
                data.toString(),
                "--http-address",
                HOST + ":8500",
                "--peer-address",
                HOST + ":8503",
                "--proxy-address",
                HOST + ":8502",
                "--admin-address",
                HOST + ":19500",
                "--dns-address",
                HOST + ":8600");
    }

    static LoneServer start(Path data, Path log) throws IOException {
        var server = new LoneServer(Checkout.start(log, flags(data).toArray(String[]::new)), log);
        try {
            await().atMost(Duration.ofMinutes(2)).until(server::answersOrEnded);
            if (!server.process.isAlive()) {
                throw new AssertionError(
                        "hansa server: expected to run; found:\n" + Files.readString(log));
            }
            return server;
        } catch (RuntimeException | Error e) {
            server.close();
            throw e;
        }
    }

    private boolean answersOrEnded() throws InterruptedException {
        try {
            return !process.isAlive() || read("/v1/catalog/services").statusCode() == 200;
        } catch (IOException e) {
            return false; // not listening yet
        }
    }

    HttpResponse<String> read(String path) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(HTTP + path))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /// SIGKILL.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    Path log() {
        return log;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        client.close();
    }
}
