package dev.hansa.tests.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import com.github.dockerjava.api.model.Capability;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/// Two datacenters on two networks of a container engine, with only the gateways in a third. The
/// image is `hansa.image`; `tests/image/run` makes one, and an engine where there is none.
@Tag("image")
class ImageIT {
    private static final Duration SEEN = Duration.ofSeconds(60);

    /// A client that waits for a handshake is told within this that a peer is paused.
    private static final Duration FAILED_OVER = Duration.ofSeconds(30);

    @BeforeAll
    static void engineAndImageAreThere() {
        if (Machine.image().isEmpty()) {
            skip("expected the name of an image in -Dhansa.image; found none");
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            skip("expected a container engine that answers (DOCKER_HOST); found none");
        }
    }

    private static void skip(String cause) {
        System.err.println("*** ImageIT SKIPPED, nothing was proved: " + cause);
        abort(cause);
    }

    @Test
    void datacentersPeerByTheirGatewaysAloneAndFailOver(@TempDir Path folder) throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (var http =
                        HttpClient.newBuilder()
                                .version(HttpClient.Version.HTTP_1_1)
                                .connectTimeout(Duration.ofSeconds(5))
                                .build();
                var wan = Network.newNetwork();
                var eks = new Site("eks", folder, http);
                var lke = new Site("lke", folder, http)) {
            try {
                for (var site : List.of(eks, lke)) {
                    site.startServer();
                    site.startRest(wan, site == eks);
                }
                story(eks, lke);
            } catch (Exception | AssertionError e) {
                System.err.println(eks.logs() + lke.logs());
                throw e;
            }
        }
    }

    /// As `hansa-redirect` runs: root with one capability, and without it refused.
    @Test
    void rulesOfAPodAreMadeByRootWithOneCapability() throws Exception {
        var server = List.of("server", "--datacenter=eks", "--data-dir=" + Machine.STATE);
        var rules =
                new String[] {
                    "hansa", "connect", "redirect-traffic", "-nf-tables", "-proxy-uid", "5995"
                };
        try (var machine = Machine.asPod("0:0", server, Capability.NET_ADMIN)) {
            var made = machine.run(rules);
            assertThat(made.getExitCode()).as(made.toString()).isZero();
        }
        try (var machine = Machine.asPod("0:0", server)) {
            var refused = machine.run(rules);
            assertThat(refused.getExitCode()).as(refused.toString()).isOne();
            assertThat(refused.getStderr()).contains("kernel");
        }
    }

    private static void story(Site eks, Site lke) throws Exception {
        for (var site : List.of(eks, lke)) {
            site.must("PUT", "/v1/config", intentions());
            await().atMost(SEEN).until(() -> site.isPassing(Site.SHIPPING));
        }
        answeredBy(eks, "eks", SEEN);
        classesComeFromTheCacheAndNativesFromTheirFolder(eks);
        heapIsHalfUnlessThePodSaysOtherwise(eks);
        gatewayHasTheOptionsOfOneAndTheLastWordIsThePods(eks);
        whatJoinsAClusterRunsAndNamesWhatItLacks(eks);
        nobodyGoesAroundTheGateways(eks, lke);

        peer(eks, lke);
        lke.must("PUT", "/v1/config", exportedTo("eks"));
        await().atMost(SEEN)
                .until(() ->
                        eks.json("/v1/health/service/" + Site.SHIPPING + "?passing&peer=lke").size()
                                > 0);
        eks.must("PUT", "/v1/config", failoverTo("lke"));
        answeredBy(eks, "eks", SEEN);

        fault("kill of application and sidecar", eks, () -> eks.shipping().forEach(Machine::kill));
        eks.shipping().forEach(Machine::startAgain);
        answeredBy(eks, "eks", SEEN);

        fault(
                "pause of application and sidecar",
                eks,
                () -> eks.shipping().forEach(Machine::pause));
        eks.shipping().reversed().forEach(Machine::goOn);
        answeredBy(eks, "eks", SEEN);

        gatewayComesBack(eks, lke);
        serversAreNotNeeded(eks, lke);
        for (var site : List.of(eks, lke)) {
            for (var role : List.of("server", "gateway", Site.SHIPPING + "-sidecar")) {
                assertThat(site.machine(role).isRunning())
                        .as(site.machine(role) + " runs")
                        .isTrue();
            }
        }
    }

    private static void fault(String what, Site eks, Runnable fault) throws Exception {
        var began = System.nanoTime();
        fault.run();
        answeredBy(eks, "lke", FAILED_OVER);
        System.out.printf(
                "image: %s: the peer answered after %d ms%n",
                what, Duration.ofNanos(System.nanoTime() - began).toMillis());
    }

    private static void answeredBy(Site eks, String datacenter, Duration within) {
        await().atMost(within)
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(() -> assertThat(eks.quote()).endsWith("in " + datacenter));
    }

    private static void peer(Site eks, Site lke) throws Exception {
        for (var site : List.of(eks, lke)) {
            site.must(
                    "PUT",
                    "/v1/config",
                    Map.of("Kind", "mesh", "Peering", Map.of("PeerThroughMeshGateways", true)));
        }
        // the gateway is registered by then, or the token would name no address
        await().atMost(SEEN)
                .until(() -> eks.isPassing("mesh-gateway") && lke.isPassing("mesh-gateway"));
        var token =
                eks.must("POST", "/v1/peering/token", Map.of("PeerName", "lke"))
                        .path("PeeringToken")
                        .asText();
        lke.must("POST", "/v1/peering/establish", Map.of("PeerName", "eks", "PeeringToken", token));
        await().atMost(SEEN)
                .until(() ->
                        eks.state("lke").equals("ACTIVE") && lke.state("eks").equals("ACTIVE"));
    }

    /// There is no tool in the image to look with but the product itself.
    private static void nobodyGoesAroundTheGateways(Site eks, Site lke) throws Exception {
        var address = "http://" + eks.machine("server").address() + ":8500";
        var own = eks.machine("server").run("hansa", "members", "--http-addr", address);
        assertThat(own.getExitCode()).as(own.toString()).isZero();

        var foreign = lke.machine("server").run("hansa", "members", "--http-addr", address);
        assertThat(foreign.getExitCode()).as(foreign.toString()).isEqualTo(1);
        assertThat(lke.machine("server").run("sh", "-c", "true").getExitCode())
                .as("there is no shell")
                .isNotZero();
    }

    private static void classesComeFromTheCacheAndNativesFromTheirFolder(Site eks)
            throws Exception {
        assertThat(mapped(eks, "server"))
                .contains("/hansa/lib/app/hansa.aot", "/hansa/lib/native/libsqlitejdbc.so");
        for (var role : List.of("gateway", Site.SHIPPING + "-sidecar")) {
            assertThat(mapped(eks, role))
                    .as(role + " has the cache of proxies")
                    .contains("/hansa/lib/app/proxies.aot")
                    .doesNotContain("/hansa/lib/app/hansa.aot");
        }
        assertThat(mapped(eks, Site.SHIPPING + "-sidecar"))
                .anyMatch(file -> file.startsWith("/hansa/lib/native/libnetty_tcnative_linux_"));
        for (var role : List.of("server", "gateway", Site.SHIPPING + "-sidecar")) {
            assertThat(mapped(eks, role))
                    .as("%s has natives from nowhere else", role)
                    .noneMatch(file ->
                            file.contains(".so")
                                    && !file.startsWith("/hansa/")
                                    && !file.startsWith("/lib")
                                    && !file.startsWith("/usr/lib"));
        }
    }

    private static void heapIsHalfUnlessThePodSaysOtherwise(Site eks) throws Exception {
        var image = Machine.engine().inspectImageCmd(Machine.image()).exec().getConfig();
        assertThat(Objects.requireNonNull(image).getEnv())
                .contains("JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=50");
        var flags =
                eks.machine("server")
                        .run(
                                Map.of(
                                        "JAVA_TOOL_OPTIONS",
                                        "-XX:MaxRAMPercentage=37 -XX:+PrintFlagsFinal"),
                                "hansa",
                                "version");
        assertThat(flags.getStdout()).containsPattern(" MaxRAMPercentage +=  *37[.]0");
    }

    /// In the server's container, which has room for a second process.
    private static void gatewayHasTheOptionsOfOneAndTheLastWordIsThePods(Site eks)
            throws Exception {
        var shown = "-XX:MaxRAMPercentage=20 -XX:+PrintFlagsFinal";
        var flags =
                eks.machine("server")
                        .run(Map.of("JAVA_TOOL_OPTIONS", shown), "hansa-gateway", "version");
        assertThat(flags.getStdout())
                .as(flags.toString())
                .containsPattern(" TieredStopAtLevel +=  *1 ")
                .containsPattern(" InitialRAMPercentage +=  *0[.]1");
        var others = Map.of("JAVA_TOOL_OPTIONS", shown, "_JAVA_OPTIONS", "-XX:TieredStopAtLevel=4");
        assertThat(eks.machine("server").run(others, "hansa-gateway", "version").getStdout())
                .containsPattern(" TieredStopAtLevel +=  *4 ");
    }

    /// The operator and what runs beside it, none of which another part of this test starts: their
    /// classes and modules are in the image, and without a cluster each says what is wrong.
    private static void whatJoinsAClusterRunsAndNamesWhatItLacks(Site eks) throws Exception {
        var usage = eks.machine("server").run("hansa", "kubernetes", "--help");
        assertThat(usage.getExitCode()).as(usage.toString()).isZero();
        assertThat(usage.getStdout())
                .contains("operator", "injector", "connect-init", "bootstrap", "server-init");

        var nothing = eks.machine("server").run("hansa", "kubernetes", "operator");
        assertThat(nothing.getExitCode()).as(nothing.toString()).isEqualTo(2);
        assertThat(nothing.getStderr()).contains("cluster: expected");

        // as far as a request of the client of Kubernetes
        var alone =
                eks.machine("server")
                        .run(
                                Map.of(
                                        "KUBERNETES_MASTER", "https://127.0.0.1:1",
                                        "HANSA_HTTP_ADDR", "127.0.0.1:1"),
                                "hansa",
                                "kubernetes",
                                "bootstrap",
                                "--wait-limit=1s");
        assertThat(alone.getExitCode()).as(alone.toString()).isEqualTo(1);
        assertThat(alone.getStderr())
                .contains("hansa kubernetes bootstrap: ", "hansa-bootstrap-acl-token");
    }

    /// Files that a process has mapped, by the kernel; nothing where the engine is on another
    /// machine, or in a virtual one.
    private static Set<String> mapped(Site site, String role) throws Exception {
        var maps = Path.of("/proc", Long.toString(site.machine(role).pid()), "maps");
        if (!Files.isReadable(maps)) {
            abort(
                    "expected the containers' processes on this machine, and the right to look at them");
        }
        return Files.readAllLines(maps).stream()
                .map(line -> line.substring(Math.max(0, line.indexOf('/'))))
                .filter(file -> file.startsWith("/"))
                .collect(Collectors.toSet());
    }

    private static void gatewayComesBack(Site eks, Site lke) throws Exception {
        eks.shipping().forEach(Machine::kill);
        answeredBy(eks, "lke", FAILED_OVER);
        lke.machine("gateway").kill();
        await().atMost(FAILED_OVER).untilAsserted(() -> assertThat(eks.quote()).startsWith("no "));
        lke.machine("gateway").startAgain();
        answeredBy(eks, "lke", SEEN);
    }

    /// Paused, which nobody is told of.
    private static void serversAreNotNeeded(Site eks, Site lke) throws Exception {
        eks.machine("server").pause();
        lke.machine("server").pause();
        try {
            for (var i = 0; i < 50; i++) {
                assertThat(eks.quote()).endsWith("in lke");
            }
        } finally {
            eks.machine("server").goOn();
            lke.machine("server").goOn();
        }
        eks.shipping().forEach(Machine::startAgain);
        answeredBy(eks, "eks", SEEN);
    }

    private static Map<String, ?> intentions() {
        return Map.of(
                "Kind",
                "service-intentions",
                "Name",
                Site.SHIPPING,
                "Sources",
                List.of(
                        Map.of("Name", "debug", "Action", "allow"),
                        Map.of("Name", "debug", "Peer", "eks", "Action", "allow")));
    }

    private static Map<String, ?> exportedTo(String peer) {
        return Map.of(
                "Kind",
                "exported-services",
                "Name",
                "default",
                "Services",
                List.of(Map.of("Name", Site.SHIPPING, "Consumers", List.of(Map.of("Peer", peer)))));
    }

    private static Map<String, ?> failoverTo(String peer) {
        return Map.of(
                "Kind",
                "service-resolver",
                "Name",
                Site.SHIPPING,
                "Failover",
                Map.of("*", Map.of("Targets", List.of(Map.of("Peer", peer)))));
    }
}
