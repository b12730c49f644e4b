package dev.hansa.peering.configentry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PermissionRulesTest {
    private static String refused(String destination, String source) {
        return refusedEntry(
                "\"Name\":\"" + destination + "\",\"Sources\":[{\"Name\":\"web\"," + source + "}]");
    }

    private static String refusedEntry(String fields) {
        var entry = "{\"Kind\":\"service-intentions\"," + fields + "}";
        return switch (ConfigEntries.parse(entry)) {
            case ParsedEntry.Invalid(var sentence, _) -> sentence;
            case ParsedEntry.Valid valid ->
                    throw new AssertionError("expected a refusal: " + valid);
        };
    }

    /// Consul's sentences.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"Action\":\"allow\"} | HTTP is required",
                "{\"Action\":\"allow\",\"HTTP\":{}} | HTTP should not be empty",
                "{\"HTTP\":{\"PathPrefix\":\"/\"}} | Action must be set to 'allow' or 'deny'",
                "{\"Action\":\"allow\",\"HTTP\":{\"PathExact\":\"a\"}} | HTTP.PathExact doesn't start with '/': \"a\"",
                "{\"Action\":\"allow\",\"HTTP\":{\"PathExact\":\"/a\",\"PathPrefix\":\"/b\"}} | should only contain at most one of PathExact, PathPrefix, or PathRegex",
                "{\"Action\":\"allow\",\"HTTP\":{\"Header\":[{\"Name\":\"x\",\"Present\":true,\"Exact\":\"y\"}]}} | HTTP.Header[0] should only contain one of Present, Exact, Prefix, Suffix, Contains, or Regex",
                "{\"Action\":\"deny\",\"HTTP\":{\"Methods\":[\"get\",\"FETCH\"]}} | HTTP.Methods contains an invalid method \"FETCH\"",
            })
    void mistakeIsNamed(String permission, String sentence) {
        assertThat(refused("db", "\"Permissions\":[" + permission + "]"))
                .contains("Sources[0].Permissions[0].")
                .contains(sentence);
    }

    @Test
    void rightOneIsRefusedUntilSidecarsReadRequests() {
        assertThat(
                        refused(
                                "db",
                                "\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathPrefix\":\"/\",\"Methods\":[\"get\"]}}]"))
                .contains("L7 permissions are not supported yet")
                .contains("sidecars do not read requests yet");
    }

    @Test
    void tokensOfCallersAreRefusedToo() {
        assertThat(
                        refusedEntry(
                                "\"Name\":\"db\",\"JWT\":{\"Providers\":[{\"Name\":\"okta\"}]},\"Sources\":[{\"Name\":\"web\",\"Action\":\"allow\"}]"))
                .contains("JWT requirements are not supported yet");
        assertThat(
                        refused(
                                "db",
                                "\"Permissions\":[{\"Action\":\"allow\",\"JWT\":{\"Providers\":[{\"Name\":\"okta\"}]},\"HTTP\":{\"PathPrefix\":\"/\"}}]"))
                .contains("JWT requirements are not supported yet");
    }

    @Test
    void wildcardDestinationTakesNone() {
        assertThat(
                        refused(
                                "*",
                                "\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathPrefix\":\"/\"}}]"))
                .contains(
                        "Permissions cannot be specified on intentions with wildcarded destinations");
    }

    @Test
    void actionBesidePermissionsIsRefused() {
        assertThat(
                        refused(
                                "db",
                                "\"Action\":\"allow\",\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathPrefix\":\"/\"}}]"))
                .contains("Action must be omitted if Permissions are specified");
    }
}
