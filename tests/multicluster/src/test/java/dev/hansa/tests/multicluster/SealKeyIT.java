package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Servers whose operator keeps the sealing key elsewhere: it is in no data directory, and a server
/// joins with the same key or not at all.
@Tag("long")
class SealKeyIT {
    private static final Duration SEEN = Duration.ofMinutes(1);
    private static final byte[] KEY =
            "a key of an operator, 32 bytes..".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    @TempDir Path folder;

    @Test
    void keyThatIsKeptElsewhereIsInNoDataDirectory() throws Exception {
        var flags = List.of("--seal-key", "file:" + write("key", KEY));
        try (var eks = new ServerGroup("eks", "127.116.0", folder, 2, flags)) {
            eks.start();
            eks.must(0, "PUT", "/v1/config", "{\"Kind\":\"service-defaults\",\"Name\":\"kept\"}");

            assertRefused(eks, "late", List.of(), "found it not set");
            assertRefused(
                    eks,
                    "other",
                    List.of("--seal-key", "file:" + write("another", new byte[32])),
                    "found another");

            for (var number = 0; number < eks.count(); number++) {
                eks.kill(number);
            }
            for (var number = 0; number < eks.count(); number++) {
                assertThat(holdsKey(eks.data(number))).as("server %d", number).isFalse();
                eks.start(number);
            }
            eks.awaitAnswer(1);
            eks.must(1, "GET", "/v1/config/service-defaults/kept", "");
        }
    }

    private Path write(String name, byte[] key) throws Exception {
        return Files.write(folder.resolve(name), key);
    }

    private void assertRefused(ServerGroup group, String name, List<String> flags, String why)
            throws Exception {
        var own = Files.createDirectories(folder.resolve(name));
        try (var stranger = new ServerGroup("eks", "127.118.0", own, 2, flags)) {
            Files.writeString(own.resolve("eks-1.token"), group.serverToken(0));
            stranger.start(1);
            await().atMost(SEEN).until(() -> stranger.running().isEmpty());
            assertThat(Files.readString(stranger.log(1)))
                    .contains("seal.key: expected")
                    .contains(why);
        }
    }

    private static boolean holdsKey(Path data) throws Exception {
        try (var files = Files.walk(data)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var bytes = Files.readAllBytes(file);
                for (var i = 0; i + KEY.length <= bytes.length; i++) {
                    if (Arrays.equals(bytes, i, i + KEY.length, KEY, 0, KEY.length)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
