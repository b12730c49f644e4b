package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Snapshots that released versions made, which every later version restores. A new format or
/// schema is a new file here; `-Dgolden.update=true` writes the present version's, before its
/// release.
class SnapshotFixtureTest {
    private static final Path FIXTURES = Path.of("src/test/resources/snapshots");
    private static final String PRESENT = "0.1.0.snapshot";

    /// Of builds before 0.1.0, without controls.
    private static final String SCHEMA_2 = "0.1.0-schema-2.snapshot";

    /// Of builds before 0.1.0, without tokens.
    private static final String SCHEMA_3 = "0.1.0-schema-3.snapshot";

    /// Of builds before 0.1.0, without auth methods.
    private static final String SCHEMA_4 = "0.1.0-schema-4.snapshot";

    /// Of builds before 0.1.0, without an audit log.
    private static final String SCHEMA_5 = "0.1.0-schema-5.snapshot";

    /// Of builds before 0.1.0, without virtual addresses.
    private static final String SCHEMA_6 = "0.1.0-schema-6.snapshot";

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {SCHEMA_2, SCHEMA_3, SCHEMA_4, SCHEMA_5, SCHEMA_6, PRESENT})
    void snapshotOfEachVersionIsRestored(String name) throws Exception {
        var fixture = FIXTURES.resolve(name);
        if (name.equals(PRESENT) && Boolean.getBoolean("golden.update")) {
            try (var store = SnapshotWorld.one(folder.resolve("made"))) {
                SnapshotWorld.fill(store);
                SnapshotWorld.control(store);
                SnapshotWorld.tokens(store);
                SnapshotWorld.logins(store);
                SnapshotWorld.virtual(store);
                Files.createDirectories(FIXTURES);
                SnapshotWorld.save(store, fixture);
            }
        }
        try (var store = SnapshotWorld.one(folder.resolve("one"))) {
            var restored = SnapshotWorld.restore(store, fixture, false);

            var now = store.now();
            assertThat(restored.from().datacenter()).isEqualTo("eks");
            assertThat(restored.from().trustDomain()).isEqualTo("eks.consul");
            assertThat(now.index()).isGreaterThan(restored.from().index());
            assertThat(now.config("k", "mesh").orElseThrow().json())
                    .isEqualTo("{\"Kind\":\"mesh\"}");
            assertThat(now.peering(SnapshotWorld.LKE).orElseThrow().meta()).containsEntry("k", "v");
            assertThat(now.secrets("id-of-lke").dialerStream()).contains(SnapshotWorld.STREAM);
            assertThat(now.bundles().values())
                    .extracting(BundleRecord::rootPems)
                    .containsExactly(List.of("pem"));
            assertThat(now.controls(SnapshotWorld.NOW).inForce())
                    .hasSize(name.equals(SCHEMA_2) ? 0 : 1);
            var hasLogins = List.of(SCHEMA_5, SCHEMA_6, PRESENT).contains(name);
            var hasTokens = !List.of(SCHEMA_2, SCHEMA_3).contains(name);
            assertThat(now.acl().tokens()).hasSize(hasTokens ? 1 : 0);
            assertThat(now.acl().tokens().values())
                    .allSatisfy(token -> assertThat(token.authMethod()).isEmpty());
            assertThat(now.acl().policies()).hasSize(hasTokens ? 1 : 0);
            assertThat(now.acl().bootstrap().isPresent()).isEqualTo(hasTokens);
            assertThat(now.acl().logins().methods()).hasSize(hasLogins ? 1 : 0);
            assertThat(now.acl().logins().rulesOf("k8s")).hasSize(hasLogins ? 1 : 0);
            assertThat(restored.from().rows().getOrDefault("audit", 0L))
                    .isEqualTo(List.of(SCHEMA_6, PRESENT).contains(name) ? 11 : 0);
            assertThat(now.virtual().records().keySet())
                    .isEqualTo(name.equals(PRESENT) ? Set.of("web", "pay.lke") : Set.of());
            assertThat(now.virtual().next()).isEqualTo(name.equals(PRESENT) ? 3 : 1);
            // what happened at this server stays what happened
            assertThat(store.audit().after(0, 10))
                    .extracting(record -> record.act().what(), record -> record.act().outcome())
                    .containsExactly(tuple("snapshot.restore", "applied"));
            assertThat(now.ca()).contains(SnapshotWorld.authority("eks.consul", "eks"));
        }
    }

    /// A change of the schema or the format leads here: add a fixture, keep the old ones.
    @Test
    void presentVersionsSchemaHasItsFixture() throws Exception {
        var found = SnapshotFile.inspect(FIXTURES.resolve(PRESENT));
        assertThat(List.of(found.schema(), SnapshotFile.FORMAT))
                .isEqualTo(List.of(SnapshotDatabase.SCHEMA, 1));
    }

    /// A schema that the constant does not know would refuse its own snapshots.
    @Test
    void presentSchemaIsTheLastMigration() throws Exception {
        try (var files = Files.list(Path.of("src/main/resources/db/migration"))) {
            // without a gap: a server that has the later one does not start with the earlier one
            assertThat(
                            files.map(file -> file.getFileName().toString())
                                    .map(name -> name.replaceAll("^V(\\d+)__.*", "$1"))
                                    .map(Integer::valueOf)
                                    .sorted()
                                    .toList())
                    .isEqualTo(IntStream.rangeClosed(1, SnapshotDatabase.SCHEMA).boxed().toList());
        }
    }
}
