package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An application that dials the name of a service, and nothing else, in a network whose
/// connections the kernel redirects.
@Tag("namespaces")
class TransparentIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    /// Whatever an application may take for a port: the address says all.
    private static final int PORT = 80;

    /// In the block, and given to nobody here.
    private static final String NOBODY = "240.99.0.1";

    private static final String CLUSTER_IP = "10.96.0.10";
    private static final String OTHER_CLUSTER_IP = "10.96.0.11";

    private static final String PROBE = "htp-probe";

    @BeforeAll
    static void whatIsNeededIsThere() throws IOException, InterruptedException {
        try {
            SoakWorld.run("setpriv", "--version");
            SoakWorld.run("bash", "--version");
            SoakWorld.run("ip", "netns", "add", PROBE);
        } catch (IOException e) {
            skip(e);
        }
        try {
            SoakWorld.run("ip", "netns", "exec", PROBE, "iptables", "-t", "nat", "-N", "HTP_PROBE");
        } catch (IOException e) {
            skip(e);
        } finally {
            SoakWorld.run("ip", "netns", "del", PROBE);
        }
    }

    private static void skip(IOException cause) {
        System.err.println(
                "*** TransparentIT SKIPPED, nothing was proved: expected root, namespaces, ip, iptables, setpriv and bash; found "
                        + cause.getMessage());
        abort(cause.getMessage());
    }

    @Test
    void applicationThatDialsAVirtualAddressReachesTheServiceWhereverItRuns(@TempDir Path folder)
            throws Exception {
        try (var world = new TransparentWorld(folder)) {
            world.start();
            var echo = world.address("echo.virtual.consul");
            var imported = world.address("echo.virtual.lke.consul");
            // without rules a virtual address is nowhere
            assertThat(world.isNowhere(echo, PORT)).isTrue();
            comesBack(world);
            // the rules that were there are replaced
            world.redirect("-proxy-uid", "0");

            assertThat(world.calls(echo, PORT)).isTrue();
            assertThat(world.servedInEks).hasValue(1);
            assertThat(world.calls(imported, PORT)).isTrue();
            assertThat(world.servedInLke).hasValue(1);
            // what is in no mesh is dialled as before
            assertThat(calls(world, TransparentWorld.PLAIN_PORT)).isTrue();
            assertThat(world.servedPlainly).hasValue(1);
            assertThat(world.health()).contains("\"echo\":{", "\"echo.lke\":{");

            assertThat(world.calls(NOBODY, PORT)).isFalse();
            assertThat(world.hasRefused("unknown_destination")).isTrue();

            byTheAddressOfKubernetes(world);
            failsOver(world, echo);
            keepsToTheMesh(world, echo);
            takesWhatComesIn(world);

            assertThat(world.redirectWithoutRights("-clear")).isNotZero();
            assertThat(
                            world.isNowhere(
                                    TransparentWorld.EKS + TransparentWorld.HERE,
                                    TransparentWorld.PLAIN_PORT))
                    .isTrue();
            world.redirect("-clear");
            assertThat(world.isNowhere(echo, PORT)).isTrue();
            assertThat(calls(world, TransparentWorld.PLAIN_PORT)).isTrue();

            withoutIptables(world, echo);
        }
    }

    /// The same by a table of the kernel's own, as in pods.
    private static void withoutIptables(TransparentWorld world, String echo)
            throws IOException, InterruptedException {
        var served = world.servedInLke.get();
        // of an earlier run, and of nobody's user: replaced in one step
        world.redirect("-nf-tables", "-proxy-uid", "4242", "-exclude-outbound-cidr", "0.0.0.0/0");
        assertThat(world.isNowhere(echo, PORT)).isTrue();
        world.redirect("-nf-tables", "-proxy-uid", "0");
        assertThat(world.calls(echo, PORT)).isTrue();
        assertThat(world.servedInLke).hasValue(served + 1);
        assertThat(world.calls(NOBODY, PORT)).isFalse();
        // the mesh alone, as the entry still says
        assertThat(calls(world, TransparentWorld.PLAIN_PORT)).isFalse();
        for (var left :
                List.of(
                        List.of("-only-virtual"),
                        List.of("-exclude-uid", TransparentWorld.APPLICATION_UID),
                        List.of("-exclude-outbound-cidr", TransparentWorld.EKS + ".0/24"),
                        List.of(
                                "-exclude-outbound-port",
                                String.valueOf(TransparentWorld.PLAIN_PORT)))) {
            var words = new ArrayList<>(List.of("-nf-tables", "-proxy-uid", "0"));
            words.addAll(left);
            world.redirect(words.toArray(String[]::new));
            assertThat(calls(world, TransparentWorld.PLAIN_PORT)).as(left.toString()).isTrue();
            assertThat(world.calls(echo, PORT))
                    .as(left.toString())
                    .isEqualTo(!left.contains("-exclude-uid"));
        }
        var six = new InetSocketAddress(TransparentWorld.EKS_IPV6, TransparentWorld.GATEWAY_PORT);
        assertThat(EchoLoad.isListening(six)).isTrue();
        takesWhatComesIn(world, "-nf-tables");
        // nobody goes around the sidecar by the other family
        assertThat(EchoLoad.isListening(six)).isFalse();

        assertThat(world.redirectWithoutRights("-nf-tables", "-clear")).isNotZero();
        assertThat(world.calls(echo, PORT)).isTrue();
        world.redirect("-nf-tables", "-clear");
        assertThat(world.isNowhere(echo, PORT)).isTrue();
        assertThat(EchoLoad.isListening(six)).isTrue();
    }

    private static boolean calls(TransparentWorld world, int port)
            throws IOException, InterruptedException {
        return world.calls(TransparentWorld.EKS + TransparentWorld.HERE, port);
    }

    /// Who excepts another user than the sidecar's leads the sidecar's own connections to itself;
    /// all that is not the plain one's is left alone, since the datacenter has to go on.
    private static void comesBack(TransparentWorld world) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("-proxy-uid", "4242"));
        for (var port : List.of("8080", "8300", "8443", "8500", "8502", "8503", "20000")) {
            words.addAll(List.of("-exclude-outbound-port", port));
        }
        world.redirect(words.toArray(String[]::new));

        assertThat(calls(world, TransparentWorld.PLAIN_PORT)).isFalse();
        assertThat(world.servedPlainly).hasValue(0);
        assertThat(world.hasRefused("own_connection")).isTrue();
    }

    /// Nobody takes it here, which is how it is seen.
    private static void takesWhatComesIn(TransparentWorld world, String... how)
            throws IOException, InterruptedException {
        var http = new InetSocketAddress(TransparentWorld.EKS + ".1", 8500);
        var dns = new InetSocketAddress(TransparentWorld.EKS + ".1", 8600);
        assertThat(EchoLoad.isListening(dns)).isTrue();

        var words = new ArrayList<>(List.of(how));
        words.addAll(
                List.of(
                        "-proxy-uid",
                        "0",
                        "-proxy-inbound-port",
                        "20000",
                        "-exclude-inbound-port",
                        "8500",
                        "-exclude-inbound-port",
                        "19000"));
        world.redirect(words.toArray(String[]::new));

        assertThat(EchoLoad.isListening(http)).isTrue();
        assertThat(EchoLoad.isListening(dns)).isFalse();
    }

    /// What an operator says of its cluster, and takes back. The Service's address is nobody's in
    /// this network, as without kube-proxy.
    private static void byTheAddressOfKubernetes(TransparentWorld world)
            throws IOException, InterruptedException {
        var served = world.servedInEks.get();
        assertThat(world.isNowhere(CLUSTER_IP, PORT)).isTrue();
        world.shows("another/2", CLUSTER_IP, PORT, 0);
        world.shows("eks/1", OTHER_CLUSTER_IP, PORT, 1);
        assertThat(world.calls(OTHER_CLUSTER_IP, PORT)).isTrue();
        assertThat(world.servedInEks).hasValue(served + 1);
        // of another cluster, and the other port of the same Service
        assertThat(world.isNowhere(CLUSTER_IP, PORT)).isTrue();
        assertThat(world.isNowhere(OTHER_CLUSTER_IP, PORT + 1)).isTrue();
        // the Service is made anew, and another has its address now
        world.shows("eks/1", CLUSTER_IP, PORT, 1);
        await().atMost(SOON).until(() -> world.calls(CLUSTER_IP, PORT));
        assertThat(world.isNowhere(OTHER_CLUSTER_IP, PORT)).isTrue();
        assertThat(world.servedInEks).hasValue(served + 2);
    }

    /// No call that begins after the death fails, and the name stands for the service all the same.
    private static void failsOver(TransparentWorld world, String echo)
            throws IOException, InterruptedException {
        var served = world.servedInLke.get();
        world.kill("eks-echo");
        for (var call = 1; call <= 5; call++) {
            assertThat(world.calls(echo, PORT)).as("call " + call + " after the death").isTrue();
        }
        assertThat(world.servedInLke).hasValue(served + 5);
        // applications that dial a Service of Kubernetes fail over as well
        assertThat(world.calls(CLUSTER_IP, PORT)).isTrue();
        assertThat(world.servedInLke).hasValue(served + 6);
        assertThat(world.address("echo.virtual.consul")).isEqualTo(echo);
    }

    private static void keepsToTheMesh(TransparentWorld world, String echo)
            throws IOException, InterruptedException {
        world.write(
                "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":true},\"TransparentProxy\":{\"MeshDestinationsOnly\":true}}");
        await().atMost(SOON).until(() -> !calls(world, TransparentWorld.PLAIN_PORT));
        assertThat(world.hasRefused("mesh_destinations_only")).isTrue();
        assertThat(world.calls(echo, PORT)).isTrue();
    }
}
