package dev.hansa.peering.configentry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryFormTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Kind = \"mesh\"",
                "Kind=\"mesh\"",
                "\"Kind\" = \"a: b\"",
                "# Kind: mesh\nKind = \"mesh\"",
                "// for all\nkind: mesh",
                "/* kind: mesh */",
                "Kind\n=\n\"mesh\"",
                "Peering {\n  PeerThroughMeshGateways: true\n}",
                "service \"web: a\" {",
                "service web {",
                "Kind \"mesh\"",
                "Kind = mesh",
                "\uFEFFKind = \"mesh\"",
                "Kind // the kind\n mesh",
            })
    void hclIsKnown(String text) {
        assertThat(EntryForm.of(text)).isEqualTo(EntryForm.HCL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kind: mesh",
                "# Kind = \"mesh\"\nkind: mesh",
                "---\nkind: mesh",
                "%YAML 1.2\n---\nkind: mesh",
                "- kind: mesh",
                "\"kind\": \"a = b\"",
                "'kind': mesh",
                "kind: {a: b = c}",
                "apiVersion: consul.hashicorp.com/v1alpha1",
                "kind mesh",
                "kind",
                "",
                "# nothing",
                "[",
                "? kind\n: mesh",
                "# JSON has no comments\n{kind: mesh}",
            })
    void yamlIsKnown(String text) {
        assertThat(EntryForm.of(text)).isEqualTo(EntryForm.YAML);
    }

    @Test
    void jsonIsKnown() {
        assertThat(EntryForm.of(" \n\t{Kind = \"mesh\"}")).isEqualTo(EntryForm.JSON);
        assertThat(EntryForm.of("{")).isEqualTo(EntryForm.JSON);
    }

    @Test
    void unfinishedTextIsLookedAtToItsEnd() {
        for (var text : new String[] {"/*", "/", "\"", "\"a", "#", "a ", "a //", "\uFEFF"}) {
            assertThat(EntryForm.of(text)).as(text).isNotNull();
        }
        assertThat(EntryForm.of("/* ".repeat(50_000))).isEqualTo(EntryForm.HCL);
    }
}
