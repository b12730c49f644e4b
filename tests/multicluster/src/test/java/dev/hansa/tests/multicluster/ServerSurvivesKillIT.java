package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerSurvivesKillIT {
    private static final long LIMIT_SECONDS = 60;

    @Test
    void acknowledgedWritesOutliveSigkill(@TempDir Path folder)
            throws IOException, InterruptedException {
        var data = folder.resolve("data");
        var mesh =
                Files.writeString(
                        folder.resolve("mesh.json"),
                        "{\"Kind\":\"mesh\",\"ValidateClusters\":true}");
        try (var server = LoneServer.start(data, Checkout.target("survives-1.log"))) {
            assertDone("config", "write", mesh.toString());
            assertDone("peering", "generate-token", "-name", "lke");
            server.kill();
        }
        try (var _ = LoneServer.start(data, Checkout.target("survives-2.log"))) {
            assertThat(assertDone("config", "read", "-kind", "mesh", "-name", "mesh"))
                    .contains("\"ValidateClusters\": true");
            assertThat(assertDone("peering", "list")).contains("lke", "PENDING");
        }
    }

    private static String assertDone(String... arguments) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of(arguments));
        words.add("--http-addr");
        words.add(LoneServer.HTTP);
        var ended =
                Checkout.run(
                        Checkout.target("survives-client.log"),
                        LIMIT_SECONDS,
                        words.toArray(String[]::new));
        assertThat(ended.status()).as(ended.output()).isZero();
        return ended.output();
    }
}
