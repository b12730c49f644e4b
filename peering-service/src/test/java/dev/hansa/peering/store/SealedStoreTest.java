package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.trustbundle.PeerName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the disk tells to one who has the database and not the key beside it.
class SealedStoreTest {
    private static final Secret STREAM = new Secret("canary-of-the-stream");
    private static final Secret ROOT = new Secret("canary-of-the-root-key");
    private static final Secret INTERMEDIATE = new Secret("canary-of-the-intermediate-key");

    private static final Secret BODY = new Secret("canary-of-the-body");

    private static final StoreCommand.PutRegistration REGISTRATION =
            new StoreCommand.PutRegistration(
                    checked(
                            new HttpAsk(
                                    "POST",
                                    Map.of("x-token", new Secret("canary-of-the-header")),
                                    Optional.of(BODY),
                                    false)));

    @TempDir Path data;

    @BeforeEach
    void write() {
        try (var store = TestStore.open(data)) {
            for (var name : new String[] {"lke", "gke"}) {
                var peering =
                        PeeringRecord.accepting(new PeerName(name), "id-of-" + name, Map.of());
                assertThat(store.apply(new StoreCommand.Establish(peering, STREAM)))
                        .isInstanceOf(StoreAnswer.Applied.class);
            }
            assertThat(
                            store.apply(
                                    new StoreCommand.InitCa(
                                            new CaRecord(
                                                    "eks.consul",
                                                    "eks",
                                                    "root",
                                                    ROOT,
                                                    "intermediate",
                                                    INTERMEDIATE))))
                    .isInstanceOf(StoreAnswer.Applied.class);
            assertThat(store.apply(REGISTRATION)).isInstanceOf(StoreAnswer.Applied.class);
        }
    }

    private static ServiceInstance checked(HttpAsk ask) {
        var way =
                new Way(
                        Kind.HTTP,
                        "http://192.0.2.1/",
                        Duration.ofHours(1),
                        Duration.ofSeconds(1),
                        ask,
                        Thresholds.FIRST,
                        Duration.ZERO);
        var definition = new CheckDefinition("", false, Optional.of(way));
        return TestStore.registered(
                "vm1",
                "web",
                "web",
                List.of(
                        new HealthCheck(
                                "c",
                                "c",
                                CheckStatus.PASSING,
                                "",
                                "http",
                                Optional.of(definition))));
    }

    private static Optional<Secret> content(ServiceInstance instance) {
        return instance.checks()
                .getFirst()
                .definition()
                .orElseThrow()
                .way()
                .orElseThrow()
                .ask()
                .content();
    }

    private void sql(String statement) throws SQLException {
        try (var connection =
                        DriverManager.getConnection("jdbc:sqlite:" + data.resolve("hansa.db"));
                var execution = connection.createStatement()) {
            execution.execute(statement);
        }
    }

    @Test
    void noFileHoldsASecretInTheClear() throws Exception {
        try (var files = Files.walk(data)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain("canary");
            }
        }
        try (var store = TestStore.open(data)) {
            assertThat(store.now().secrets("id-of-lke").dialerStream()).contains(STREAM);
            assertThat(store.now().ca().orElseThrow().rootKeyPem()).isEqualTo(ROOT);
            assertThat(store.now().ca().orElseThrow().intermediateKeyPem()).isEqualTo(INTERMEDIATE);
            assertThat(content(registered(store))).contains(BODY);
        }
    }

    private static ServiceInstance registered(RaftStore store) {
        return Objects.requireNonNull(store.now().registrations().get("vm1/web")).instance();
    }

    /// As builds before it wrote them.
    @Test
    void bodyThatWasNotSealedIsReadAndSealedWithTheNextWrite() throws Exception {
        var ask = "$.instance.checks[0].definition.way.ask";
        sql(
                "UPDATE records SET value = json_set(json_remove(value, '"
                        + ask
                        + ".content'), '"
                        + ask
                        + ".body', 'canary of old') WHERE bucket = 'registration'");

        try (var store = TestStore.open(data)) {
            assertThat(content(registered(store))).contains(new Secret("canary of old"));
            store.apply(
                    new StoreCommand.PutCheckResult("vm1", "web", "c", CheckStatus.WARNING, ""));
        }

        try (var connection =
                        DriverManager.getConnection("jdbc:sqlite:" + data.resolve("hansa.db"));
                var query = connection.createStatement();
                var row =
                        query.executeQuery(
                                "SELECT value FROM records WHERE bucket = 'registration'")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).contains("\"warning\"").doesNotContain("canary");
        }
    }

    @Test
    void registrationInALogOfABuildBeforeIsRead() {
        try (var file = StateFile.open(data, SealKey.IN_DATA_DIR)) {
            var codec = new CommandCodec(file.records());
            var without = checked(new HttpAsk("POST", Map.of(), Optional.empty(), false));
            var written =
                    new String(
                            codec.encode(new StoreCommand.PutRegistration(without)),
                            StandardCharsets.UTF_8);
            var old =
                    written.replace(",\"content\":null", "")
                            .replace("\"body\":\"\"", "\"body\":\"old\"")
                            .replace(",\"cas\":null,\"among\":[]", "");
            assertThat(old).hasSize(written.length() - 34);

            assertThat(codec.command(old.getBytes(StandardCharsets.UTF_8)).command())
                    .isEqualTo(
                            new StoreCommand.PutRegistration(
                                    checked(
                                            new HttpAsk(
                                                    "POST",
                                                    Map.of(),
                                                    Optional.of(new Secret("old")),
                                                    false))));
        }
    }

    @Test
    void keyIsForTheOwnerOnlyWhateverItWas() throws Exception {
        var key = data.resolve(SecretSeal.FILE);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));

        TestStore.open(data).close();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
    }

    @Test
    void databaseWithoutItsKeyIsRefusedAndNoOtherKeyIsMade() throws Exception {
        var key = data.resolve(SecretSeal.FILE);
        Files.delete(key);

        assertThatThrownBy(() -> TestStore.open(data))
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("'" + key + "': expected the key")
                .hasMessageContaining("found no such file");
        assertThat(key).doesNotExist();
    }

    @Test
    void anotherKeyOrHalfOfOneIsRefused() throws Exception {
        var key = data.resolve(SecretSeal.FILE);
        var bytes = Files.readAllBytes(key);
        bytes[0] ^= 1;
        Files.write(key, bytes);
        assertThatThrownBy(() -> TestStore.open(data))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("expected one sealed with the key in '" + key + "'");

        Files.write(key, new byte[16]);
        assertThatThrownBy(() -> TestStore.open(data))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("expected a key of 32 bytes; found 16");
    }

    @Test
    void sealedSecretOpensOnlyWhereItWasSealed() throws Exception {
        sql(
                "UPDATE records SET value = replace((SELECT value FROM records WHERE bucket ="
                        + " 'secrets' AND key = 'id-of-gke'), 'id-of-gke', 'id-of-lke') WHERE"
                        + " bucket = 'secrets' AND key = 'id-of-lke'");

        assertThatThrownBy(() -> TestStore.open(data))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("secret of 'secrets/id-of-lke#dialerStream'");
    }

    /// Else whoever can write the file, but has no key, could put a secret of his own there.
    @Test
    void secretInTheClearIsNotTaken() throws Exception {
        sql(
                "UPDATE records SET value = json_set(value, '$.dialerStream',"
                        + " json('{\"value\":\"canary\"}')) WHERE bucket = 'secrets'");

        assertThatThrownBy(() -> TestStore.open(data))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("expected a PeeringSecrets in JSON")
                .hasMessageNotContaining("canary");
    }
}
