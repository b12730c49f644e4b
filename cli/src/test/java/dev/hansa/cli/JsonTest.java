package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":[1,2,{\"b\":null}],\"c\":true,\"d\":false,\"e\":\"\\u00e4\\n\",\"f\":{}}",
                "[]",
                "\"text\"",
                "null",
                "",
                " ",
                "12345678901",
                "123456789012345678901234567890",
                "-1",
                "1.5e3",
                "{\"a\":1,\"a\":2}",
                "[1] 2"
            })
    void answerIsReadAsAMapperReadsIt(String text) throws Exception {
        assertThat(Json.read(text)).isEqualTo(MAPPER.readTree(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[1,", "{\"a\"}", "No cluster leader", "[}"})
    void whatIsNoJsonIsSaidWithItsBeginning(String text) {
        assertThatThrownBy(() -> Json.read(text))
                .isInstanceOf(CommandFailedException.class)
                .hasMessage("answer of the server: expected JSON; found '" + text + "'");
    }

    /// Whoever answers may be no server of ours.
    @Test
    void depthHasAnEndBeforeTheStackHasOne() {
        assertThatThrownBy(() -> Json.read("[".repeat(100_000)))
                .isInstanceOf(CommandFailedException.class);
    }
}
