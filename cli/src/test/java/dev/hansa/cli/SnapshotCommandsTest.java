package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.PeeringService;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a real server.
class SnapshotCommandsTest {
    private static final String ENTRY = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}";

    @TempDir private Path folder;
    private final List<Integer> ports = FreePorts.some(4);
    private PeeringService server;

    @BeforeEach
    void begin() throws Exception {
        server = start("eks", "first");
    }

    private PeeringService start(String datacenter, String data) throws Exception {
        return PeeringService.start(
                PeeringServiceConfig.read(
                        Settings.of(
                                Map.of(
                                        "datacenter",
                                        datacenter,
                                        "data-dir",
                                        folder.resolve(data).toString(),
                                        "http.address",
                                        "127.0.0.1:" + ports.get(0),
                                        "proxy.address",
                                        "127.0.0.1:" + ports.get(1),
                                        "peer.address",
                                        "127.0.0.1:" + ports.get(2),
                                        "admin.address",
                                        "127.0.0.1:" + ports.get(3)),
                                Map.of(),
                                Optional.empty())),
                Clock.systemUTC());
    }

    @AfterEach
    void end() throws Exception {
        server.close();
    }

    private Ran hansa(String in, String... arguments) {
        return Ran.hansa(Map.of("HANSA_HTTP_ADDR", "127.0.0.1:" + ports.getFirst()), in, arguments);
    }

    private Path saved() {
        return folder.resolve("eks.snapshot");
    }

    private void save() {
        assertThat(hansa(ENTRY, "config", "write", "-").err()).isEmpty();
        var ran = hansa("", "snapshot", "save", saved().toString());
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).startsWith("Saved: " + saved() + " (index ").endsWith(", checked)\n");
    }

    private String row(String name) {
        var ran = hansa("", "snapshot", "inspect", saved().toString());
        assertThat(ran.status()).as(ran.err()).isZero();
        return ran.out()
                .lines()
                .filter(line -> line.startsWith(name + ":"))
                .findFirst()
                .orElseThrow();
    }

    private String trustDomain() {
        return hansa("", "ca", "status").out().lines().findFirst().orElseThrow();
    }

    @Test
    void savedFileIsForItsOwnerAndSaysWhatItIsOfWithoutAServer() throws Exception {
        save();
        var trustDomain = trustDomain();
        server.close();

        assertThat(row("Datacenter")).endsWith(" eks");
        assertThat(row("Trust domain")).isEqualTo(trustDomain);
        assertThat(hansa("", "snapshot", "inspect", saved().toString()).out())
                .contains("Rows:         1 config\n", "Format:       1, schema ");
        var inspect = new String[] {"snapshot", "inspect", "-format=json", saved().toString()};
        var json = Json.read(hansa("", inspect).out());
        assertThat(json.path("Meta").path("Datacenter").asText()).isEqualTo("eks");
        assertThat(json.path("Meta").path("Size").asLong())
                .isPositive()
                .isEqualTo(json.path("TotalSize").asLong());
        assertThat(row("Index")).endsWith(" " + json.path("Meta").path("Index").asText());
        assertThat(json.path("Stats").toString()).contains("{\"Name\":\"config\",\"Count\":1}");
        inspect[2] = "-format=table";
        assertThat(hansa("", inspect).out()).startsWith("Type ").containsPattern("(?m)^config +1$");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(saved())))
                .isEqualTo("rw-------");
        try (var files = Files.list(folder)) {
            assertThat(files.map(Path::getFileName).map(Path::toString))
                    .containsExactlyInAnyOrder("eks.snapshot", "first");
        }
    }

    @Test
    void damagedFileIsNamedByInspectAndNotSent() throws Exception {
        save();
        var bytes = Files.readAllBytes(saved());
        Files.write(saved(), Arrays.copyOf(bytes, bytes.length - 1));

        for (var act : new String[] {"inspect", "restore"}) {
            var ran = hansa("", "snapshot", act, saved().toString());
            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err())
                    .startsWith("hansa: '" + saved() + "': snapshot: expected a database of ")
                    .contains("found it cut off after");
        }
        assertThat(hansa("", "snapshot", "inspect", folder.resolve("none").toString()).err())
                .contains("expected to read '" + folder.resolve("none") + "'");
    }

    /// Who sends a file without the command is refused by the server in the same words.
    @Test
    void serverChecksWhatItIsSent() throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(
                                    URI.create(
                                            "http://127.0.0.1:"
                                                    + ports.getFirst()
                                                    + "/v1/snapshot"))
                            .timeout(Duration.ofSeconds(20));
            var text =
                    client.send(
                            request.PUT(HttpRequest.BodyPublishers.ofString("no snapshot")).build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(text.statusCode()).isEqualTo(400);
            assertThat(text.body()).contains("begins with 'HANSA-SNAPSHOT'; found another");

            var unmeasured =
                    client.send(
                            request.PUT(
                                            HttpRequest.BodyPublishers.ofInputStream(
                                                    () -> new ByteArrayInputStream(new byte[100])))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            // without a length, as Go's clients send it: it is read, and is none
            assertThat(unmeasured.statusCode()).isEqualTo(400);
            assertThat(unmeasured.body()).contains("begins with 'HANSA-SNAPSHOT'; found another");

            var page =
                    client.send(
                            request.header("Origin", "http://evil.example").GET().build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(page.statusCode()).isEqualTo(403);
        }
        save();
    }

    @Test
    void runningServerIsNotOverwrittenUnlessForced() {
        save();
        assertThat(hansa("", "config", "delete", "-kind", "service-resolver", "-name", "web").err())
                .isEmpty();
        assertThat(
                        hansa(
                                        "{\"Kind\":\"service-resolver\",\"Name\":\"later\"}",
                                        "config",
                                        "write",
                                        "-")
                                .err())
                .isEmpty();

        var refused = hansa("", "snapshot", "restore", saved().toString());
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err())
                .isEqualTo(
                        "hansa: restore: expected a server without peerings and config entries;"
                                + " found 0 and 1, which the snapshot's would replace (--force does"
                                + " it)\n");
        assertThat(hansa("", "config", "list", "-kind", "service-resolver").out())
                .isEqualTo("later\n");

        var forced = hansa("", "snapshot", "restore", "--force", saved().toString());
        assertThat(forced.status()).as(forced.err()).isZero();
        assertThat(forced.out()).startsWith("Restored: " + saved() + " (index ");
        assertThat(forced.err()).contains("restart the servers of the datacenter now");
        assertThat(hansa("", "config", "list", "-kind", "service-resolver").out())
                .isEqualTo("web\n");
    }

    @Test
    void lostDatacenterComesBackOnANewServerWithItsKeyAndItsTrustDomain() throws Exception {
        save();
        var trustDomain = trustDomain();
        server.close();
        // the key, kept apart, is all that the new server has of the old one
        var data = Files.createDirectory(folder.resolve("second"));
        Files.copy(folder.resolve("first/secrets.key"), data.resolve("secrets.key"));
        server = start("eks", "second");
        assertThat(trustDomain()).isNotEqualTo(trustDomain);

        var ran = hansa("", "snapshot", "restore", saved().toString());
        assertThat(ran.status()).as(ran.err()).isZero();
        server.close();
        server = start("eks", "second");

        assertThat(trustDomain()).isEqualTo(trustDomain);
        assertThat(hansa("", "config", "list", "-kind", "service-resolver").out())
                .isEqualTo("web\n");
    }

    @Test
    void anotherKeyAndAnotherDatacenterAreRefused() throws Exception {
        save();
        server.close();
        server = start("eks", "keyless");
        assertThat(hansa("", "snapshot", "restore", saved().toString()).err())
                .contains("expected one sealed with the key in '", "secrets.key'; found another");
        server.close();
        server = start("lke", "elsewhere");
        assertThat(hansa("", "snapshot", "restore", "--force", saved().toString()).err())
                .isEqualTo("hansa: snapshot: expected one of datacenter 'lke'; found 'eks'\n");
    }
}
