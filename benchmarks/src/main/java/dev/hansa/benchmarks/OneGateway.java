package dev.hansa.benchmarks;

import dev.hansa.benchmarks.gateway.Backend;
import dev.hansa.benchmarks.gateway.Helper;
import dev.hansa.benchmarks.gateway.Rival;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A gateway of Hansa's with one name to carry, and the server that it has the name from.
final class OneGateway {
    private static final int SERVER_PEER_PORT = 8503;
    private static final int PORT = 8443;
    private static final int ADMIN = 19443;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path checkout;
    private final Path folder;
    private final String network;
    private final String config;
    private final int host;

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    /// @param folder for its data and its log
    /// @param network the first three bytes of the loopback addresses to use
    OneGateway(Path checkout, Path folder, String network) {
        this(checkout, folder, network, "default", 2);
    }

    private OneGateway(Path checkout, Path folder, String network, String config, int host) {
        this.checkout = checkout;
        this.folder = folder;
        this.network = network;
        this.config = config;
        this.host = host;
    }

    /// One of another build beside it, with the same server and backend.
    OneGateway against(Path build) {
        return new OneGateway(build, folder, network, "against", host + 1);
    }

    private String address() {
        return network + "." + host;
    }

    /// Where the server takes peers, and whoever is measured in its place what they are carried to.
    InetSocketAddress backend() {
        return new InetSocketAddress(network + ".1", SERVER_PEER_PORT);
    }

    /// Starts it there, once the server has gone.
    Helper startBackend() throws IOException {
        var at = backend();
        return Helper.start(
                Backend.class,
                List.of(),
                at.getAddress().getHostAddress(),
                Integer.toString(at.getPort()));
    }

    /// Peers that come through the gateway are a name for which it needs nobody else: it leads to
    /// the server's own port for peers, whose place the backend takes when the server has gone.
    static String serve(ServerProcess server) throws IOException, InterruptedException {
        server.call(
                "PUT",
                "/v1/config",
                Map.of(
                        "Kind",
                        "mesh",
                        "Name",
                        "mesh",
                        "Peering",
                        Map.of("PeerThroughMeshGateways", true)));
        var domain = server.call("GET", "/v1/hansa/ca", "").path("TrustDomain").asText();
        return "server.bench.peering." + domain;
    }

    /// @param settings besides those that it needs
    Rival rival(ServerProcess server, List<String> settings)
            throws IOException, InterruptedException {
        var token = folder.resolve("gateway-" + config + ".token");
        Files.writeString(
                token,
                server.call("POST", "/v1/hansa/join-token", Map.of("MeshGateway", true))
                        .path("JoinToken")
                        .asText());
        var command =
                new ArrayList<>(
                        List.of(
                                checkout.resolve("hansa").toString(),
                                "gateway",
                                "--join-token-file",
                                token.toString(),
                                "--node-name",
                                config,
                                "--listen",
                                address() + ":" + PORT,
                                "--admin-address",
                                address() + ":" + ADMIN,
                                "--data-dir",
                                folder.resolve("gateway-" + config).toString(),
                                "--drain-grace",
                                "0s",
                                "--drain-timeout",
                                "0s"));
        command.addAll(settings);
        return new Rival("hansa", config, new InetSocketAddress(address(), PORT), command);
    }

    /// The first start asks the server, and has the routes on its disk from then on.
    void learnRoutes(Rival ours) throws IOException, InterruptedException {
        try (var _ = ours.start(folder, List.of())) {
            ready(ours);
        }
    }

    /// What it counts, by name and labels.
    Map<String, Double> metrics() throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create("http://" + address() + ":" + ADMIN + "/metrics"))
                        .timeout(LIMIT)
                        .build();
        var counts = new HashMap<String, Double>();
        client.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    var space = line.lastIndexOf(' ');
                    counts.put(
                            line.substring(0, space),
                            Double.parseDouble(line.substring(space + 1)));
                });
        return counts;
    }

    /// Hansa's gateway has a stream to its server, and the name.
    void ready(Rival rival) throws IOException, InterruptedException {
        if (!rival.name().equals("hansa")) {
            return;
        }
        var until = System.nanoTime() + LIMIT.toNanos();
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://"
                                                + rival.address().getAddress().getHostAddress()
                                                + ":"
                                                + ADMIN
                                                + "/health"))
                        .timeout(LIMIT)
                        .build();
        while (true) {
            var health =
                    PeersBenchmark.JSON.readTree(
                            client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            if (health.path("control").asText().equals("connected")
                    && health.path("names").asInt() > 0) {
                return;
            }
            if (System.nanoTime() - until > 0) {
                throw new IllegalStateException(
                        "gateway: expected a stream to its server and a name; found " + health);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
