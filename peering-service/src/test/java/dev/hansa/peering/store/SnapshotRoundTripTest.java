package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A state goes from three servers to one, and back to three.
class SnapshotRoundTripTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir Path folder;
    private final Trio trio = trio();
    private final Trio others = trio();

    private static Trio trio() {
        // copies of the state are made between the parts of a restore too
        return new Trio(new LogSettings(5, 2, Duration.ofMillis(400)));
    }

    @AfterEach
    void close() {
        trio.close();
        others.close();
    }

    private Path snapshot(String name) {
        return folder.resolve(name);
    }

    private static void assertRestored(StoreState found, StoreState saved) {
        assertThat(
                        found.config().values().stream()
                                .collect(Collectors.toMap(ConfigRecord::name, ConfigRecord::json)))
                .isEqualTo(
                        saved.config().values().stream()
                                .collect(Collectors.toMap(ConfigRecord::name, ConfigRecord::json)));
        assertThat(found.peering(SnapshotWorld.LKE).orElseThrow().indexed(0, 0))
                .isEqualTo(saved.peering(SnapshotWorld.LKE).orElseThrow().indexed(0, 0));
        assertThat(found.secrets("id-of-lke").dialerStream()).contains(SnapshotWorld.STREAM);
        assertThat(found.bundles().values())
                .extracting(BundleRecord::rootPems)
                .containsExactly(List.of("pem"));
        assertThat(found.ca()).isEqualTo(saved.ca());
        assertThat(found.index()).isGreaterThan(saved.index());
        assertThat(found.starts()).isGreaterThan(saved.starts());
    }

    @Test
    void stateGoesFromThreeServersToOneAndBackToThree() throws Exception {
        trio.openAll(folder.resolve("trio"));
        SnapshotWorld.fill(trio);
        // several parts, that no packing makes one
        var random = new Random(7);
        for (var i = 0; i < 12; i++) {
            var text =
                    random.ints(200_000, 'a', 'z' + 1)
                            .collect(
                                    StringBuilder::new,
                                    StringBuilder::appendCodePoint,
                                    StringBuilder::append);
            SnapshotWorld.put(trio, "big" + i, "{\"x\":\"" + text + "\"}");
        }
        var follower = (trio.leader() + 1) % 3;
        var made = SnapshotWorld.save(trio.member(follower), snapshot("of-three"));
        var first = trio.now();
        assertThat(made.index()).isEqualTo(first.index());
        assertThat(made.rows()).containsEntry("config", 13L).containsEntry("peering", 1L);
        assertThat(made.bytes()).isGreaterThan(3L * RestoreLog.MAX_PART);

        try (var one = SnapshotWorld.one(folder.resolve("one"))) {
            var restored = SnapshotWorld.restore(one, snapshot("of-three"), false);
            assertThat(restored.index()).isEqualTo(one.now().index());
            assertRestored(one.now(), first);
            SnapshotWorld.put(one, "of-one", "{}");
        }
        try (var again = SnapshotWorld.one(folder.resolve("one"))) {
            assertThat(again.now().config("k", "of-one")).isPresent();
            SnapshotWorld.save(again, snapshot("of-one"));

            others.openAll(folder.resolve("others"));
            var restored = SnapshotWorld.restore(others.member(2), snapshot("of-one"), false);
            for (var member = 0; member < 3; member++) {
                var found =
                        others.member(member)
                                .state()
                                .await(state -> state.index() >= restored.index(), SOON);
                assertRestored(found, again.now());
                assertThat(found).isEqualTo(others.member(2).now());
            }
        }
        // and their disks say it too
        var whole = others.now();
        others.close();
        others.openAll(folder.resolve("others"));
        assertThat(others.now().config()).isEqualTo(whole.config());
        assertThat(others.now().peerings()).isEqualTo(whole.peerings());
        SnapshotWorld.put(others, "after", "{}");
    }

    /// Between two parts, the member's log forgets the first.
    @Test
    void memberThatWasAwayDuringARestoreHasWhatTheOthersHave() throws Exception {
        try (var one = SnapshotWorld.one(folder.resolve("one"))) {
            SnapshotWorld.fill(one);
            for (var i = 0; i < 40; i++) {
                SnapshotWorld.put(one, "big" + i, "{\"x\":\"" + "y".repeat(200_000) + "\"}");
            }
            SnapshotWorld.save(one, snapshot("of-one"));
        }
        trio.openAll(folder.resolve("trio"));
        var away = (trio.leader() + 1) % 3;
        trio.close(away);
        var restored = SnapshotWorld.restore(trio.member(trio.leader()), snapshot("of-one"), false);
        trio.openAll(folder.resolve("trio"));

        var found =
                trio.member(away).state().await(state -> state.index() >= restored.index(), SOON);
        assertThat(found.config()).isEqualTo(trio.member(trio.leader()).now().config());
        assertThat(found.config()).hasSize(41);
    }

    @Test
    void serverThatStartsDuringARestoreBreaksItOffOnAll() throws Exception {
        trio.openAll(folder.resolve("trio"));
        var away = (trio.leader() + 1) % 3;
        trio.close(away);
        var leader = trio.member(trio.leader());
        leader.apply(new StoreCommand.BeginRestore("id", 90, "0".repeat(64)));
        for (var i = 0; i < 29; i++) {
            assertThat(leader.apply(new StoreCommand.RestorePart("id", i * 3L, "AAAA")))
                    .isInstanceOf(StoreAnswer.Unchanged.class);
        }
        trio.openAll(folder.resolve("trio"));

        for (var member = 0; member < 3; member++) {
            assertThat(trio.member(member).apply(new StoreCommand.RestorePart("id", 87, "AAAA")))
                    .isInstanceOf(StoreAnswer.Refused.class);
        }
    }

    @Test
    void indexNeverGoesBackAndWhatWasUsedStaysUsed() throws Exception {
        try (var store = SnapshotWorld.one(folder.resolve("one"))) {
            SnapshotWorld.fill(store);
            SnapshotWorld.save(store, snapshot("early"));
            var early = store.now();
            assertThat(
                            store.apply(
                                    new StoreCommand.ExchangeSecret(
                                            "id-of-lke", "hash", "stream", SnapshotWorld.NOW)))
                    .isInstanceOf(StoreAnswer.Applied.class);
            store.apply(new StoreCommand.UseJoinSecret("join", "/web", "key", SnapshotWorld.NOW));
            store.apply(new StoreCommand.PutConfig("k", "mesh", "{\"v\":2}", OptionalLong.empty()));
            SnapshotWorld.put(store, "later", "{}");
            var late = store.now();

            SnapshotWorld.restore(store, snapshot("early"), true);

            var now = store.now();
            assertThat(now.index()).isGreaterThan(late.index());
            assertThat(now.config("k", "later")).isEmpty();
            assertThat(now.config("k", "mesh").orElseThrow().json())
                    .isEqualTo(early.config("k", "mesh").orElseThrow().json());
            assertThat(now.config("k", "mesh").orElseThrow().modifyIndex()).isEqualTo(now.index());
            assertThat(now.secrets("id-of-lke")).isEqualTo(late.secrets("id-of-lke"));
            assertThat(now.joinSecrets()).isEqualTo(late.joinSecrets());
            assertThat(
                            store.apply(
                                    new StoreCommand.ExchangeSecret(
                                            "id-of-lke", "hash", "again", SnapshotWorld.NOW)))
                    .isInstanceOf(StoreAnswer.Refused.class);
        }
        try (var fresh = SnapshotWorld.one(folder.resolve("fresh"))) {
            SnapshotWorld.restore(fresh, snapshot("early"), false);
            assertThat(fresh.now().secrets("id-of-lke").establishment()).isEmpty();
            assertThat(fresh.now().joinSecrets()).isEmpty();
        }
    }

    @Test
    void snapshotTellsNoSecret() throws IOException {
        try (var store = SnapshotWorld.one(folder.resolve("one"))) {
            SnapshotWorld.fill(store);
            SnapshotWorld.save(store, snapshot("saved"));
        }
        assertThat(Files.readString(snapshot("saved"), StandardCharsets.ISO_8859_1))
                .contains("id-of-lke")
                .doesNotContain("canary");
    }
}
