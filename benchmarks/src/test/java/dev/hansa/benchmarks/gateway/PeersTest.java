package dev.hansa.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.benchmarks.sidecar.Mesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeersTest {
    @TempDir private Path folder = Path.of("");

    private Peers.World world() {
        return new Peers.World(
                Path.of("peers"),
                folder,
                "127.0.0.2",
                9001,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 8503),
                "server.bench.peering.example",
                2,
                20_000,
                Map.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "haproxy-default.cfg",
                "haproxy-tuned.cfg",
                "nginx-default.conf",
                "nginx-tuned.conf",
                "envoy-default.yaml",
                "envoy-tuned.yaml"
            })
    void everyTemplateHasTheRunsAddressesAndNoHoleLeft(String template) throws IOException {
        var text = Files.readString(Peers.configuration(world(), template, 9007, ""));

        assertThat(text)
                .contains("127.0.0.2", "9007", "127.0.0.1", "8503", "server.bench.peering.example")
                .doesNotContain("${");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "haproxy-default.cfg",
                "haproxy-tuned.cfg",
                "nginx-default.conf",
                "nginx-tuned.conf",
                "envoy-default.yaml",
                "envoy-tuned.yaml"
            })
    void sidecarsTemplateHasBothPortsAndRequiresWhatEachOtherShows(String template)
            throws IOException {
        var world =
                new Peers.World(
                        Path.of("peers", "sidecar"),
                        folder,
                        "127.0.0.2",
                        9001,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080),
                        Mesh.name(Mesh.CALLED),
                        2,
                        20_000,
                        new Mesh(folder).holes("127.0.0.1", 20443));

        var text = Files.readString(Peers.configuration(world, template, 9007, ""));

        assertThat(text)
                .contains("9007", "9107", "8080", "20443", Mesh.name(Mesh.BACKEND))
                .contains("mesh-store", "mesh-caller", "mesh-root.pem", "X25519")
                .containsPattern("TLSv1.3|TLSv1_3")
                .containsPattern("verify required|ssl_verify_client on|require_client_certificate")
                .doesNotContain("${");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "haproxy-tuned.cfg",
                "nginx-tuned.conf",
                "envoy-tuned.yaml",
                "sidecar/haproxy-tuned.cfg",
                "sidecar/nginx-tuned.conf",
                "sidecar/envoy-tuned.yaml"
            })
    void tunedBuffersAreAsLargeAsHansas(String template) throws IOException {
        var text = Files.readString(Path.of("peers", template));

        assertThat(text).containsAnyOf("65536", "64k");
    }

    @Test
    void holeWithoutValueIsNamedWithItsFile() throws IOException {
        var file = Files.writeString(folder.resolve("a.cfg"), "bind ${listen} ${typo}");

        assertThatThrownBy(() -> Template.fill(file, Map.of("listen", "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a.cfg")
                .hasMessageContaining("found '${typo}'");
    }

    @Test
    void valueIsTakenAsItIs() throws IOException {
        var file = Files.writeString(folder.resolve("a.cfg"), "${listen}");

        assertThat(Template.fill(file, Map.of("listen", "$1\\x"))).isEqualTo("$1\\x");
    }
}
