package dev.hansa.peering.configentry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryTextTest {
    @Test
    void aliasIsNotTakenForItsName() {
        var text =
                """
                kind: service-resolver
                name: &web shop
                redirect:
                  service: *web
                """;

        assertThat(ConfigEntries.parse(text))
                .isEqualTo(
                        new ParsedEntry.Invalid(
                                "config entry: expected YAML without anchors and aliases; found one at line 4",
                                400));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "   ",
                "[]",
                "null",
                "{",
                "{\"Kind\":\"mesh\"} trailing",
                "{\"Kind\":\"mesh\",\"Kind\":\"mesh\"}",
                "{\"Kind\":\"mesh\",\"kind\":\"mesh\"}",
                "kind: mesh\n---\nkind: mesh",
                "kind: &a mesh\nmeta: &b {x: *a}\nother: [*b, *b]",
                "\t\u0000",
                "apiVersion: v1\nkind: Mesh",
                "kind: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            })
    void whatIsNoEntryIsRefusedInOneLine(String text) {
        assertThat(ConfigEntries.parse(text))
                .isInstanceOfSatisfying(
                        ParsedEntry.Invalid.class,
                        invalid -> {
                            assertThat(invalid.httpStatus()).isEqualTo(400);
                            assertThat(invalid.sentence()).isNotBlank().doesNotContain("\n");
                        });
    }
}
