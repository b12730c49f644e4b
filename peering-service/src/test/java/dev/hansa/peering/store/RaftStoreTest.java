package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftStoreTest extends StoreContract {
    @TempDir Path folder;

    @Override
    Store open() {
        return TestStore.open(folder.resolve("data"));
    }

    @Test
    void filesAreForTheOwnerOnly() throws Exception {
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(folder.resolve("data"))))
                .isEqualTo("rwx------");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(folder.resolve("data/hansa.db"))))
                .isEqualTo("rw-------");
    }

    @Test
    void secondServerOnOneDirectoryIsRefused() {
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("expected to be its only server");
    }

    @Test
    void dataDirectoryThatIsAFileIsRefusedWithOneSentence() throws Exception {
        var file = Files.writeString(folder.resolve("file"), "x");

        assertThatThrownBy(() -> TestStore.open(file.resolve("data")))
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("data directory '" + file.resolve("data") + "'");
    }

    @Test
    void damagedFileIsNamedAndNotRepairedInSilence() throws Exception {
        store.apply(new StoreCommand.PutConfig("mesh", "mesh", "{}", OptionalLong.empty()));
        store.close();
        var file = folder.resolve("data/hansa.db");
        var bytes = Files.readAllBytes(file);
        for (var i = 100; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("data directory");

        Files.delete(file);
        store = open();
    }

    /// As the library leaves it where there was no room for it.
    @Test
    void voteThatAFullDiskHasEmptiedIsMendedByATermThatNobodyHasVotedIn() throws Exception {
        var first = emptiedVote("one");
        var second = emptiedVote("two");

        assertThat(first).isGreaterThan(LostVote.TERMS);
        assertThat(second).as("also where no entry has come since").isGreaterThan(first);
        assertThat(store.now().config("mesh", "one")).isPresent();
        assertThat(store.now().config("mesh", "two")).isPresent();
    }

    /// @return the term that it goes on in
    private long emptiedVote(String written) throws Exception {
        store.apply(new StoreCommand.PutConfig("mesh", written, "{}", OptionalLong.empty()));
        store.close();
        Path vote;
        try (var files = Files.walk(folder.resolve("data/raft"))) {
            vote = files.filter(file -> file.endsWith("raft-meta")).findFirst().orElseThrow();
        }
        Files.write(vote, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
        store = open();
        return Long.parseLong(Files.readString(folder.resolve("data/raft/mended-vote")).strip());
    }

    @Test
    void fullStoreRefusesOneWriteAndLosesNothing() {
        store.close();
        var whole = store.now();
        store = TestStore.open(folder.resolve("data"), 200_000);
        var big = "x".repeat(40_000);
        put("a", "kept");
        assertThatThrownBy(
                        () -> {
                            for (var i = 0; i < 24; i++) {
                                put("big" + i, big);
                            }
                        })
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith(
                        "'" + folder.resolve("data/hansa.db") + "': a write failed");
        var full = store.now();
        // what makes room is still taken, and after it what needs no more than that
        assertThat(store.apply(new StoreCommand.DeleteConfig("k", "big0", OptionalLong.empty())))
                .isInstanceOf(StoreAnswer.Applied.class);
        put("b", "kept too");
        var after = store.now();
        store.close();
        store = open();

        assertThat(full.index()).isGreaterThan(whole.index());
        assertThat(after.index()).isEqualTo(full.index() + 2);
        assertThat(store.now().config()).isEqualTo(after.config());
    }

    private void put(String name, String json) {
        store.apply(new StoreCommand.PutConfig("k", name, json, OptionalLong.empty()));
    }

    @Test
    void databaseOfANewerVersionIsRefusedAndLeftAlone() throws Exception {
        put("a", "b");
        store.close();
        var url = "jdbc:sqlite:" + folder.resolve("data/hansa.db");
        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO flyway_schema_history SELECT 99, '99', 'from the future', type, script, checksum,"
                            + " installed_by, installed_on, execution_time, success FROM flyway_schema_history LIMIT 1");
        }

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreFailure.class)
                .hasMessage(
                        "'"
                                + folder.resolve("data/hansa.db")
                                + "': expected a schema that this version of Hansa knows; found version 99, written by a newer one");

        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute("DELETE FROM flyway_schema_history WHERE version = '99'");
        }
        store = open();
        assertThat(store.now().config("k", "a")).isPresent();
    }

    /// What a newer version wrote into a record is not dropped in silence.
    @Test
    void recordThatIsNotOursIsRefusedWithoutItsContent() throws Exception {
        put("a", "b");
        store.close();
        var url = "jdbc:sqlite:" + folder.resolve("data/hansa.db");
        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO records VALUES ('ca', 'x', '{\"rootKeyPem\":{\"canary\":1}}')");
        }

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("expected a CaRecord in JSON")
                .hasMessageNotContaining("canary");

        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute("DELETE FROM records WHERE bucket = 'ca'");
        }
        store = open();
    }

    /// The directory goes away under the log, which meets that at its next segment.
    @Test
    void logThatFailsRefusesWritesWithItsReasonAndReadsGoOn() throws Exception {
        put("a", "kept");
        assertThat(store.problem()).isEmpty();
        var log = folder.resolve("data/raft");
        var away = folder.resolve("away");
        Files.move(log, away);
        Files.createDirectory(log);
        var big = "x".repeat(1_000_000);

        assertThatThrownBy(
                        () -> {
                            for (var i = 0; i < 30; i++) {
                                put("big" + i, big);
                            }
                        })
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("'" + log + "': a write failed");
        assertThat(store.problem()).hasValueSatisfying(why -> assertThat(why).contains("raft"));
        var seen = store.now();
        assertThat(seen.config("k", "a")).isPresent();

        store.close();
        Files.delete(log);
        Files.move(away, log);
        store = open();
        assertThat(store.now().config()).containsAllEntriesOf(seen.config());
        put("b", "taken again");
    }

    /// Its entries would have the numbers of those that are lost, and be taken for known.
    @Test
    void databaseWithoutItsLogOrWithAnOlderOneIsRefused() throws Exception {
        put("a", "kept");
        store.close();
        var log = folder.resolve("data/raft");
        var older = folder.resolve("older");
        TestStore.copy(log, older);
        store = open();
        for (var i = 0; i < 20; i++) {
            put("n" + i, "kept");
        }
        store.close();
        var whole = folder.resolve("whole");
        Files.move(log, whole);

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("'" + log + "': expected the log that 'hansa.db' has")
                .hasMessageEndingWith("found none");

        Files.delete(log);
        Files.move(older, log);
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("'" + log + "': expected the log that 'hansa.db' has")
                .hasMessageContaining("found one that ends at");

        Files.move(log, folder.resolve("refused"));
        Files.move(whole, log);
        store = open();
        assertThat(store.now().config()).hasSize(21);
    }

    /// Power went away inside a write: a part of it is there, and the state does not have it.
    @Test
    void lastEntryThatWasNotWrittenWholeIsCutOff() throws Exception {
        put("a", "kept");
        store.close();
        var before = folder.resolve("before.db");
        Files.copy(folder.resolve("data/hansa.db"), before);
        store = open();
        put("torn", "x".repeat(20_000));
        store.close();
        // the log of now, and the state of before
        var torn = folder.resolve("torn");
        TestStore.copy(folder.resolve("data"), torn);
        Files.copy(before, torn.resolve("hansa.db"), StandardCopyOption.REPLACE_EXISTING);
        var log = openSegment(torn);
        var bytes = Files.readAllBytes(log);
        var value = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf("xxxx");
        Arrays.fill(bytes, value - 5_000, bytes.length, (byte) 0);
        Files.write(log, bytes);

        try (var reopened = TestStore.open(torn)) {
            assertThat(reopened.now().config("k", "a")).isPresent();
            assertThat(reopened.now().config("k", "torn")).isEmpty();
            reopened.apply(new StoreCommand.PutConfig("k", "b", "{}", OptionalLong.empty()));
        }
        try (var again = TestStore.open(torn)) {
            assertThat(again.now().config("k", "b")).isPresent();
        }
        store = open();
    }

    /// A bit that has turned in what was answered for is no torn write.
    @Test
    void damagedEntryIsNamedAndNothingIsCutOff() throws Exception {
        put("a", "kept");
        put("damaged", "x".repeat(20_000));
        put("b", "kept");
        store.close();
        var log = openSegment(folder.resolve("data"));
        var bytes = Files.readAllBytes(log);
        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("xxxx") + 100] ^= 1;
        Files.write(log, bytes);

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("data directory '" + folder.resolve("data") + "'");
        assertThat(Files.readAllBytes(log)).isEqualTo(bytes);

        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("xxxx") + 100] ^= 1;
        Files.write(log, bytes);
        store = open();
        assertThat(store.now().config()).hasSize(3);
    }

    private static Path openSegment(Path data) throws IOException {
        try (var files = Files.walk(data.resolve("raft"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("log_inprogress_"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /// What a build before the log wrote: a database alone.
    @Test
    void databaseFromBeforeTheLogIsTakenOver() throws Exception {
        put("a", "kept");
        store.close();
        Files.move(folder.resolve("data/raft"), folder.resolve("away"));
        try (var connection =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + folder.resolve("data/hansa.db"));
                var statement = connection.createStatement()) {
            statement.execute("UPDATE counters SET value = -1 WHERE name = 'log_index'");
        }

        store = open();
        put("b", "taken");
        var index = store.now().index();
        store.close();
        store = open();

        assertThat(store.now().config()).hasSize(2);
        assertThat(store.now().index()).isEqualTo(index + 1);
    }

    @Test
    void eachStartIsCountedOnce() {
        var before = store.now().starts();
        store.close();
        store = open();

        assertThat(store.now().starts()).isEqualTo(before + 1);
    }

    @Test
    void closedStoreTakesNoMoreWrites() {
        store.close();
        store.close();

        assertThatThrownBy(() -> put("a", "b"))
                .isInstanceOf(StoreFailure.class)
                .hasMessageEndingWith("closed");
        store = open();
    }

    /// A child JVM writes and prints each acknowledged index until it is killed.
    @Test
    void nothingAcknowledgedIsLostByAKill() throws Exception {
        var data = folder.resolve("killed");
        var child = ChildJvm.start(Writer.class, data);
        var acknowledged = 0L;
        try (var lines = child.inputReader()) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                acknowledged = Long.parseLong(line);
                if (acknowledged == 200) {
                    ChildJvm.kill(child);
                }
            }
        }
        child.waitFor();

        try (var reopened = TestStore.open(data)) {
            assertThat(acknowledged).isGreaterThanOrEqualTo(200);
            assertThat((long) reopened.now().config().size())
                    .isBetween(acknowledged, acknowledged + 1);
        }
    }

    static final class Writer {
        public static void main(String[] arguments) {
            try (var store = TestStore.open(Path.of(arguments[0]))) {
                for (var i = 1; i < 100_000; i++) {
                    store.apply(
                            new StoreCommand.PutConfig(
                                    "service-resolver", "s" + i, "{}", OptionalLong.empty()));
                    System.out.println(i);
                }
            }
        }
    }

    @Test
    void whatALeaderOfAnotherTermWritesHasNoEffect(@TempDir Path folder) {
        try (var one = TestStore.open(folder)) {
            var term = one.members().leadership().get().term();
            var put =
                    new StoreCommand.PutConfig(
                            "service-defaults", "api", "{}", OptionalLong.empty());

            // no answer to what was asked: else a secret would be called wrong that is not
            assertThatThrownBy(() -> one.inTerm(term - 1).apply(put))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("another server leads");
            assertThat(one.now().config("service-defaults", "api")).isEmpty();
            assertThat(one.inTerm(term).apply(put)).isInstanceOf(StoreAnswer.Applied.class);
            assertThat(one.now().config("service-defaults", "api")).isPresent();
        }
    }
}
