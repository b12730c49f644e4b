package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqlStoreTest extends StoreContract {
    @TempDir Path folder;

    @Override
    Store open() {
        return SqlStore.open(folder.resolve("data"));
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

        assertThatThrownBy(() -> SqlStore.open(file.resolve("data")))
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

    @Test
    void fullDiskRefusesOneWriteAndLosesNothing() {
        store.close();
        var whole = store.now();
        store = SqlStore.open(folder.resolve("data"), 24);
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
        // what does not need more room is still taken
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
                            + " installed_by, installed_on, execution_time, success FROM flyway_schema_history");
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
        var child =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writer.class.getName(),
                                data.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var acknowledged = 0L;
        try (var lines = child.inputReader()) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                acknowledged = Long.parseLong(line);
                if (acknowledged == 200) {
                    // by its handle: Process.destroyForcibly would close our end of the pipe too
                    ProcessHandle.of(child.pid()).orElseThrow().destroyForcibly();
                }
            }
        }
        child.waitFor();

        try (var reopened = SqlStore.open(data)) {
            assertThat(acknowledged).isGreaterThanOrEqualTo(200);
            assertThat((long) reopened.now().config().size())
                    .isBetween(acknowledged, acknowledged + 1);
        }
    }

    static final class Writer {
        public static void main(String[] arguments) {
            try (var store = SqlStore.open(Path.of(arguments[0]))) {
                for (var i = 1; i < 100_000; i++) {
                    store.apply(
                            new StoreCommand.PutConfig(
                                    "service-resolver", "s" + i, "{}", OptionalLong.empty()));
                    System.out.println(i);
                }
            }
        }
    }
}
