package dev.hansa.gateway.route;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "A.Example", "x_y.z-1.consul", "1a.2b", "0.0.0.0a"})
    void hostNamesAreLowerCased(String text) {
        assertThat(ServerName.of(text.getBytes(US_ASCII)))
                .hasValueSatisfying(name ->
                        assertThat(name.value())
                                .isEqualTo(text.toLowerCase(java.util.Locale.ROOT)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "a.",
                ".a",
                "a..b",
                "1.2.3.4",
                "1234",
                "::1",
                "a b",
                "a/b",
                "a:443",
                "*.a",
                "a\0b",
                "caf\u00e9.example"
            })
    void nothingElseIsName(String text) {
        assertThat(ServerName.of(text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)))
                .isEmpty();
        assertThatThrownBy(() -> new ServerName(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected a host name");
    }
}
