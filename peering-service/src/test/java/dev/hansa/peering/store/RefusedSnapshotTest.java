package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.trustbundle.Datacenter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each snapshot that is not taken: one sentence, and the state is what it was.
class RefusedSnapshotTest {
    @TempDir Path folder;
    private Path snapshot;
    private RaftStore store;

    @BeforeEach
    void save() throws Exception {
        snapshot = folder.resolve("snapshot");
        try (var saved = SnapshotWorld.one(folder.resolve("saved"))) {
            SnapshotWorld.fill(saved);
            SnapshotWorld.save(saved, snapshot);
        }
        store = SnapshotWorld.one(folder.resolve("here"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void assertRefused(Path file, String sentence) {
        var before = store.now();
        assertThatThrownBy(() -> SnapshotWorld.restore(store, file, false))
                .isInstanceOf(RefusedSnapshotException.class)
                .hasMessageContaining(sentence);
        assertThat(store.now()).isEqualTo(before);
        // and nothing stays in the way
        SnapshotWorld.put(store, "after" + before.index(), "{}");
        assertThat(folder.resolve("here/snapshots")).isEmptyDirectory();
    }

    private Path changed(String name, byte[] bytes) throws Exception {
        return Files.write(folder.resolve(name), bytes);
    }

    @Test
    void whatIsNoSnapshotIsNamed() throws Exception {
        assertRefused(
                changed("text", "hello, world, this is a text".getBytes(StandardCharsets.UTF_8)),
                "expected a file that begins with 'HANSA-SNAPSHOT'; found another");
        assertRefused(changed("empty", new byte[0]), "expected a file that begins with");
    }

    @Test
    void aFileCutOffAnywhereIsRefused() throws Exception {
        var whole = Files.readAllBytes(snapshot);
        for (var length : new int[] {15, 17, 40, 600, whole.length / 2, whole.length - 1}) {
            var cut = changed("cut" + length, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SnapshotFile.inspect(cut))
                    .as("%d bytes", length)
                    .isInstanceOf(RefusedSnapshotException.class)
                    .hasMessageContaining("cut off");
        }
        assertRefused(changed("half", Arrays.copyOf(whole, whole.length / 2)), "cut off after");
        assertRefused(
                changed("longer", Arrays.copyOf(whole, whole.length + 1)), "found more behind it");
    }

    @Test
    void noByteChangesUnseen() throws Exception {
        var whole = Files.readAllBytes(snapshot);
        for (var at = 0; at < whole.length; at += at < 800 ? 1 : 997) {
            var bytes = whole.clone();
            bytes[at] ^= 1;
            var file = changed("flipped", bytes);
            assertThatThrownBy(() -> SnapshotFile.inspect(file))
                    .as("byte %d", at)
                    .isInstanceOf(RefusedSnapshotException.class);
        }
        whole[whole.length - 100] ^= 1;
        assertRefused(changed("damaged", whole), "the file is damaged");
    }

    @Test
    void aNewerFormatIsRefused() throws Exception {
        var text = Files.readString(snapshot, StandardCharsets.ISO_8859_1);
        assertRefused(
                changed(
                        "newer",
                        text.replaceFirst("\n1\n", "\n2\n").getBytes(StandardCharsets.ISO_8859_1)),
                "expected format 1; found '2'");
    }

    @Test
    void aNewerSchemaIsRefused() throws Exception {
        var found = SnapshotFile.inspect(snapshot);
        var database = folder.resolve("database");
        SnapshotFile.extract(snapshot, database);
        var newer = folder.resolve("newer");
        SnapshotFile.write(
                newer,
                new SnapshotMetadata(
                        found.datacenter(),
                        found.trustDomain(),
                        found.index(),
                        found.logTerm(),
                        found.logIndex(),
                        found.madeAt(),
                        99,
                        found.rows(),
                        found.bytes(),
                        found.sha256()),
                database);

        assertThat(found.schema()).isEqualTo(SnapshotDatabase.SCHEMA);
        assertRefused(newer, "expected schema " + SnapshotDatabase.SCHEMA + " or older; found 99");
    }

    @Test
    void anotherDatacenterIsRefusedForcedOrNot() {
        for (var force : new boolean[] {false, true}) {
            var elsewhere = store.snapshots(new Datacenter("gke"), Clock.systemUTC());
            assertThatThrownBy(
                            () -> {
                                try (var work = elsewhere.workplace().orElseThrow()) {
                                    Files.copy(snapshot, work.file());
                                    work.restore(force);
                                }
                            })
                    .isInstanceOf(RefusedSnapshotException.class)
                    .hasMessage("snapshot: expected one of datacenter 'gke'; found 'eks'");
        }
        assertThat(store.now().config()).isEmpty();
    }

    @Test
    void anotherTrustDomainIsRefusedForcedOrNotOnceAServerIsUsed() throws Exception {
        store.apply(new StoreCommand.InitCa(SnapshotWorld.authority("other.consul", "eks")));
        SnapshotWorld.put(store, "mesh", "{}");
        for (var force : new boolean[] {false, true}) {
            assertThatThrownBy(() -> SnapshotWorld.restore(store, snapshot, force))
                    .isInstanceOf(RefusedSnapshotException.class)
                    .hasMessageStartingWith("snapshot: expected one of trust domain 'other.consul'")
                    .hasMessageEndingWith("found trust domain 'eks.consul'");
        }
        assertThat(store.now().ca().orElseThrow().trustDomain()).isEqualTo("other.consul");
    }

    /// The way back after all servers are lost: a new one has made a trust domain of its own.
    @Test
    void serverThatNobodyHasUsedTakesTheTrustDomain() throws Exception {
        store.apply(new StoreCommand.InitCa(SnapshotWorld.authority("other.consul", "eks")));
        SnapshotWorld.restore(store, snapshot, false);
        assertThat(store.now().ca().orElseThrow().trustDomain()).isEqualTo("eks.consul");
    }

    @Test
    void aServerWithEntriesIsNotOverwrittenUnlessForced() throws Exception {
        SnapshotWorld.put(store, "mine", "{}");
        assertRefused(
                snapshot,
                "restore: expected a server without peerings and config entries; found 0 and 1");

        SnapshotWorld.restore(store, snapshot, true);
        assertThat(store.now().config("k", "mine")).isEmpty();
        assertThat(store.now().config("k", "mesh")).isPresent();
    }

    @Test
    void anotherKeyIsRefusedAndNamed() throws Exception {
        store.close();
        var key = new byte[32];
        key[0] = 1;
        Files.createDirectories(folder.resolve("keyed"));
        Files.write(folder.resolve("keyed").resolve(SecretSeal.FILE), key);
        store = TestStore.open(folder.resolve("keyed"));

        assertThatThrownBy(() -> SnapshotWorld.restore(store, snapshot, true))
                .isInstanceOf(RefusedSnapshotException.class)
                .hasMessageContaining(
                        "expected one sealed with the key in '"
                                + folder.resolve("keyed").resolve(SecretSeal.FILE)
                                + "'; found another")
                .hasMessageNotContaining("canary");
        assertThat(store.now().config()).isEmpty();
        SnapshotWorld.put(store, "after", "{}");
    }

    /// Two operators at one time: the later one's is taken, and the earlier one is told.
    @Test
    void partOfARestoreThatAnotherHasSupersededIsRefused() {
        store.apply(new StoreCommand.BeginRestore("a", 4, "0".repeat(64)));
        store.apply(new StoreCommand.BeginRestore("b", 4, "0".repeat(64)));
        assertThat(store.apply(new StoreCommand.RestorePart("a", 0, "AAAA")))
                .isInstanceOf(StoreAnswer.Refused.class);
        assertThat(store.apply(new StoreCommand.CommitRestore("a", true)))
                .isInstanceOf(StoreAnswer.Refused.class);
        // and one that lacks a part, or whose content is not what was announced
        assertThat(store.apply(new StoreCommand.CommitRestore("b", true)))
                .isEqualTo(new StoreAnswer.Refused("restore: expected 4 bytes; found 0"));
        store.apply(new StoreCommand.RestorePart("b", 0, "AAAAAA=="));
        assertThat(
                        ((StoreAnswer.Refused)
                                        store.apply(new StoreCommand.CommitRestore("b", true)))
                                .reason())
                .contains("expected a database with SHA-256 000");
        assertThat(store.now().config()).isEmpty();
    }
}
