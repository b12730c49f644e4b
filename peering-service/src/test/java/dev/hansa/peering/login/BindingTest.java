package dev.hansa.peering.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.store.BindingRuleRecord;
import dev.hansa.token.login.LoginClaims;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What rules give for what a token says, and what nobody gets by what he says.
class BindingTest {
    private static final ClaimMappings CLAIMS =
            new ClaimMappings(
                    Map.of(
                            "sub", "user",
                            "/kubernetes.io/namespace", "namespace",
                            "/kubernetes.io/serviceaccount/name", "account",
                            "admin", "admin"),
                    Map.of("groups", "groups"));

    private static final Map<String, Object> SAID =
            Map.of(
                    "sub",
                    "system:serviceaccount:shop:web",
                    "kubernetes.io",
                    Map.of("namespace", "shop", "serviceaccount", Map.of("name", "web")),
                    "admin",
                    true,
                    "groups",
                    List.of("dev", "ops"));

    private static BindingRuleRecord rule(String type, String name, String selector) {
        return new BindingRuleRecord("r", "", "m", selector, type, name, 0, 0);
    }

    private static List<Binding> given(BindingRuleRecord rule, Map<String, Object> said)
            throws InvalidLoginException {
        return Binding.of(List.of(rule), CLAIMS, CLAIMS.of(new LoginClaims(said, Instant.EPOCH)));
    }

    private static List<String> names(String type, String name, String selector) throws Exception {
        return given(rule(type, name, selector), SAID).stream().map(Binding::name).toList();
    }

    private static String fault(BindingRuleRecord rule) {
        try {
            Binding.check(rule, CLAIMS);
            return "none";
        } catch (InvalidLoginException e) {
            return e.sentence();
        }
    }

    @Test
    void selectorAsksValuesAndLists() throws Exception {
        for (var yes :
                List.of(
                        "",
                        "value.namespace == shop and value.account == \"web\"",
                        "value.admin == \"true\"",
                        "\"ops\" in list.groups",
                        "list.groups is not empty",
                        "value.user matches \"^system:serviceaccount:shop:.*$\"")) {
            assertThat(fault(rule("policy", "p", yes))).as(yes).isEqualTo("none");
            assertThat(names("policy", "p", yes)).as(yes).containsExactly("p");
        }
        for (var no :
                List.of(
                        "value.namespace == shops",
                        "root in list.groups",
                        "list.groups is empty")) {
            assertThat(names("policy", "p", no)).as(no).isEmpty();
        }
    }

    @Test
    void nameIsMadeOfWhatTheTokenSays() throws Exception {
        assertThat(names("policy", "k8s-${value.namespace}-${ value.account }", ""))
                .containsExactly("k8s-shop-web");
        assertThat(names("service", "${value.account}", "")).containsExactly("web");
        assertThat(names("node", "n-${value.account}", "")).containsExactly("n-web");
    }

    @Test
    void whoSaysNothingOrSomethingElseGetsNoName() throws Exception {
        var rule = rule("policy", "${value.namespace}", "");
        for (var said :
                List.of(
                        "",
                        "global-management",
                        "builtin/global-read-only",
                        "a b",
                        "a/../b",
                        "a\n",
                        "ä",
                        "${value.account}",
                        "x".repeat(129))) {
            assertThat(given(rule, Map.of("kubernetes.io", Map.of("namespace", said))))
                    .as(said)
                    .isEmpty();
        }
        assertThat(given(rule, Map.of())).isEmpty();
        var service = rule("service", "${value.account}", "");
        for (var said : List.of("WEB", "-web", "*", "", "web-sidecar-proxy")) {
            assertThat(
                            given(
                                    service,
                                    Map.of(
                                            "kubernetes.io",
                                            Map.of("serviceaccount", Map.of("name", said)))))
                    .as(said)
                    .isEmpty();
        }
        assertThat(names("service", "web-sidecar-proxy", "")).containsExactly("web-sidecar-proxy");
        // an operator may write it
        assertThat(names("policy", "global-management", "")).containsExactly("global-management");
        // and no two halves of it make it either
        assertThat(given(rule("policy", "global-${value.user}", ""), Map.of("sub", "management")))
                .isEmpty();
    }

    @Test
    void claimsThatAreNotWhatTheyAreMappedAsEndTheLogin() {
        for (Map<String, Object> said :
                List.<Map<String, Object>>of(
                        Map.of("sub", List.of("a")),
                        Map.of("sub", "x".repeat(513)),
                        Map.of("groups", List.of(Map.of())),
                        Map.of("groups", Map.of("a", "b")))) {
            assertThat(fault(said)).as(said.toString()).startsWith("claim '");
        }
    }

    private static String fault(Map<String, Object> said) {
        try {
            CLAIMS.of(new LoginClaims(said, Instant.EPOCH));
            return "none";
        } catch (InvalidLoginException e) {
            return e.sentence();
        }
    }

    @Test
    void rulesThatCouldMeanNothingAreRefused() {
        assertThat(fault(rule("policy", "", ""))).startsWith("BindName: expected 1 to 256");
        assertThat(fault(rule("policy", "a b", ""))).startsWith("BindName: expected letters");
        assertThat(fault(rule("policy", "${value.nam}", "")))
                .isEqualTo(
                        "BindName: expected a name of ClaimMappings [account, admin, namespace, user]; found 'nam'");
        for (var no :
                List.of("${list.groups}", "${value.user", "$value", "${upper(value.user)}", "}")) {
            assertThat(fault(rule("policy", no, "")))
                    .as(no)
                    .startsWith("BindName: expected letters");
        }
        assertThat(fault(rule("service", "Web", "")))
                .startsWith("BindName: expected small letters");
        assertThat(fault(rule("policy", "p", "value.nam == a"))).startsWith("Selector: ");
        assertThat(fault(rule("role", "p", ""))).startsWith("BindType: ");
        assertThat(new ClaimMappings(Map.of("a", "x-y"), Map.of()).fault().orElse(""))
                .startsWith("ClaimMappings: expected a name of letters");
        assertThat(new ClaimMappings(Map.of("a", "x", "b", "x"), Map.of()).fault().orElse(""))
                .endsWith("found one twice");
    }

    @Test
    void ruleThatFitsItsMethodNoMoreGivesNothing() throws Exception {
        var fewer = new ClaimMappings(Map.of("sub", "user"), Map.of());
        var said = fewer.of(new LoginClaims(SAID, Instant.EPOCH));

        assertThat(
                        Binding.of(
                                List.of(
                                        rule("policy", "p", "value.namespace != shop"),
                                        rule("policy", "${value.account}", ""),
                                        rule("policy", "kept", "value.user != x")),
                                fewer,
                                said))
                .containsExactly(new Binding(BindKind.POLICY, "kept"));
    }
}
