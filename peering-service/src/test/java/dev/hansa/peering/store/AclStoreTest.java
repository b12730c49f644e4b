package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

    private static AuthMethodRecord method(String name, long created) {
        return new AuthMethodRecord(
                name, "jwt", "", "", Duration.ofHours(1), "local", "{}", created, 0);
    }

    private static BindingRuleRecord rule(String id, String method, long created) {
        return new BindingRuleRecord(id, "", method, "", "policy", "p", created, 0);
    }

    private AclTokenRecord login(String accessor, String method, Instant end) {
        var known = store.now().acl().logins().methods().get(method);
        return login(accessor, method, known == null ? 0 : known.modifyIndex(), "s", end);
    }

    private static AclTokenRecord login(
            String accessor, String method, long methodIndex, String subject, Instant end) {
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
                Optional.of(new AclTokenRecord.Login(method, methodIndex, subject)),
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

    /// Whoever writes other keys over those that were stolen shuts out who is on his way in by
    /// them.
    @Test
    void loginUnderWayDoesNotOutliveItsMethodAsItWas() {
        accept(new StoreCommand.PutAuthMethod(method("k8s", 0)));
        var old = login("a", "k8s", NOW.plusSeconds(60));
        var read = Objects.requireNonNull(store.now().acl().logins().methods().get("k8s"));
        accept(new StoreCommand.PutAuthMethod(read));
        refuse(new StoreCommand.PutAclToken(old, NOW));
        var newer = login("b", "k8s", NOW.plusSeconds(60));
        accept(new StoreCommand.RemoveAuthMethod("k8s"));
        accept(new StoreCommand.PutAuthMethod(method("k8s", 0)));
        refuse(new StoreCommand.PutAclToken(newer, NOW));
        var present = login("c", "k8s", NOW.plusSeconds(60));
        accept(new StoreCommand.PutAclToken(present, NOW));
        // nor does a change of the method undo what an operator changes of the token
        accept(
                new StoreCommand.PutAuthMethod(
                        Objects.requireNonNull(store.now().acl().logins().methods().get("k8s"))));
        accept(new StoreCommand.PutAclToken(store.now().acl().token("c").orElseThrow(), NOW));
    }

    private static Optional<String> refusal(AclState state, AclTokenRecord token) {
        return AclChanges.of(state, new StoreCommand.PutAclToken(token, NOW), 9).refusal();
    }

    private static AclState with(AclState state, Stream<AclTokenRecord> more) {
        var tokens = new HashMap<>(state.tokens());
        more.forEach(token -> tokens.put(token.secretHash(), token));
        return state.withTokens(tokens);
    }

    @Test
    void neitherOneHolderNorOneClusterNorAllLoginsTakeTheRoomOfOthers() {
        var end = NOW.plusSeconds(60);
        var methods =
                new LoginState(
                        Map.of(
                                "k8s", method("k8s", 1).indexed(1, 1),
                                "people", method("people", 1).indexed(1, 1)),
                        Map.of());
        var one =
                with(
                        AclState.NONE.with(methods),
                        IntStream.range(0, AclTokenRecord.MOST_OF_A_SUBJECT)
                                .mapToObj(at -> login("s" + at, "k8s", 1, "s", end)));
        assertThat(refusal(one, login("x", "k8s", 1, "s", end)).orElse(""))
                .startsWith("expected at most 1000 tokens of logins of one subject");
        assertThat(refusal(one, login("x", "k8s", 1, "t", end))).isEmpty();
        assertThat(refusal(one, login("x", "people", 1, "s", end))).isEmpty();
        var cluster =
                with(
                        one,
                        IntStream.range(one.tokens().size(), AclTokenRecord.MOST_OF_A_METHOD)
                                .mapToObj(at -> login("m" + at, "k8s", 1, "m" + at, end)));
        assertThat(refusal(cluster, login("x", "k8s", 1, "t", end)).orElse(""))
                .startsWith("expected at most 5000 tokens of logins of one auth method");
        assertThat(refusal(cluster, login("x", "people", 1, "t", end))).isEmpty();
        var all =
                with(
                        cluster,
                        IntStream.range(cluster.tokens().size(), AclTokenRecord.MOST_OF_LOGINS)
                                .mapToObj(at -> login("a" + at, "gone", 1, "a" + at, end)));
        assertThat(refusal(all, login("x", "people", 1, "t", end)).orElse(""))
                .startsWith("expected at most 10000 tokens of logins; found as many");
        // operators make theirs, and as many as if nobody logged in
        var operators =
                with(
                        all,
                        IntStream.range(1, AclTokenRecord.MOST)
                                .mapToObj(at -> token("o" + at, "o" + at, 0)));
        assertThat(refusal(operators, token("x", "x", 0))).isEmpty();
        var full = with(operators, Stream.of(token("o0", "o0", 0)));
        assertThat(refusal(full, token("x", "x", 0)).orElse(""))
                .startsWith("expected at most 20000 tokens; found as many");
    }

    /// A server of the version before reads what is written while servers are upgraded one by one.
    @Test
    void tokenOfAnOperatorIsWrittenAsBeforeThereWereLogins() {
        var written = RecordJson.write(token("a", "h1", 0));

        assertThat(written).doesNotContain("login").doesNotContain("authMethod");
        assertThat(RecordJson.read(written, AclTokenRecord.class)).isEqualTo(token("a", "h1", 0));
        var login = login("b", "k8s", 3, "s", NOW);
        assertThat(RecordJson.read(RecordJson.write(login), AclTokenRecord.class)).isEqualTo(login);
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
