package dev.hansa.exportedservices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "203.0.113.2:8443, 203.0.113.2, 8443",
        "gw.example:443, gw.example, 443",
        "k2d9c0a1-7.elb.eu-central-1.example:65535, k2d9c0a1-7.elb.eu-central-1.example, 65535",
        "gateway_1:1, gateway_1, 1",
        "[2001:db8::9]:8443, 2001:db8::9, 8443",
        "[::ffff:192.0.2.1]:8443, ::ffff:192.0.2.1, 8443",
        "[fe80::1%eth0]:8443, fe80::1%eth0, 8443"
    })
    void everyFormIsReadAndWrittenAgainAsItWas(String text, String host, int port) {
        var read = Endpoint.parse(text);

        assertThat(read).isEqualTo(new Endpoint(host, port));
        assertThat(read).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "gw.example",
                ":8443",
                "gw.example:",
                "gw.example:0",
                "gw.example:65536",
                "gw.example:+80",
                "gw.example:https",
                "2001:db8::9:8443",
                "[2001:db8::9]",
                "[]:8443",
                "[gw.example]:8443",
                "[2001:db8::9:8443",
                "two words:8443",
                "gw.example/path:8443",
                "https://gw.example:8443",
                "user@gw.example:8443"
            })
    void whatIsNoHostWithAPortIsRefusedByItsText(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected host:port; found '" + text + "'");
    }
}
