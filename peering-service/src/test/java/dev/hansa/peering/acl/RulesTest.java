package dev.hansa.peering.acl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesTest {
    private static final String RULES =
            """
            # of a team
            service "web" {
              policy = "write"
            }
            service_prefix "web-" {
              policy     = "read"
              intentions = "deny"
            }
            service_prefix "web-private" { policy = "deny" }
            service "quiet" {
              policy     = "deny"
              intentions = "write"
            }
            node_prefix "" { policy = "read" }
            operator = "read"
            mesh     = "write"
            key_prefix "anything" { policy = "write" }
            session_prefix "" { policy = "read" }
            """;

    private static boolean allows(String rules, Resource resource, String name, Level level)
            throws InvalidRulesException {
        return new Access("a", RulesReader.read(rules), Level.DENY)
                .allows(new Need(resource, name, level));
    }

    @ParameterizedTest
    @CsvSource({
        // exactly this name
        "SERVICE, web, WRITE, true",
        "SERVICE, web, READ, true",
        "INTENTIONS, web, READ, true",
        "INTENTIONS, web, WRITE, false",
        // the longest prefix
        "SERVICE, web-shop, READ, true",
        "SERVICE, web-shop, WRITE, false",
        "INTENTIONS, web-shop, READ, false",
        "SERVICE, web-private-1, READ, false",
        // no rule
        "SERVICE, we, READ, false",
        "SERVICE, '', READ, false",
        // denied to see, and all the same free to say who calls
        "SERVICE, quiet, READ, false",
        "INTENTIONS, quiet, WRITE, true",
        "NODE, anything, READ, true",
        "NODE, anything, WRITE, false",
        "AGENT, anything, READ, false",
        "OPERATOR, '', READ, true",
        "OPERATOR, '', WRITE, false",
        // its own rule beats the operator's
        "MESH, '', WRITE, true",
        // the operator's decides
        "PEERING, '', READ, true",
        "PEERING, '', WRITE, false",
        "CA, '', READ, true",
        "CA, '', WRITE, false",
        "ACL, '', READ, false"
    })
    void ruleOfTheNearestNameDecides(Resource resource, String name, Level level, boolean allowed)
            throws Exception {
        assertThat(allows(RULES, resource, name, level)).isEqualTo(allowed);
    }

    @Test
    void jsonSaysTheSame() throws Exception {
        var json = "{\"service_prefix\": {\"\": {\"policy\": \"read\"}}, \"peering\": \"write\"}";

        assertThat(allows(json, Resource.SERVICE, "x", Level.READ)).isTrue();
        assertThat(allows(json, Resource.PEERING, "", Level.WRITE)).isTrue();
        assertThat(allows(json, Resource.OPERATOR, "", Level.READ)).isFalse();
    }

    @Test
    void ofTwoPoliciesAboutTheSameTheDenyingOneHolds() throws Exception {
        var write = RulesReader.read("service \"a\" { policy = \"write\" }");
        var read = RulesReader.read("service \"a\" { policy = \"read\" }");
        var deny = RulesReader.read("service \"a\" { policy = \"deny\" }");

        assertThat(Rules.merged(List.of(read, write)).level(Resource.SERVICE, "a"))
                .contains(Level.WRITE);
        assertThat(Rules.merged(List.of(write, deny, write)).level(Resource.SERVICE, "a"))
                .contains(Level.DENY);
    }

    @Test
    void builtInPoliciesAllowWhatTheirNamesSay() throws Exception {
        for (var resource : Resource.values()) {
            var name = resource.isNamed() ? "any" : "";
            assertThat(allows(BuiltInPolicies.MANAGEMENT.rules(), resource, name, Level.WRITE))
                    .as(resource.word())
                    .isTrue();
            assertThat(allows(BuiltInPolicies.READ_ONLY.rules(), resource, name, Level.READ))
                    .as(resource.word())
                    .isTrue();
            assertThat(allows(BuiltInPolicies.READ_ONLY.rules(), resource, name, Level.WRITE))
                    .as(resource.word())
                    .isFalse();
        }
    }

    @Test
    void identitiesMayWriteThemselvesAndSeeOthers() {
        var service = new Access("a", Rules.ofService("web"), Level.DENY);
        assertThat(service.allows(Need.write(Resource.SERVICE, "web"))).isTrue();
        assertThat(service.allows(Need.write(Resource.SERVICE, "web-sidecar-proxy"))).isTrue();
        assertThat(service.allows(Need.write(Resource.INTENTIONS, "web"))).isFalse();
        assertThat(service.allows(Need.read(Resource.SERVICE, "other"))).isTrue();
        assertThat(service.allows(Need.read(Resource.INTENTIONS, "other"))).isTrue();
        assertThat(service.allows(Need.read(Resource.INTENTIONS, "*"))).isTrue();
        assertThat(service.allows(Need.write(Resource.INTENTIONS, "other"))).isFalse();
        assertThat(service.allows(Need.write(Resource.SERVICE, "other"))).isFalse();
        var node = new Access("a", Rules.ofNode("vm1"), Level.DENY);
        assertThat(node.allows(Need.write(Resource.NODE, "vm1"))).isTrue();
        assertThat(node.allows(Need.write(Resource.NODE, "vm2"))).isFalse();
        assertThat(node.allows(Need.read(Resource.SERVICE, "web"))).isTrue();
        assertThat(node.allows(Need.read(Resource.INTENTIONS, "web"))).isTrue();
        assertThat(node.allows(Need.write(Resource.INTENTIONS, "web"))).isFalse();
    }

    @Test
    void defaultHoldsWhereNoRuleSpeaksButForTokens() throws Exception {
        var lax =
                new Access(
                        "a", RulesReader.read("service \"a\" { policy = \"deny\" }"), Level.WRITE);

        assertThat(lax.allows(Need.write(Resource.SERVICE, "b"))).isTrue();
        assertThat(lax.allows(Need.read(Resource.SERVICE, "a"))).isFalse();
        assertThat(lax.allows(Need.read(Resource.ACL))).isFalse();
        assertThat(Access.EVERYTHING.allows(Need.write(Resource.ACL))).isTrue();
    }

    @Test
    void whoMayDoNothingIsKnown() throws Exception {
        assertThat(new Access("a", Rules.NONE, Level.DENY).isNothing()).isTrue();
        assertThat(
                        new Access(
                                        "a",
                                        RulesReader.read("service \"a\" { policy = \"deny\" }"),
                                        Level.DENY)
                                .isNothing())
                .isTrue();
        assertThat(
                        new Access(
                                        "a",
                                        RulesReader.read("node \"a\" { policy = \"read\" }"),
                                        Level.DENY)
                                .isNothing())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "service \"a\" { policy = \"list of\" }",
                "service \"a\" { }",
                "service \"a\" { policy = 1 }",
                "service \"a\" { policy = \"read\" sentinel { code = \"x\" } }",
                "node \"a\" { policy = \"read\" intentions = \"read\" }",
                "service = \"read\"",
                "peering { policy = \"read\" }",
                "peering = \"maybe\"",
                "namespace \"a\" { }",
                "service \"a\" {",
                "[1]",
                "{\"peering\": \"read\", \"peering\": \"write\"}",
                "{\"peering\": \"read\"} more"
            })
    void rulesThatSaySomethingElseAreRefused(String rules) {
        assertThatThrownBy(() -> RulesReader.read(rules))
                .isInstanceOf(InvalidRulesException.class)
                .hasMessageStartingWith("rules: ");
    }
}
