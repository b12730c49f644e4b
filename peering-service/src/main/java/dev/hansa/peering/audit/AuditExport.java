package dev.hansa.peering.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// Writes the audit log to files of JSON lines, for whoever carries them elsewhere. It goes on
/// after the last whole line that is there, so that whatever a killed server had not written comes
/// from the store, once; a file has no gap, and what does not follow begins another.
public final class AuditExport implements AutoCloseable {
    /// Some 20,000 records: small enough to be sent elsewhere in one piece.
    private static final long MAX_BYTES = 10L << 20;

    /// With the one that is written 110 MiB, more than twice what the store keeps.
    private static final int MAX_FILES = 10;

    /// Some 250 KB at a time.
    private static final int BATCH = 500;

    /// A disk that is full or away is tried again; the store has the records meanwhile.
    private static final Duration RETRY = Duration.ofSeconds(10);

    /// Only to notice a defect.
    private static final Duration IDLE = Duration.ofHours(1);

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Of a file's end that is looked at: longer than any record, all of it escaped.
    private static final int TAIL = 64 * 1024;

    private final Path file;
    private final AuditLog log;
    private final Consumer<Throwable> failures;
    private final long maxBytes;
    private final int maxFiles;
    private final Thread thread;
    private AuditMark written = AuditMark.START;

    private AuditExport(
            Path file, AuditLog log, long maxBytes, int maxFiles, Consumer<Throwable> failures) {
        this.file = file;
        this.log = log;
        this.maxBytes = maxBytes;
        this.maxFiles = maxFiles;
        this.failures = failures;
        this.thread = Thread.ofVirtual().name("audit-export").unstarted(this::run);
    }

    /// @param file the newest records; older ones are beside it
    /// @param failures told when the disk does not take it, once until it does
    public static AuditExport start(Path file, AuditLog log, Consumer<Throwable> failures) {
        return start(file, log, MAX_BYTES, MAX_FILES, failures);
    }

    /// @param maxBytes after which a file is put aside
    /// @param maxFiles that are kept of those
    static AuditExport start(
            Path file, AuditLog log, long maxBytes, int maxFiles, Consumer<Throwable> failures) {
        var export = new AuditExport(file.toAbsolutePath(), log, maxBytes, maxFiles, failures);
        export.thread.start();
        return export;
    }

    private void run() {
        var isTold = false;
        try {
            while (true) {
                try {
                    prepare();
                    while (true) {
                        append();
                        isTold = false;
                        // what was just read may be told of a moment later
                        log.head().await(head -> head.number() > written.number(), IDLE);
                    }
                } catch (IOException | RuntimeException e) {
                    if (!isTold && !Thread.currentThread().isInterrupted()) {
                        failures.accept(e);
                        isTold = true;
                    }
                    Thread.sleep(RETRY);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Path folder() {
        return file.resolveSibling(".");
    }

    /// Finds out what is written already, and cuts off what a killed server has left of a line.
    private void prepare() throws IOException, InterruptedException {
        if (!Files.isDirectory(folder())) {
            Files.createDirectories(folder());
            OwnDisk.ownerOnly(folder(), "rwx------");
        }
        if (Files.exists(file)) {
            cut();
        } else {
            Files.createFile(file);
        }
        var aside = aside();
        var last = Files.size(file) > 0 || aside.isEmpty() ? last(file) : last(aside.getLast());
        if (last.isPresent()) {
            // after a power cut the log has what the store's file lost, and brings it back
            log.head().await(head -> head.number() >= last.get().number(), RETRY);
        }
        if (last.isPresent() && isOurs(last.get())) {
            written = last.get();
        } else {
            // of another store, or none of ours: what follows does not belong to it
            putAside(last.map(AuditMark::number).orElse(0L));
            written = new AuditMark(log.ends().dropped(), "");
        }
        OwnDisk.ownerOnly(file, "rw-------");
    }

    /// What a kill has left of a line goes; a file that has none of ours before it is not touched,
    /// whoever's it is.
    private void cut() throws IOException {
        try (var channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var text = end(channel);
            var whole = text.lastIndexOf("\n") + 1;
            if (whole < text.length() && whole > 0 && mark(text.substring(0, whole)).isPresent()) {
                channel.truncate(channel.size() - (text.length() - whole));
            }
        }
    }

    /// Bytes as characters, so that places in it are places in the file.
    private static String end(FileChannel channel) throws IOException {
        var start = Math.max(0, channel.size() - TAIL);
        var bytes = ByteBuffer.allocate((int) (channel.size() - start));
        while (bytes.hasRemaining() && channel.read(bytes, start + bytes.position()) >= 0) {
            // on to the end
        }
        return new String(bytes.array(), StandardCharsets.ISO_8859_1);
    }

    /// The last record of a file; empty when its last line is none, whatever it is.
    private static Optional<AuditMark> last(Path from) throws IOException {
        try (var channel = FileChannel.open(from, StandardOpenOption.READ)) {
            return mark(end(channel));
        }
    }

    private static Optional<AuditMark> mark(String bytes) {
        // what is no UTF-8 becomes text that no record has
        var text =
                new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)
                        .stripTrailing();
        var line = text.substring(text.lastIndexOf('\n') + 1);
        try {
            return line.isEmpty()
                    ? Optional.empty()
                    : Optional.of(AuditRecord.read(JSON.readTree(line)).mark());
        } catch (JsonProcessingException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private boolean isOurs(AuditMark mark) {
        return log.after(mark.number() - 1, 1).stream()
                .anyMatch(record ->
                        record.mark().equals(mark)
                                || record.number() == mark.number() + 1
                                        && record.previous().equals(mark.hash()));
    }

    private void append() throws IOException {
        while (true) {
            var records = log.after(written.number(), BATCH);
            if (records.isEmpty()) {
                return;
            }
            if (!records.getFirst().previous().equals(written.hash())) {
                // what was between was dropped before it was written
                putAside(written.number());
            }
            append(records);
            if (Files.size(file) >= maxBytes) {
                putAside(written.number());
            }
        }
    }

    private void append(List<AuditRecord> records) throws IOException {
        var text = new StringBuilder();
        records.forEach(record -> text.append(record.json()).append('\n'));
        var bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        try (var channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        written = records.getLast().mark();
    }

    /// Oldest first.
    private List<Path> aside() throws IOException {
        try (var all = Files.list(folder())) {
            return all.filter(path -> count(path) > 0)
                    .sorted(Comparator.comparingInt(this::count))
                    .toList();
        }
    }

    private String stem() {
        var name = file.getFileName().toString();
        return name.endsWith(".jsonl") ? name.substring(0, name.length() - 6) : name;
    }

    /// Its name is a count and its last record's number: `audit-000003-20511.jsonl`.
    private void putAside(long number) throws IOException {
        if (Files.size(file) == 0) {
            return;
        }
        var before = aside();
        var count = before.isEmpty() ? 1 : count(before.getLast()) + 1;
        Files.move(
                file,
                file.resolveSibling("%s-%06d-%d.jsonl".formatted(stem(), count, number)),
                StandardCopyOption.ATOMIC_MOVE);
        for (var old : before.subList(0, Math.max(0, before.size() + 1 - maxFiles))) {
            Files.deleteIfExists(old);
        }
        Files.createFile(file);
        OwnDisk.ownerOnly(file, "rw-------");
    }

    /// The count in the name of a file of ours; 0 when it is another's.
    private int count(Path path) {
        var ours =
                Pattern.compile(Pattern.quote(stem()) + "-([0-9]{6,9})-[0-9]{1,19}\\.jsonl")
                        .matcher(path.getFileName().toString());
        return ours.matches() ? Integer.parseInt(ours.group(1)) : 0;
    }

    /// What is not written yet is, at the next start.
    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
