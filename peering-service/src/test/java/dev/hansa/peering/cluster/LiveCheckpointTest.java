package dev.hansa.peering.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveCheckpointTest {
    @TempDir Path folder;
    private final ArrayList<Throwable> failures = new ArrayList<>();

    @Test
    void fileThatIsNotThereIsNoFailure() {
        assertThat(LiveCheckpoint.load(folder, failures::add)).isEmpty();
        assertThat(failures).isEmpty();
    }

    @Test
    void fileThatIsTooLargeIsNotReadAndThatIsSaid() throws Exception {
        var file = folder.resolve("live.json");
        // nothing but a length, for the disk's sake
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength((256L << 20) + 1);
        }

        assertThat(LiveCheckpoint.load(folder, failures::add)).isEmpty();

        assertThat(failures)
                .singleElement()
                .asString()
                .contains("'" + file + "': expected at most 268435456 bytes; found 268435457");
    }

    @Test
    void fileSaysWhetherThereMayBeMoreAndIsThatOfEarlierVersionsWhereThereIsNot() throws Exception {
        for (var partial : List.of(true, false)) {
            try (var checkpoint =
                    new LiveCheckpoint(
                            folder,
                            () -> new LiveCheckpoint.Content(Map.of(), Map.of(), partial),
                            failures::add)) {
                checkpoint.changed();
                await().until(() ->
                        LiveCheckpoint.load(folder, failures::add)
                                .filter(found -> found.partial() == partial)
                                .isPresent());
            }
        }

        // as earlier versions write and read it
        var file = folder.resolve("live.json");
        assertThat(file).hasContent("{\"owners\":{},\"imported\":{}}");
        // in a volume's root others may look for it
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(failures).isEmpty();
    }

    @Test
    void fileThatIsTornIsAsGoodAsNoneAndThatIsSaid() throws Exception {
        Files.writeString(folder.resolve("live.json"), "{\"owners\":{\"a\":[");

        assertThat(LiveCheckpoint.load(folder, failures::add)).isEmpty();

        assertThat(failures).hasSize(1);
    }
}
