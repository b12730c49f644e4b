package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
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
                "",
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

    private static AuthMethodRecord method(String name, long created) {
        return new AuthMethodRecord(
                name, "jwt", "", "", Duration.ofHours(1), "local", "{}", created, 0);
    }

    private static BindingRuleRecord rule(String id, String method, long created) {
        return new BindingRuleRecord(id, "", method, "", "policy", "p", created, 0);
    }

    private static AclTokenRecord login(String accessor, String method, Instant end) {
        return new AclTokenRecord(
                accessor,
                "h-" + accessor,
                "",
                List.of(),
                List.of(),
                List.of(),
                true,
                NOW,
                Optional.of(end),
                method,
                0,
                0);
    }

    @Test
    void methodGoesWithItsRulesAndTheTokensOfItsLogins() {
        accept(new StoreCommand.PutAuthMethod(method("k8s", 0)));
        accept(new StoreCommand.PutAuthMethod(method("people", 0)));
        accept(new StoreCommand.PutBindingRule(rule("r1", "k8s", 0)));
        accept(new StoreCommand.PutBindingRule(rule("r2", "people", 0)));
        refuse(new StoreCommand.PutBindingRule(rule("r3", "none", 0)));
        accept(new StoreCommand.PutAclToken(login("a", "k8s", NOW.plusSeconds(60)), NOW));
        accept(new StoreCommand.PutAclToken(login("b", "people", NOW.plusSeconds(60)), NOW));
        accept(new StoreCommand.PutAclToken(token("c", "h3", 0), NOW));
        var read = Objects.requireNonNull(store.now().acl().logins().methods().get("k8s"));
        refuse(new StoreCommand.PutAuthMethod(method("k8s", 0)));
        accept(new StoreCommand.PutAuthMethod(read));

        accept(new StoreCommand.RemoveAuthMethod("k8s"));
        assertThat(store.now().acl().logins().methods()).containsOnlyKeys("people");
        assertThat(store.now().acl().logins().rules()).containsOnlyKeys("r2");
        assertThat(store.now().acl().tokens()).containsOnlyKeys("h-b", "h3");
        // neither the method, nor a rule, nor a login that was under way comes back
        refuse(new StoreCommand.PutAuthMethod(read));
        refuse(new StoreCommand.PutBindingRule(rule("r1", "k8s", 7)));
        refuse(new StoreCommand.PutAclToken(login("d", "k8s", NOW.plusSeconds(60)), NOW));
        assertThat(store.apply(new StoreCommand.RemoveAuthMethod("k8s")))
                .isInstanceOf(StoreAnswer.Unchanged.class);
    }

    @Test
    void expiredTokensAreForgottenAtOnce() {
        accept(new StoreCommand.PutAuthMethod(method("k8s", 0)));
        accept(new StoreCommand.PutAclToken(login("a", "k8s", NOW.plusSeconds(60)), NOW));
        accept(new StoreCommand.PutAclToken(login("b", "k8s", NOW.plusSeconds(61)), NOW));
        accept(new StoreCommand.PutAclToken(token("c", "h3", 0), NOW));

        accept(new StoreCommand.ForgetExpiredTokens(NOW.plusSeconds(60)));
        assertThat(store.now().acl().tokens()).containsOnlyKeys("h-b", "h3");
        assertThat(store.now().acl().logins().methods()).containsOnlyKeys("k8s");
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
