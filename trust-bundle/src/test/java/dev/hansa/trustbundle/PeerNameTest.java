package dev.hansa.trustbundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerNameTest {
    @Test
    void whatAnOperatorTypesIsLowered() {
        assertThat(PeerName.of("LKE-West")).isEqualTo(new PeerName("lke-west"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "a-b", "lke"})
    void labelsAreNames(String name) {
        assertThat(new PeerName(name).value()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "a-", "A", "a.b", "a_b", "a b", "a\nb", "*"})
    void othersAreRefusedInConsulsWords(String name) {
        assertThatThrownBy(() -> new PeerName(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(
                        " is not a valid peer name: a valid peering name must consist of lower case"
                                + " alphanumeric characters or '-', and must start and end with an"
                                + " alphanumeric character");
    }

    @Test
    void sixtyThreeCharactersAreTheMost() {
        assertThat(new PeerName("a".repeat(63)).value()).hasSize(63);
        assertThatThrownBy(() -> new PeerName("a".repeat(64)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
