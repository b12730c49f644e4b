package dev.hansa.peering.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.store.RecordJson;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// What was live when the server last looked, on its own disk: it bridges the time until proxies
/// and peers have told it again, so that a restart never empties a table. A file that is torn or of
/// another form is as good as none.
public final class LiveCheckpoint implements AutoCloseable {
    /// Between two writings churn is gathered for this long at least; what a kill loses of it will
    /// be learnt again ([Knowledge#REMEMBERED]).
    private static final long GATHER_MILLIS = 200;

    /// A large catalog that never rests is gathered for so many times as long as writing it took: a
    /// twentieth of one core and of the disk is what the bridge may cost.
    private static final long GATHER_FACTOR = 20;

    private static final long MAX_GATHER_MILLIS = 60_000;

    /// 10,000 services with three instances each are about 30 MB of text.
    private static final long MAX_BYTES = 256L << 20;

    private final Path file;
    private final Supplier<Content> content;
    private final Consumer<Throwable> failures;
    private final Semaphore dirty = new Semaphore(0);
    private final Thread thread;

    /// @param owners instances by who vouches for them
    /// @param imported by peer name
    /// @param partial whether there may be more than that; not written where there is not, since
    ///   earlier versions read no file that says it
    public record Content(
            Map<String, List<ServiceInstance>> owners,
            Map<String, ImportedCatalog> imported,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean partial) {
        public Content {
            owners = Map.copyOf(owners);
            imported = Map.copyOf(imported);
        }
    }

    /// @param failures told when the disk does not take it; nothing else depends on it
    public LiveCheckpoint(Path directory, Supplier<Content> content, Consumer<Throwable> failures) {
        this.file = file(directory);
        this.content = content;
        this.failures = failures;
        this.thread = Thread.ofVirtual().name("checkpoint").start(this::run);
    }

    private static Path file(Path directory) {
        return directory.resolve("live.json");
    }

    /// What an earlier life of this server left; empty when there is nothing that can be believed.
    public static Optional<Content> load(Path directory, Consumer<Throwable> failures) {
        var file = file(directory);
        try {
            if (!Files.exists(file)) {
                return Optional.empty();
            }
            var size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new IOException(
                        "'" + file + "': expected at most " + MAX_BYTES + " bytes; found " + size);
            }
            return Optional.of(RecordJson.read(Files.readString(file), Content.class));
        } catch (IOException | IllegalArgumentException e) {
            failures.accept(e);
            return Optional.empty();
        }
    }

    public void changed() {
        dirty.release();
    }

    private void run() {
        try {
            while (true) {
                dirty.acquire();
                // the first change at once: a kill costs what came since the last writing
                dirty.drainPermits();
                var begun = System.nanoTime();
                try {
                    save();
                } catch (IOException | RuntimeException | Error e) {
                    failures.accept(e);
                }
                var took = (System.nanoTime() - begun) / 1_000_000;
                Thread.sleep(Math.clamp(took * GATHER_FACTOR, GATHER_MILLIS, MAX_GATHER_MILLIS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void save() throws IOException {
        var next = file.resolveSibling("live.json.new");
        try (var output = new BufferedOutputStream(Files.newOutputStream(OwnDisk.ownFile(next)))) {
            RecordJson.write(content.get(), output);
        }
        // else after a power cut the name might stand for a file without its end
        try (var written = FileChannel.open(next, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
