package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GatewayConfigTest {
    @Test
    void defaultsAreThoseOfTheTable() throws Exception {
        var address = new Endpoint("127.0.0.1", 8443);

        assertThat(read(Map.of("join-token-file", "join")))
                .isEqualTo(
                        new GatewayConfig(
                                "mesh-gateway",
                                Path.of("join"),
                                List.of(at("127.0.0.1", 8443)),
                                address,
                                address,
                                at("127.0.0.1", 19443),
                                Optional.empty(),
                                Duration.ofSeconds(10),
                                Duration.ofHours(1),
                                8000));
    }

    @Test
    void everyKeyIsRead() throws Exception {
        var all =
                Map.of(
                        "join-token-file", "join",
                        "node-name", "gw-1",
                        "listen", "10.0.0.2:443,10.0.0.3:444",
                        "lan.address", "gw.lan:443",
                        "wan.address", "203.0.113.2:443",
                        "admin.address", "127.0.0.1:1",
                        "data-dir", "data",
                        "drain-timeout", "30s",
                        "idle-timeout", "5m",
                        "max-connections", "12");

        assertThat(read(all))
                .isEqualTo(
                        new GatewayConfig(
                                "gw-1",
                                Path.of("join"),
                                List.of(at("10.0.0.2", 443), at("10.0.0.3", 444)),
                                new Endpoint("gw.lan", 443),
                                new Endpoint("203.0.113.2", 443),
                                at("127.0.0.1", 1),
                                Optional.of(Path.of("data")),
                                Duration.ofSeconds(30),
                                Duration.ofMinutes(5),
                                12));
        assertThat(GatewayConfig.KEYS)
                .extracting(Settings.Key::name)
                .containsExactlyInAnyOrderElementsOf(all.keySet());
    }

    @Test
    void allProblemsAreToldTogether() {
        assertThatThrownBy(
                        () -> read(Map.of("listen", "here", "idle-timeout", "soon", "lsten", "")))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("join-token-file")
                .hasMessageContaining("listen")
                .hasMessageContaining("idle-timeout: expected a duration")
                .hasMessageContaining("lsten");
    }

    private static GatewayConfig read(Map<String, String> values) throws InvalidConfigException {
        return GatewayConfig.read(Settings.of(values, Map.of(), Optional.empty()));
    }

    private static InetSocketAddress at(String host, int port) {
        return InetSocketAddress.createUnresolved(host, port);
    }
}
