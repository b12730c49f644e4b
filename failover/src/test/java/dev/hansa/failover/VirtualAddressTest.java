package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VirtualAddressTest {
    @ParameterizedTest
    @CsvSource({
        "1, 240.0.0.1",
        "256, 240.0.1.0",
        "16777216, 241.0.0.0",
        "268435454, 255.255.255.254"
    })
    void numberIsAnAddressOfTheBlockAndBack(int number, String text) throws Exception {
        var address = new VirtualAddress(number);

        assertThat(address).hasToString(text);
        assertThat(VirtualAddress.of(InetAddress.getByName(text))).contains(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"239.255.255.255", "240.0.0.0", "255.255.255.255", "127.0.0.1", "::1"})
    void addressOfAMachineIsNotVirtual(String text) throws Exception {
        assertThat(VirtualAddress.of(InetAddress.getByName(text))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 268435455})
    void numberOutsideOfTheBlockIsRefused(int number) {
        assertThatThrownBy(() -> new VirtualAddress(number))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "virtual address: expected a number from 1 to 268435454; found " + number);
    }

    @Test
    void blockIsTheOneThatConsulTakes() {
        assertThat(VirtualAddress.BLOCK).isEqualTo("240.0.0.0/4");
    }
}
