package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that is killed in the middle of a restore.
class KilledRestoreTest {
    private static final int LOOKS = 30_000;
    private static final int ROUNDS = 4;

    @TempDir Path folder;

    /// A child JVM restores one of two snapshots after the other, and is killed a little later in
    /// each round, so that the moments go over all steps.
    @Test
    void stateIsTheOldOneOrTheNewOneAndNothingBetween() throws Exception {
        for (var name : new String[] {"a", "b"}) {
            try (var store = SnapshotWorld.one(folder.resolve("of-" + name))) {
                SnapshotWorld.fill(store);
                for (var i = 0; i < 20; i++) {
                    SnapshotWorld.put(store, name + i, "\"" + "x".repeat(150_000) + "\"");
                }
                SnapshotWorld.save(store, folder.resolve(name));
            }
        }
        try (var store = SnapshotWorld.one(folder.resolve("data"))) {
            SnapshotWorld.restore(store, folder.resolve("b"), false);
        }
        var index = 0L;
        var between = 0;
        for (var round = 0; round < ROUNDS; round++) {
            var child = ChildJvm.start(Restorer.class, folder);
            try (var lines = child.inputReader()) {
                assertThat(lines.readLine()).isEqualTo("begins");
                if (round % 2 == 0) {
                    // not a wait for anything: the moment is what is tried
                    child.waitFor(Duration.ofMillis(10L + round * 60L));
                } else {
                    // in the middle, however fast this machine is
                    for (var look = 0; look < LOOKS && !isBetween(); look++) {
                        child.waitFor(Duration.ofMillis(1));
                    }
                }
                ChildJvm.kill(child);
            }
            child.waitFor();
            between += isBetween() ? 1 : 0;

            try (var store = SnapshotWorld.one(folder.resolve("data"))) {
                var now = store.now();
                var ofA = now.config().values().stream().filter(e -> e.name().startsWith("a"));
                var ofB = now.config().values().stream().filter(e -> e.name().startsWith("b"));
                assertThat(now.config()).hasSize(21);
                assertThat(new long[] {ofA.count(), ofB.count()})
                        .isIn(new long[] {20, 0}, new long[] {0, 20});
                assertThat(now.secrets("id-of-lke").dialerStream()).contains(SnapshotWorld.STREAM);
                assertThat(now.index()).isGreaterThan(index);
                index = now.index();
            }
        }
        // else the moments were none of the middle, and nothing has been shown
        assertThat(between).isPositive();
    }

    /// The machine stops when the log has the commit, and the database does not: else this server
    /// would go on with the old state, and the others with the new one.
    @Test
    void commitThatTheDatabaseHadNotTakenIsTakenAtTheNextStart() throws Exception {
        var content = folder.resolve("content");
        SnapshotMetadata saved;
        try (var store = SnapshotWorld.one(folder.resolve("of-a"))) {
            SnapshotWorld.fill(store);
            SnapshotWorld.save(store, folder.resolve("a"));
            saved = SnapshotFile.extract(folder.resolve("a"), content);
        }
        var data = folder.resolve("data");
        StoreState committed;
        try (var store = SnapshotWorld.one(data)) {
            store.apply(new StoreCommand.BeginRestore("id", saved.bytes(), saved.sha256()));
            var bytes = Files.readAllBytes(content);
            var half = bytes.length / 2;
            store.apply(part(0, Arrays.copyOf(bytes, half)));
            store.apply(part(half, Arrays.copyOfRange(bytes, half, bytes.length)));
            database(data, Files.createDirectory(folder.resolve("early")));
            assertThat(store.apply(new StoreCommand.CommitRestore("id", false)))
                    .isInstanceOf(StoreAnswer.Applied.class);
            committed = store.now();
        }
        database(folder.resolve("early"), data);

        try (var store = SnapshotWorld.one(data)) {
            assertThat(store.now().config("k", "mesh")).isPresent();
            assertThat(store.now().config()).isEqualTo(committed.config());
            assertThat(store.now().index()).isEqualTo(committed.index() + 1);
        }
    }

    private static StoreCommand part(int offset, byte[] bytes) {
        return new StoreCommand.RestorePart(
                "id", offset, Base64.getEncoder().encodeToString(bytes));
    }

    /// Takes the database, and what it has not put in its place yet, from one directory to another.
    private static void database(Path from, Path to) throws IOException {
        for (var name : new String[] {"hansa.db", "hansa.db-wal", "hansa.db-shm"}) {
            Files.deleteIfExists(to.resolve(name));
            if (Files.exists(from.resolve(name))) {
                Files.copy(from.resolve(name), to.resolve(name));
            }
        }
    }

    private boolean isBetween() throws SQLException {
        try (var connection = StateRows.connect(folder.resolve("data/hansa.db"))) {
            return RestoreRows.find(connection).isPresent();
        }
    }

    static final class Restorer {
        public static void main(String[] arguments) throws Exception {
            var folder = Path.of(arguments[0]);
            try (var store = SnapshotWorld.one(folder.resolve("data"))) {
                System.out.println("begins");
                while (true) {
                    for (var name : new String[] {"a", "b"}) {
                        SnapshotWorld.restore(store, folder.resolve(name), true);
                    }
                }
            }
        }
    }
}
