package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoundedFileTest {
    private static final int MIB = 1024 * 1024;

    @Test
    void bodyThatIsTooLongIsCutOffBeforeItIsWritten(@TempDir Path folder) throws Exception {
        var vertx = Vertx.vertx();
        try {
            var path = folder.resolve("body");
            var file =
                    new BoundedFile(
                            vertx.fileSystem().openBlocking(path.toString(), new OpenOptions()),
                            bytes ->
                                    bytes > 9L * MIB
                                            ? Optional.of("found " + bytes)
                                            : Optional.empty());
            for (var mib = 1; mib <= 9; mib++) {
                write(file);
            }

            assertThatThrownBy(() -> write(file))
                    .cause()
                    .isInstanceOf(BoundedFile.TooLongException.class)
                    .hasMessage("found " + 10 * MIB);

            file.end().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(Files.size(path)).isEqualTo(9L * MIB);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    private static void write(BoundedFile file) throws Exception {
        file.write(Buffer.buffer(new byte[MIB]))
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }
}
