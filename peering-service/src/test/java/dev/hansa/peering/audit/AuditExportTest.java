package dev.hansa.peering.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where the export goes on, whatever lies there.
class AuditExportTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Origin ORIGIN = new Origin("ada", "192.0.2.1", Instant.EPOCH, false, 0);

    @TempDir Path folder;
    private final Log log = new Log();

    private static AuditAct applied(String what, String on) {
        return new AuditAct(what, on, "applied", "", "", 0);
    }

    /// A log in memory.
    private static final class Log implements AuditLog {
        private final List<AuditRecord> all = new ArrayList<>();
        private final Latest<AuditMark> head = new Latest<>(AuditMark.START);
        private AuditHead last = AuditHead.START;
        private long dropped;

        synchronized void add(int count, String on) {
            for (var i = 0; i < count; i++) {
                all.add(AuditRecord.after(last, 1, ORIGIN, applied("what", on)));
                last = last.with(all.getLast());
                head.set(last.last());
            }
        }

        synchronized void drop(int count) {
            dropped = all.get(count - 1).number();
            all.subList(0, count).clear();
        }

        @Override
        public Page before(long number, int limit, Filter filter) {
            throw new UnsupportedOperationException("nobody pages through it");
        }

        @Override
        public synchronized List<AuditRecord> after(long number, int limit) {
            return all.stream().filter(one -> one.number() > number).limit(limit).toList();
        }

        @Override
        public synchronized Ends ends() {
            return new Ends(head.get(), dropped, Map.of());
        }

        @Override
        public Latest<AuditMark> head() {
            return head;
        }
    }

    private Path file() {
        return folder.resolve("audit/audit.jsonl");
    }

    private AuditExport start(long maxBytes, int maxFiles) {
        return AuditExport.start(
                file(),
                log,
                maxBytes,
                maxFiles,
                failure -> {
                    throw new AssertionError(failure);
                });
    }

    private List<AuditRecord> read(Path from) throws Exception {
        var records = new ArrayList<AuditRecord>();
        for (var line : Files.readAllLines(from)) {
            records.add(AuditRecord.read(JSON.readTree(line)));
        }
        return records;
    }

    /// Runs until the last record is written.
    private void export() throws Exception {
        try (var _ = start(1L << 20, 10)) {
            awaitLast();
        }
    }

    private void awaitLast() {
        Awaitility.await()
                .until(() ->
                        Files.exists(file())
                                && Files.readString(file())
                                        .endsWith(log.head().get().hash() + "\"}\n"));
    }

    private static Optional<String> fault(List<AuditRecord> records) {
        var check = AuditCheck.ofFiles(Map.of());
        records.forEach(check::take);
        return check.fault();
    }

    @Test
    void lineThatWasNotEndedIsWrittenAnew() throws Exception {
        log.add(3, "a");
        export();
        var whole = Files.readString(file());
        Files.writeString(file(), whole.substring(0, whole.length() - 20));
        log.add(2, "b");
        export();

        assertThat(read(file())).isEqualTo(log.after(0, 9));
        // in the same file, not in one after it
        try (var all = Files.list(file().resolveSibling("."))) {
            assertThat(all).hasSize(1);
        }
    }

    @Test
    void fullFilesArePutAsideAndTheOldestGo() throws Exception {
        log.add(30, "a");
        try (var _ = start(1, 3)) {
            for (var i = 0; i < 6; i++) {
                log.add(1, "b");
                var number = log.head().get().number();
                Awaitility.await()
                        .until(() -> {
                            try (var all = Files.list(file().resolveSibling("."))) {
                                return all.anyMatch(
                                        path -> path.toString().endsWith("-" + number + ".jsonl"));
                            }
                        });
            }
        }
        try (var all = Files.list(file().resolveSibling("."))) {
            assertThat(all.map(path -> path.getFileName().toString()))
                    .hasSize(4)
                    .contains("audit.jsonl");
        }
    }

    @Test
    void whatWasDroppedMeanwhileBeginsAnotherFile() throws Exception {
        log.add(3, "a");
        export();
        log.add(5, "b");
        log.drop(6);
        export();

        assertThat(read(file())).extracting(AuditRecord::number).containsExactly(7L, 8L);
        assertThat(fault(read(file().resolveSibling("audit-000001-3.jsonl")))).isEmpty();
    }

    @Test
    void fileOfAnotherStoreIsPutAside() throws Exception {
        log.add(3, "a");
        export();
        var other = Files.readString(file()).replace("\"a\"", "\"x\"");
        Files.writeString(file(), other + "no record\n", StandardOpenOption.TRUNCATE_EXISTING);
        export();

        assertThat(read(file())).isEqualTo(log.after(0, 9));
        assertThat(file().resolveSibling("audit-000001-0.jsonl")).exists();
    }

    @Test
    void changedRecordIsFound() {
        log.add(4, "a");
        var all = new ArrayList<>(log.after(0, 9));
        var one = all.get(1);
        var changed =
                AuditRecord.after(
                        AuditHead.START.with(all.get(0)),
                        one.index(),
                        ORIGIN,
                        applied("what", "b"));
        all.set(1, changed);

        assertThat(fault(log.after(0, 9))).isEmpty();
        assertThat(fault(all).orElseThrow())
                .isEqualTo(
                        "audit record 3: expected the hash of record 2 as its previous, "
                                + changed.hash()
                                + "; found "
                                + one.hash());
        assertThat(fault(all.reversed())).isEqualTo(fault(all));
        all.remove(1);
        assertThat(fault(all).orElseThrow())
                .isEqualTo("audit record 3: expected record 2 after 1; found 3");
        // a server's log may have gaps, but none within a class
        var check = AuditCheck.ofLog(Map.of());
        all.forEach(check::take);
        assertThat(check.fault().orElseThrow())
                .isEqualTo("audit record 3: expected change record 2 after 1; found 3");
    }

    @Test
    void whatLiesBeforeTheFilesIsNoFaultAndNotWhole() {
        log.add(4, "a");
        var second = Map.of(AuditClass.CHANGE, log.after(0, 9).get(1).place());
        var rest = AuditCheck.ofFiles(second);
        log.after(3, 9).forEach(rest::take);
        rest.begins();
        assertThat(rest.fault()).isEmpty();
        assertThat(rest.unsure().orElseThrow())
                .isEqualTo(
                        "audit log: expected change record 2, which is remembered; found records 4 to 4");
        var whole = AuditCheck.ofFiles(second);
        log.after(2, 9).forEach(whole::take);
        whole.begins();
        assertThat(whole.unsure()).isEmpty();
        assertThat(whole.fault()).isEmpty();
    }

    /// An editor or a bad disk has left it so.
    @Test
    void fileThatIsNoTextIsPutAside() throws Exception {
        log.add(3, "a");
        export();
        Files.write(
                file(),
                new byte[] {(byte) 0xc3, (byte) 0x28, '\n'},
                StandardOpenOption.TRUNCATE_EXISTING);
        export();
        assertThat(read(file())).isEqualTo(log.after(0, 9));
    }

    @Test
    void filesOfOthersStay() throws Exception {
        log.add(1, "a");
        export();
        var others = List.of("audit-of-billing.jsonl", "audit-2026-11.jsonl", "audit-1.jsonl");
        for (var other : others) {
            Files.writeString(file().resolveSibling(other), "theirs");
        }
        try (var _ = start(1, 1)) {
            for (var i = 0; i < 3; i++) {
                log.add(1, "b");
                var number = log.head().get().number();
                Awaitility.await()
                        .until(() -> {
                            try (var all = Files.list(file().resolveSibling("."))) {
                                return all.anyMatch(
                                        path -> path.toString().endsWith("-" + number + ".jsonl"));
                            }
                        });
            }
        }
        for (var other : others) {
            assertThat(file().resolveSibling(other)).hasContent("theirs");
        }
    }

    /// Whoever verifies files with another program rests on it.
    @Test
    void hashIsWhatTheDocumentationSays() {
        var record = AuditRecord.after(AuditHead.START, 7, ORIGIN, applied("a.b", "ü"));
        var zeros = "0".repeat(64);
        var text =
                "11:hansa-audit,1:1,1:1,1:7,24:1970-01-01T00:00:00.000Z,3:ada,9:192.0.2.1,3:a.b,2:ü,7:applied,0:,0:,1:0,6:change,1:1,64:"
                        + zeros
                        + ",64:"
                        + zeros
                        + ",";
        assertThat(record.hash())
                .isEqualTo(Sha256.hex(text.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("0766bc1eaa027ae06614f281062eedccc3bfc54f2260bb2afc18b3b71e8e7fb7");
    }
}
