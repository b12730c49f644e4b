package dev.hansa.cli.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import dev.hansa.cli.RealServer;
import dev.hansa.peering.checks.Probes;
import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Agents in this process against a real server; their sidecars are processes that do nothing.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<AgentEvent> events = new CopyOnWriteArrayList<>();
    private final List<ProcessHandle> started = new CopyOnWriteArrayList<>();
    private final List<Agent> agents = new ArrayList<>();
    private final Path folder;
    private RealServer server;
    private String operator = "";
    private int node;

    AgentTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeAll
    void start() throws Exception {
        server = RealServer.start("eks", folder, Map.of());
    }

    @AfterAll
    void stop() throws Exception {
        server.close();
        client.close();
    }

    @AfterEach
    void end() throws Exception {
        for (var agent : agents) {
            agent.close();
        }
        agents.clear();
        started.forEach(ProcessHandle::destroyForcibly);
        started.clear();
        events.clear();
    }

    /// A machine with a folder of definitions, and an agent that can be started again.
    private final class Machine {
        final String name = "vm-" + ++node;
        final Path services;
        final Map<String, String> settings = new HashMap<>();

        Machine() throws Exception {
            services = Files.createDirectories(folder.resolve(name).resolve("services"));
            settings.put("node-name", name);
            settings.put("address", "127.0.0.1");
            settings.put("http-addr", server.url());
            settings.put("services-dir", services.toString());
            settings.put("data-dir", folder.resolve(name).resolve("data").toString());
            settings.put("node-ttl", "2s");
            settings.put("admin.address", "127.0.0.1:0");
        }

        Agent start() throws Exception {
            var agent =
                    Agent.start(
                            AgentConfig.read(Settings.of(settings, Map.of(), Optional.empty()), ""),
                            Probes.withLoopsOfItsOwn(),
                            AgentTest.this::sleeper,
                            events::add);
            agents.add(agent);
            return agent;
        }

        void stop(Agent agent) throws Exception {
            agents.remove(agent);
            agent.close();
        }

        /// Whole: half a file would be refused, or take its services away.
        void write(String file, String text) throws Exception {
            var next = Files.writeString(services.resolveSibling(file + ".next"), text);
            Files.move(next, services.resolve(file), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private ProcessHandle sleeper(String... arguments) throws IOException {
        var process = new ProcessBuilder("sleep", "600").start().toHandle();
        started.add(process);
        return process;
    }

    private JsonNode get(String url) throws Exception {
        return JSON.readTree(
                client.send(
                                HttpRequest.newBuilder(URI.create(url))
                                        .header("X-Consul-Token", operator)
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    /// The worst status of a service's checks; empty when it is not registered.
    private String status(String service) throws Exception {
        var all = get(server.url() + "/v1/health/service/" + service);
        if (all.isEmpty()) {
            return "";
        }
        var words =
                all.get(0)
                        .path("Checks")
                        .valueStream()
                        .map(check -> check.path("Status").asText())
                        .toList();
        return words.contains("critical")
                ? "critical"
                : words.contains("warning") ? "warning" : "passing";
    }

    private void becomes(String service, String status) {
        await().atMost(SOON).until(() -> status(service).equals(status));
    }

    private static String tcp(String name, int port) {
        return "service { name = \"%s\" port = %d check { tcp = \"127.0.0.1:%d\" interval = \"1s\" } }"
                .formatted(name, port, port);
    }

    @Test
    void serviceOfAFileIsInTheCatalogForAsLongAsTheFileSaysIt() throws Exception {
        var machine = new Machine();
        try (var application = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            machine.write("a.hcl", tcp("app", application.getLocalPort()));
            machine.start();
            becomes("app", "passing");
            assertThat(get(server.url() + "/v1/catalog/service/app").get(0).path("Node").asText())
                    .isEqualTo(machine.name);
        }
        becomes("app", "critical");

        machine.write("a.hcl", "service { name = ");
        await().atMost(SOON)
                .until(() ->
                        events.stream().anyMatch(one -> one instanceof AgentEvent.FileRefused));
        assertThat(status("app")).isEqualTo("critical");

        Files.delete(machine.services.resolve("a.hcl"));
        becomes("app", "");
    }

    @Test
    void wordOfAChecksOwnerIsTakenOnTheMachineItself() throws Exception {
        var machine = new Machine();
        machine.write(
                "a.json",
                "{\"service\":{\"name\":\"job\",\"check\":{\"id\":\"beat\",\"ttl\":\"1h\"}}}");
        machine.settings.put("admin.address", "127.0.0.1:" + FreePorts.one());
        var agent = machine.start();
        becomes("job", "critical");
        var door = "http://" + machine.settings.get("admin.address");

        assertThat(put(door + "/v1/agent/check/pass/beat?note=well")).isEqualTo(200);
        becomes("job", "passing");
        assertThat(put(door + "/v1/agent/check/warn/beat")).isEqualTo(200);
        becomes("job", "warning");
        assertThat(put(door + "/v1/agent/check/pass/other")).isEqualTo(404);
        assertThat(get(door + "/health").path("status").asText()).isEqualTo("passing");

        // what is not found out yet is as it was
        machine.stop(agent);
        machine.write("b.hcl", "service { name = \"later\" port = 1 }");
        machine.start();
        becomes("later", "passing");
        assertThat(get(door + "/health").toString()).contains("not known yet");
        assertThat(status("job")).isEqualTo("warning");
    }

    @Test
    void checkThatNoFileHasAnyMoreGoesAndItsServiceStays() throws Exception {
        var machine = new Machine();
        var kept = "{\"id\":\"kept\",\"ttl\":\"1h\",\"status\":\"passing\"}";
        machine.write(
                "a.json",
                "{\"service\":{\"name\":\"job\",\"checks\":["
                        + kept
                        + ",{\"id\":\"gone\",\"ttl\":\"1h\"}]}}");
        machine.write("b.hcl", tcp("by", 1).replace("check {", "check { id = \"gone\""));
        machine.start();
        becomes("job", "critical");
        becomes("by", "critical");

        machine.write("a.json", "{\"service\":{\"name\":\"job\",\"checks\":[" + kept + "]}}");

        becomes("job", "passing");
        var again = new AgentEvent.Registered("by", "its check 'gone' went with that of 'job'");
        await().atMost(SOON).until(() -> events.contains(again));
        assertThat(status("by")).isEqualTo("critical");
        assertThat(
                        Collections.frequency(
                                events, new AgentEvent.Registered("job", "it was not there")))
                .isEqualTo(1);
    }

    private JsonNode put(String path, Map<String, ?> body) throws Exception {
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create(server.url() + path))
                                .header("X-Consul-Token", operator)
                                .PUT(
                                        HttpRequest.BodyPublishers.ofString(
                                                JSON.writeValueAsString(body)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    /// What the manual gives a machine, and no more.
    @Test
    void tokenThatMayWriteTheMachineAndItsServicesIsEnough() throws Exception {
        var own = server;
        try (var closed = RealServer.start("closed", folder, Map.of("acl.enabled", "true"))) {
            server = closed;
            operator = put("/v1/acl/bootstrap", Map.of()).path("SecretID").asText();
            var machine = new Machine();
            put(
                    "/v1/acl/policy",
                    Map.of(
                            "Name",
                            "machine",
                            "Rules",
                            "node \"%s\" { policy = \"write\" } service \"db\" { policy = \"write\" }"
                                    .formatted(machine.name)));
            var token =
                    put("/v1/acl/token", Map.of("Policies", List.of(Map.of("Name", "machine"))))
                            .path("SecretID")
                            .asText();
            machine.settings.put(
                    "token-file",
                    Files.writeString(folder.resolve(machine.name).resolve("token"), token)
                            .toString());
            machine.settings.put("meta", "rack=3");
            machine.write("a.hcl", "service { name = \"another\" port = 1 }");
            machine.write(
                    "db.hcl",
                    "service { name = \"db\" port = 1 check { ttl = \"1h\" } connect { sidecar_service { } } }");
            machine.start();

            becomes("db", "critical");
            await().atMost(SOON).until(() -> started.size() == 1);
            await().atMost(SOON)
                    .until(() ->
                            events.stream()
                                    .anyMatch(one ->
                                            one instanceof AgentEvent.ServerFailed(var said, var _)
                                                    && said.contains("HTTP 403")));
            assertThat(status("another")).isEmpty();
            Files.delete(machine.services.resolve("db.hcl"));
            becomes("db", "");
            assertThat(events.toString()).doesNotContain(token);
            end();
        } finally {
            server = own;
            operator = "";
        }
    }

    private int put(String url) throws Exception {
        return client.send(
                        HttpRequest.newBuilder(URI.create(url))
                                .PUT(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void machineWhoseAgentIsGoneIsCriticalAndOneThatLeavesIsForgotten() throws Exception {
        var machine = new Machine();
        machine.write("a.hcl", "service { name = \"quiet\" port = 1 }");
        var agent = machine.start();
        becomes("quiet", "passing");

        machine.stop(agent);
        becomes("quiet", "critical");

        machine.settings.put("leave-on-terminate", "true");
        agent = machine.start();
        becomes("quiet", "passing");
        machine.stop(agent);
        assertThat(status("quiet")).isEmpty();
    }

    @Test
    void serverThatHasForgottenEverythingIsToldEverything() throws Exception {
        var address = "127.0.0.1:" + FreePorts.one();
        var machine = new Machine();
        machine.settings.put("http-addr", address);
        machine.write("a.hcl", "service { name = \"again\" port = 1 }");
        var settings = Map.of("http.address", address);
        var own = server;
        try {
            try (var first = RealServer.start("one", folder, settings)) {
                server = first;
                machine.start();
                becomes("again", "passing");
            }
            await().atMost(SOON)
                    .until(() ->
                            events.stream()
                                    .anyMatch(one -> one instanceof AgentEvent.ServerFailed));
            try (var second = RealServer.start("two", folder, settings)) {
                server = second;
                becomes("again", "passing");
            }
        } finally {
            server = own;
        }
    }

    @Test
    void sidecarOutlivesItsAgentAndIsStartedAgainWhenItDies() throws Exception {
        var machine = new Machine();
        var definition =
                "service { name = \"mesh\" id = \"mesh-1\" port = 6379 connect { sidecar_service { port = 0 } } }";
        machine.write("a.hcl", definition);
        var agent = machine.start();
        await().atMost(SOON).until(() -> started.size() == 1);
        var home = folder.resolve(machine.name).resolve("data/sidecars/mesh-1");
        var settings = Files.readString(home.resolve("sidecar.properties"));
        assertThat(settings)
                .contains("service.mesh.address = 127.0.0.1:6379")
                .contains("service.mesh.id = mesh-1")
                .contains("service.mesh.listen = 127.0.0.1:21")
                .contains("hot-restart = true");
        var token = Files.readString(home.resolve("join-token")).strip();
        assertThat(token).startsWith("hansa-join.");
        assertThat(settings).doesNotContain(token);
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(home.resolve("join-token"))))
                .isEqualTo("rw-------");

        // by what the next agent finds it
        await().atMost(SOON).until(() -> Files.exists(home.resolve("process")));
        machine.stop(agent);
        assertThat(started.getFirst().isAlive()).isTrue();
        machine.start();
        await().atMost(SOON)
                .until(() ->
                        events.contains(
                                new AgentEvent.SidecarFound("mesh-1", started.getFirst().pid())));
        assertThat(started).hasSize(1);

        started.getFirst().destroyForcibly();
        await().atMost(SOON).until(() -> started.size() == 2 && started.getLast().isAlive());

        machine.write("a.hcl", definition.replace("6379", "6380"));
        await().atMost(SOON).until(() -> started.size() == 3);
        assertThat(Files.readString(home.resolve("sidecar.properties")))
                .contains("service.mesh.address = 127.0.0.1:6380");

        Files.delete(machine.services.resolve("a.hcl"));
        // also the one that has handed nothing over
        await().atMost(SOON).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
        await().atMost(SOON).until(() -> !Files.exists(home));
        assertThat(events.toString()).doesNotContain(token);
    }

    @Test
    void agentThatStartsWithABrokenFileTakesNothingAway() throws Exception {
        var machine = new Machine();
        var definition =
                "service { name = \"kept\" port = 6379 connect { sidecar_service { port = 0 } } }";
        machine.write("a.hcl", definition);
        var agent = machine.start();
        becomes("kept", "passing");
        await().atMost(SOON).until(() -> started.size() == 1);
        var home = folder.resolve(machine.name).resolve("data/sidecars/kept");
        await().atMost(SOON).until(() -> Files.exists(home.resolve("process")));
        machine.stop(agent);

        machine.write("a.hcl", "service { name = ");
        machine.write("b.hcl", "service { name = \"first\" port = 1 }");
        machine.start();
        becomes("first", "passing");
        // a whole look comes between the two
        machine.write("c.hcl", "service { name = \"second\" port = 1 }");
        becomes("second", "passing");
        assertThat(status("kept")).isEqualTo("passing");
        assertThat(started.getFirst().isAlive()).isTrue();
        assertThat(home).exists();

        machine.write("a.hcl", definition);
        await().atMost(SOON)
                .until(() ->
                        events.contains(
                                new AgentEvent.SidecarFound("kept", started.getFirst().pid())));
        Files.delete(machine.services.resolve("a.hcl"));
        becomes("kept", "");
        await().atMost(SOON).until(() -> !Files.exists(home));
    }

    @Test
    void folderThatCannotBeReadIsAStartThatFailed() throws Exception {
        var machine = new Machine();
        var services = machine.services;
        machine.settings.put("services-dir", services.resolve("none").toString());
        assertThatThrownBy(machine::start)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("services-dir: ");

        machine.settings.put("services-dir", services.toString());
        machine.write("a.hcl", "service { name = \"after\" port = 1 }");
        machine.start();
        becomes("after", "passing");
    }

    @Test
    void dataDirectoryIsOneAgents() throws Exception {
        var machine = new Machine();
        machine.write(
                "a.hcl",
                "service { name = \"first\" port = 6379 connect { sidecar_service { port = 0 } } }");
        machine.start();
        await().atMost(SOON).until(() -> started.size() == 1);

        machine.settings.put(
                "services-dir",
                Files.createDirectories(folder.resolve(machine.name).resolve("none")).toString());
        assertThatThrownBy(machine::start)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("data-dir: expected a folder that no other agent uses");
        assertThat(started.getFirst().isAlive()).isTrue();
    }

    @Test
    void secondMachineOfOneNameTouchesNothingOfTheFirst() throws Exception {
        var first = new Machine();
        first.write("a.hcl", "service { name = \"ours\" port = 1 }");
        first.start();
        becomes("ours", "passing");

        var second = new Machine();
        second.settings.put("node-name", first.name);
        second.settings.put("address", "127.0.0.2");
        second.settings.put("leave-on-terminate", "true");
        second.write("a.hcl", "service { name = \"theirs\" port = 1 }");
        var agent = second.start();
        await().atMost(SOON)
                .until(() ->
                        events.stream()
                                .anyMatch(one ->
                                        one instanceof AgentEvent.ServerFailed(var said, var _)
                                                && said.contains("HTTP 409")));
        second.stop(agent);

        assertThat(status("ours")).isEqualTo("passing");
        assertThat(status("theirs")).isEmpty();
        assertThat(get(server.url() + "/v1/catalog/service/ours").get(0).path("Address").asText())
                .isEqualTo("127.0.0.1");
    }
}
