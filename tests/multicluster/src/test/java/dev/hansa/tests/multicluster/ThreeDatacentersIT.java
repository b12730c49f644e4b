package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Three datacenters that are all peered with one another, and a sameness group in each by which
/// `api` fails over to both others. What dies is made up for by whoever is left; when nothing is,
/// callers are told so in bounded time, and no call goes round.
// shows: POST /v1/hansa/trace/:service
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ThreeDatacentersIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int APPLICATION_PORT = 8080;
    private static final int UPSTREAM_PORT = 5001;

    /// What a request may take in the worst case, before anybody has found out about a death.
    private static final Duration BOUND = Duration.ofSeconds(5);

    private final List<City> cities = new ArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    @TempDir Path folder;
    private int words;

    /// One datacenter's processes, and its application, which is a part of this test.
    private final class City implements AutoCloseable {
        private final String name;
        private final String net;
        private final BareServer server;
        private final List<Process> proxies = new ArrayList<>();
        private final Queue<String> heard = new ConcurrentLinkedQueue<>();
        private Optional<ServerSocket> application = Optional.empty();

        City(String name, int number) throws IOException {
            this.name = name;
            this.net = "127.78." + number;
            this.server = BareServer.start(name, net + ".1", folder);
        }

        void startProxies() throws Exception {
            joinToken("gateway", Map.of("MeshGateway", true));
            proxies.add(
                    Checkout.start(
                            Checkout.target("three-" + name + "-gateway.log"),
                            "gateway",
                            "--node-name",
                            name + "-gateway",
                            "--join-token-file",
                            folder.resolve(name + "-gateway.token").toString(),
                            "--listen",
                            net + ".2:8443",
                            "--wan-address",
                            net + ".2:8443",
                            "--lan-address",
                            net + ".2:8443",
                            "--data-dir",
                            folder.resolve(name + "-gateway").toString(),
                            "--admin-address",
                            net + ".2:19443",
                            "--exit-with-parent"));
            joinToken("sidecar", Map.of("Services", List.of("api")));
            var settings =
                    new SidecarFile(
                                    name + "-sidecar",
                                    "api",
                                    net + ".3",
                                    net + ".3",
                                    net + ".10:" + APPLICATION_PORT,
                                    "api:" + UPSTREAM_PORT)
                            .write(folder);
            proxies.add(
                    Checkout.start(
                            Checkout.target("three-" + name + "-sidecar.log"),
                            "sidecar",
                            "--config",
                            settings.toString(),
                            "--exit-with-parent"));
        }

        private void joinToken(String proxy, Map<String, Object> what) throws Exception {
            Files.writeString(
                    folder.resolve(name + "-" + proxy + ".token"),
                    server.must("POST", "/v1/hansa/join-token", what).path("JoinToken").asText());
        }

        /// Answers each word with this datacenter's name, and keeps the word.
        void startApplication() throws IOException {
            var socket =
                    new ServerSocket(APPLICATION_PORT, 100, InetAddress.getByName(net + ".10"));
            application = Optional.of(socket);
            Thread.ofVirtual()
                    .start(() -> {
                        while (!socket.isClosed()) {
                            try {
                                var connection = socket.accept();
                                Thread.ofVirtual().start(() -> answer(connection));
                            } catch (IOException _) {
                                return; // closed
                            }
                        }
                    });
        }

        private void answer(Socket connection) {
            try (connection) {
                var word =
                        new String(
                                connection.getInputStream().readNBytes(8),
                                StandardCharsets.US_ASCII);
                if (!word.isEmpty()) {
                    heard.add(word);
                    connection.getOutputStream().write(name.getBytes(StandardCharsets.US_ASCII));
                }
            } catch (IOException _) {
                // a check or a caller that went away
            }
        }

        void stopApplication() throws IOException {
            application.orElseThrow().close();
        }

        /// The name of the datacenter that has answered; empty: a reset or an end came.
        Optional<String> call(String word) {
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress(net + ".3", UPSTREAM_PORT), 2000);
                socket.setSoTimeout((int) BOUND.toMillis());
                socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
                var answer =
                        new String(
                                socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII);
                return Optional.of(answer).filter(text -> !text.isEmpty());
            } catch (IOException _) {
                return Optional.empty();
            }
        }

        JsonNode upstream() throws IOException, InterruptedException {
            var health =
                    client.send(
                            HttpRequest.newBuilder(URI.create("http://" + net + ".3:19000/health"))
                                    .timeout(Duration.ofSeconds(10))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return JSON.readTree(health.body()).at("/services/api/upstreams/api");
        }

        /// Which target its callers go to, as the sidecar says.
        String live() {
            try {
                return upstream().path("live").asText();
            } catch (IOException e) {
                return "not up: " + e.getMessage();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /// All of its processes at once.
        void kill() throws InterruptedException {
            proxies.forEach(Process::destroyForcibly);
            server.kill();
        }

        @Override
        public void close() {
            proxies.forEach(Process::destroyForcibly);
            server.close();
        }
    }

    @BeforeEach
    void start() throws Exception {
        for (var name : List.of("eks", "lke", "vms")) {
            cities.add(new City(name, cities.size() + 1));
        }
        for (var city : cities) {
            city.server.awaitAnswer();
        }
        for (var i = 0; i < cities.size(); i++) {
            cities.get(i).server.peerWith(cities.get((i + 1) % cities.size()).server);
        }
        for (var city : cities) {
            var others = cities.stream().filter(other -> other != city).toList();
            for (var other : others) {
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> city.server.state(other.name).equals("ACTIVE"));
            }
            write(
                    city,
                    Map.of(
                            "Kind",
                            "sameness-group",
                            "Name",
                            "cities",
                            "DefaultForFailover",
                            true,
                            "IncludeLocal",
                            true,
                            "Members",
                            others.stream().map(other -> Map.of("Peer", other.name)).toList()));
            write(
                    city,
                    Map.of(
                            "Kind",
                            "exported-services",
                            "Name",
                            "default",
                            "Services",
                            List.of(
                                    Map.of(
                                            "Name",
                                            "api",
                                            "Consumers",
                                            List.of(Map.of("SamenessGroup", "cities"))))));
            write(city, intentions(List.of()));
            city.startApplication();
            city.startProxies();
        }
        for (var city : cities) {
            await().atMost(Duration.ofMinutes(2)).until(() -> isServedBy(city, city));
            await().atMost(Duration.ofMinutes(1))
                    .until(() ->
                            city.upstream().path("targets").size() == 3
                                    && city.upstream()
                                            .path("targets")
                                            .valueStream()
                                            .allMatch(target ->
                                                    target.asText().endsWith(": passing")));
        }
    }

    /// Every city may call, but for what is said before.
    private static Map<String, Object> intentions(List<Map<String, String>> before) {
        var sources = new ArrayList<>(before);
        sources.add(Map.of("Name", "api", "SamenessGroup", "cities", "Action", "allow"));
        return Map.of("Kind", "service-intentions", "Name", "api", "Sources", sources);
    }

    private static void write(City city, Map<String, Object> entry) throws Exception {
        city.server.must("PUT", "/v1/config", entry);
    }

    @AfterEach
    void stop() throws IOException {
        for (var city : cities) {
            city.close();
            if (city.application.isPresent()) {
                city.application.get().close();
            }
        }
        client.close();
    }

    /// A word that nobody has said before.
    private String word() {
        return String.format(Locale.ROOT, "%08d", words++);
    }

    private boolean isServedBy(City caller, City callee) {
        return caller.call(word()).filter(callee.name::equals).isPresent();
    }

    @Test
    void whoIsLeftSellsForAllAndWhenNobodyIsCallersAreToldSoAtOnce() throws Exception {
        var eks = cities.get(0);
        var lke = cities.get(1);
        var vms = cities.get(2);
        everyWayOfACallCanBeTraced(lke, eks, vms);

        lke.stopApplication();
        await().atMost(Duration.ofSeconds(30)).until(() -> isServedBy(lke, eks));
        vms.stopApplication();
        await().atMost(Duration.ofSeconds(30)).until(() -> isServedBy(vms, eks));
        await().atMost(Duration.ofSeconds(30)).until(() -> isServedBy(lke, eks));

        eks.stopApplication();
        // from the first call on, whoever has found out or not
        for (var round = 0; round < 5; round++) {
            for (var city : cities) {
                var began = System.nanoTime();
                assertThat(city.call(word())).as("nobody is left to answer " + city.name).isEmpty();
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(BOUND);
            }
        }
        for (var city : cities) {
            await().atMost(Duration.ofSeconds(30)).until(() -> city.live().equals("none"));
            assertThat(city.call(word())).isEmpty();
            var refusal = city.upstream().path("lastRefusal");
            assertThat(refusal.path("reason").asText()).isEqualTo("no_healthy_endpoint");
            assertThat(refusal.path("sentence").asText())
                    .contains("'api'", "api.peer.", "no healthy instance");
        }

        vms.startApplication();
        for (var city : cities) {
            await().atMost(Duration.ofSeconds(30)).until(() -> isServedBy(city, vms));
        }
        nobodyHeardAWordTwice();
    }

    private static JsonNode trace(City from) throws Exception {
        return from.server.must("POST", "/v1/hansa/trace/api?from=api", "");
    }

    /// With times that can be: TCP before the handshake, and the peers' further away than our own.
    private void everyWayOfACallCanBeTraced(City from, City one, City other) throws Exception {
        var traced = trace(from);

        assertThat(traced.path("Problem").asText()).isEmpty();
        assertThat(traced.path("Ways").valueStream().map(way -> way.path("SpiffeID").asText()))
                .as(traced.toPrettyString())
                .hasSize(3)
                .satisfiesExactly(
                        id -> assertThat(id).contains("/dc/" + from.name + "/svc/api"),
                        id -> assertThat(id).contains("/dc/" + one.name + "/svc/api"),
                        id -> assertThat(id).contains("/dc/" + other.name + "/svc/api"));
        assertThat(traced.path("Ways").valueStream())
                .allSatisfy(way -> {
                    assertThat(way.path("Reached").asBoolean()).isTrue();
                    assertThat(way.path("Protocol").asText()).isEqualTo("TLSv1.3");
                    assertThat(way.path("ConnectedMillis").asDouble())
                            .isPositive()
                            .isLessThan(way.path("TookMillis").asDouble());
                });
        assertThat(
                        traced.path("Gateways")
                                .valueStream()
                                .map(leg ->
                                        leg.path("Target").asText()
                                                + " "
                                                + leg.at("/Ways/0/Address").asText()
                                                + " "
                                                + leg.at("/Ways/0/Reached").asBoolean()))
                .containsExactly(
                        "api.peer." + one.name + " " + one.net + ".2:8443 true",
                        "api.peer." + other.name + " " + other.net + ".2:8443 true");

        // the handshake succeeds there: only what comes after it tells
        write(one, intentions(List.of(Map.of("Name", "api", "Peer", from.name, "Action", "deny"))));
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        trace(from)
                                .at("/Ways/1/Failure")
                                .asText()
                                .startsWith("closed after the handshake"));
        write(one, intentions(List.of()));

        from.stopApplication();
        await().atMost(Duration.ofSeconds(30)).until(() -> isServedBy(from, one));
        var ways = trace(from).path("Ways");
        var own =
                ways.valueStream()
                        .filter(way -> way.path("Target").asText().equals("api"))
                        .findFirst()
                        .orElseThrow();
        assertThat(own.path("Reached").asBoolean()).isFalse();
        assertThat(own.path("Failure").asText()).contains("does not accept connections");
        assertThat(ways.path(1).path("Reached").asBoolean()).isTrue();
        from.startApplication();
        await().atMost(Duration.ofSeconds(30)).until(() -> isServedBy(from, from));
    }

    @Test
    void allProcessesOfOneDatacenterDieAtOnce() throws Exception {
        var eks = cities.get(0);
        var lke = cities.get(1);
        var vms = cities.get(2);
        eks.stopApplication();
        // lke is the first of the other members
        await().atMost(Duration.ofSeconds(30)).until(() -> isServedBy(eks, lke));

        lke.kill();
        lke.stopApplication();

        await().atMost(Duration.ofMinutes(1)).until(() -> isServedBy(eks, vms));
        for (var i = 0; i < 20; i++) {
            assertThat(isServedBy(eks, vms)).isTrue();
            assertThat(isServedBy(vms, vms)).isTrue();
        }
        nobodyHeardAWordTwice();
    }

    /// Nobody carries on what it was sent: each word was heard in one datacenter, once.
    private void nobodyHeardAWordTwice() {
        var all = cities.stream().flatMap(city -> city.heard.stream()).toList();
        assertThat(all).isNotEmpty().doesNotHaveDuplicates();
    }
}
