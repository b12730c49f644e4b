package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What becomes of commands about tokens and policies, whoever gives them at the same moment.
class AclStoreTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private RaftStore store;

    @BeforeEach
    void open(@TempDir Path folder) {
        store = TestStore.open(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void accept(StoreCommand command) {
        assertThat(store.apply(command)).isInstanceOf(StoreAnswer.Applied.class);
    }

    private void refuse(StoreCommand command) {
        assertThat(store.apply(command)).isInstanceOf(StoreAnswer.Refused.class);
    }

    private static AclTokenRecord token(String accessor, String hash, long created) {
        return new AclTokenRecord(
                accessor,
                hash,
                "",
                List.of(),
                List.of(),
                List.of(),
                false,
                NOW,
                Optional.empty(),
                created,
                0);
    }

    @Test
    void firstTokenIsMadeOnceUnlessItsIndexIsNamed() {
        accept(new StoreCommand.BootstrapAcl(token("a", "h1", 0), OptionalLong.empty()));
        var index = store.now().acl().bootstrap().orElseThrow().index();

        refuse(new StoreCommand.BootstrapAcl(token("b", "h2", 0), OptionalLong.empty()));
        refuse(new StoreCommand.BootstrapAcl(token("b", "h2", 0), OptionalLong.of(index + 1)));
        accept(new StoreCommand.BootstrapAcl(token("b", "h2", 0), OptionalLong.of(index)));
        refuse(new StoreCommand.BootstrapAcl(token("c", "h3", 0), OptionalLong.of(index)));
        assertThat(store.now().acl().tokens()).containsOnlyKeys("h1", "h2");
    }

    @Test
    void tokenThatWasDeletedDoesNotComeBackWithAChange() {
        accept(new StoreCommand.PutAclToken(token("a", "h1", 0), NOW));
        var read = store.now().acl().token("a").orElseThrow();
        accept(new StoreCommand.RemoveAclToken("a"));

        refuse(new StoreCommand.PutAclToken(read, NOW));
        // nor over another that has its accessor by now
        accept(new StoreCommand.PutAclToken(token("a", "h2", 0), NOW));
        refuse(new StoreCommand.PutAclToken(read, NOW));
        refuse(new StoreCommand.PutAclToken(token("b", "h2", 0), NOW));
        assertThat(store.now().acl().tokens()).containsOnlyKeys("h2");
    }

    @Test
    void policyIsWrittenOverTheOneThatWasRead() {
        var policy = new AclPolicyRecord("p", "name", "", "", 0, 0);
        accept(new StoreCommand.PutAclPolicy(policy));
        var read = Objects.requireNonNull(store.now().acl().policies().get("p"));
        refuse(new StoreCommand.PutAclPolicy(policy));
        refuse(new StoreCommand.PutAclPolicy(new AclPolicyRecord("q", "name", "", "", 0, 0)));
        accept(new StoreCommand.PutAclPolicy(read));
        accept(new StoreCommand.RemoveAclPolicy("p"));
        refuse(new StoreCommand.PutAclPolicy(read));
        assertThat(store.now().acl().policies()).isEmpty();
    }
}
