package dev.hansa.peering;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Supplier;

/// Says that the first token may be made again: a file in the leader's data directory with the
/// number that the refusal named. Only who may write there can, and a number is good for once.
final class BootstrapReset implements Supplier<OptionalLong> {
    static final String FILE = "acl-bootstrap-reset";

    /// A number, and a line's end.
    private static final int MAX_BYTES = 32;

    private final Path file;

    BootstrapReset(Path dataDir) {
        this.file = dataDir.resolve(FILE);
    }

    @Override
    public OptionalLong get() {
        try (var input = Files.newInputStream(file)) {
            var text = new String(input.readNBytes(MAX_BYTES), StandardCharsets.US_ASCII);
            return OptionalLong.of(Long.parseLong(text.strip()));
        } catch (IOException | NumberFormatException _) {
            // no file, or none that says a number: the refusal names what is expected
            return OptionalLong.empty();
        }
    }
}
