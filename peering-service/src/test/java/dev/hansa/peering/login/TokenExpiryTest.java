package dev.hansa.peering.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.store.AclTokenRecord;
import dev.hansa.peering.store.AuthMethodRecord;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.TestStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenExpiryTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static final AuthMethodRecord METHOD =
            new AuthMethodRecord("k8s", "jwt", "", "", Duration.ZERO, "local", "{}", 0, 0);

    @Test
    void tokensAreTakenOutOfTheStoreWhenTheirTimeIsOver(@TempDir Path folder) throws Exception {
        var now = new AtomicReference<>(NOW);
        InstantSource source = now::get;
        Clock clock = source.withZone(ZoneOffset.UTC);
        try (var store = TestStore.open(folder)) {
            assertThat(store.apply(new StoreCommand.PutAuthMethod(METHOD)))
                    .isInstanceOf(StoreAnswer.Applied.class);
            for (var token :
                    List.of(
                            token("brief", Optional.of(NOW.plusSeconds(60))),
                            token("long", Optional.of(NOW.plusSeconds(3600))),
                            token("endless", Optional.empty()))) {
                store.apply(new StoreCommand.PutAclToken(token, NOW));
            }
            // closed while it writes once more, it says so
            try (var expiry = new TokenExpiry(store, clock, Duration.ofMillis(20), _ -> {})) {
                assertThat(expiry).isNotNull();
                now.set(NOW.plusSeconds(60));
                store.state()
                        .await(state -> state.acl().tokens().size() < 3, Duration.ofSeconds(20));
            }
            assertThat(store.now().acl().tokens()).containsOnlyKeys("long", "endless");
            // nothing more was written than was to be done
            var index = store.now().index();
            store.apply(new StoreCommand.ForgetExpiredTokens(NOW.plusSeconds(60)));
            assertThat(store.now().index()).isEqualTo(index);
        }
    }

    /// A server of an older version would stop at a command that it does not know: none is written
    /// before an operator has written one.
    @Test
    void nothingIsWrittenWhereNobodyLogsIn(@TempDir Path folder) throws Exception {
        try (var store = TestStore.open(folder)) {
            store.apply(
                    new StoreCommand.PutAclToken(
                            token("brief", Optional.of(NOW.plusSeconds(60))), NOW));
            assertThat(TokenExpiry.isDue(store.now().acl(), NOW.plusSeconds(60))).isFalse();
            store.apply(new StoreCommand.PutAuthMethod(METHOD));
            assertThat(TokenExpiry.isDue(store.now().acl(), NOW.plusSeconds(59))).isFalse();
            assertThat(TokenExpiry.isDue(store.now().acl(), NOW.plusSeconds(60))).isTrue();
        }
    }

    private static AclTokenRecord token(String name, Optional<Instant> end) {
        return new AclTokenRecord(
                name,
                name,
                "",
                List.of(),
                List.of(),
                List.of(),
                false,
                NOW,
                end,
                Optional.empty(),
                0,
                0);
    }
}
