package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualServices;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A pod in transparent proxy that only calls: its node is its own, of which no operator says
/// anything.
class CallersClusterIpsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path directory;
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final int http = FreePorts.one();
    private final int proxies = FreePorts.one();
    private @Nullable PeeringService server;

    @BeforeEach
    void start() throws Exception {
        var settings =
                Map.of(
                        "datacenter", "eks",
                        "data-dir", directory.resolve("data").toString(),
                        "http.address", "127.0.0.1:" + http,
                        "proxy.address", "127.0.0.1:" + proxies,
                        "dns.address", "none",
                        "peer.address", "127.0.0.1:" + FreePorts.one(),
                        "admin.address", "127.0.0.1:" + FreePorts.one());
        server =
                PeeringService.start(
                        PeeringServiceConfig.read(
                                Settings.of(settings, Map.of(), Optional.empty())),
                        Clock.systemUTC());
    }

    @AfterEach
    void stop() throws Exception {
        var running = server;
        if (running != null) {
            running.close();
        }
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private String send(String method, String path, String body) throws Exception {
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http + path))
                                .timeout(Duration.ofSeconds(20))
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return answer.body();
    }

    /// As an operator says what runs at a machine, and where its Service of `echo` is shown.
    private void cluster(String name, String machine, String address) throws Exception {
        send(
                "PUT",
                "/v1/catalog/register",
                """
                {"Node": "%s", "Address": "192.0.2.9", "Service":
                  {"Service": "on-%s", "Port": 80, "Meta": {"k8s-cluster": "%s/1"}}}\
                """
                        .formatted(machine, machine, name));
        send(
                "PUT",
                "/v1/config",
                """
                {"Kind": "cluster-ips", "Name": "%s.1", "Cluster": "%s/1", "Services":
                  [{"Name": "echo", "KubernetesService": "shop/echo", "Addresses": ["%s"], "Ports": [80]}]}\
                """
                        .formatted(name, name, address));
    }

    /// Comes anew, as one that knows of no routes.
    private static void connect(TestSidecar job, String machine) throws Exception {
        connect(job, "job-x7k2p", machine);
    }

    private static void connect(TestSidecar job, String node, String machine) throws Exception {
        job.connect(
                0,
                hello -> {
                    hello.setTransparent(true);
                    hello.getRegistrationBuilder()
                            .setNodeName(node)
                            .setOnlyCalls(true)
                            .setMachine(machine);
                });
    }

    private static Map<Endpoint, UpstreamName> told(TestSidecar job) throws Exception {
        return RouteCodec.decode(job.next())
                .virtual()
                .map(VirtualServices::clusterIps)
                .orElseThrow();
    }

    private static void isTold(TestSidecar job, String address) throws Exception {
        var echo = new UpstreamName(new ServiceName("echo"), Optional.empty());
        var expected = Map.of(new Endpoint(address, 80), echo);
        // until what was written is in what it is told, or there is nothing more
        while (!told(job).equals(expected)) {}
    }

    @Test
    void sidecarThatSaysItsMachineIsToldTheAddressesOfThatOnesCluster() throws Exception {
        send("PUT", "/v1/config", "{\"Kind\": \"service-resolver\", \"Name\": \"echo\"}");
        cluster("eks", "k8s-n1", "10.96.0.10");
        cluster("lke", "k8s-n2", "10.96.0.11");
        var joined =
                JSON.readTree(send("POST", "/v1/hansa/join-token", "{\"Services\": [\"job\"]}"));
        try (var job =
                new TestSidecar(
                        vertx,
                        proxies,
                        JoinToken.decode(joined.path("JoinToken").asText()),
                        "job",
                        List.of())) {
            connect(job, "k8s-n1");
            isTold(job, "10.96.0.10");
            connect(job, "k8s-n2");
            isTold(job, "10.96.0.11");
            // as sidecars of versions before say nothing; all is known by now
            connect(job, "");
            assertThat(told(job)).isEmpty();
            // and are known by the node that they are at
            connect(job, "k8s-n1", "");
            isTold(job, "10.96.0.10");
        }
    }
}
