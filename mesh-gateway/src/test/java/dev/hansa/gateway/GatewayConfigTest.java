package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.SniRoute;
import dev.hansa.gateway.wire.Networks;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                                Optional.empty(),
                                at("127.0.0.1", 19443),
                                Optional.empty(),
                                new Lifecycle(
                                        Optional.empty(),
                                        SealKey.IN_DATA_DIR,
                                        false,
                                        Duration.ofSeconds(1),
                                        Duration.ofSeconds(25)),
                                Duration.ofHours(1),
                                new Limits(8000, 5000, 85, 2000, 7000, 4000, 7000),
                                8,
                                ProxyProtocol.NONE));
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.2:8443, 203.0.113.2",
        "[2001:db8::9]:8443, 2001:db8::9",
        "gw.example:8443, gw.example"
    })
    void gatewayIsReachedByIpv4Ipv6OrName(String text, String host) throws Exception {
        for (var key : List.of("lan.address", "wan.address")) {
            var read = read(Map.of("join-token-file", "join", "listen", "[::]:8443", key, text));

            assertThat(read.wanAddress()).isEqualTo(new Endpoint(host, 8443)).hasToString(text);
            assertThat(read.listen()).containsExactly(at("::", 8443));
        }
        assertThat(read(Map.of("join-token-file", "join", "listen", text)).wanAddress())
                .hasToString(text);
    }

    @Test
    void everyKeyIsRead() throws Exception {
        var all =
                Map.ofEntries(
                        Map.entry("join-token-file", "join"),
                        Map.entry("node-name", "gw-1"),
                        Map.entry("listen", "10.0.0.2:443,10.0.0.3:444"),
                        Map.entry("lan.address", "gw.lan:443"),
                        Map.entry("wan.address", "203.0.113.2:443"),
                        Map.entry("wan.address-file", "wan"),
                        Map.entry("admin.address", "127.0.0.1:1"),
                        Map.entry("data-dir", "data"),
                        Map.entry("seal.key", "env:SEAL"),
                        Map.entry("drain-grace", "3s"),
                        Map.entry("drain-timeout", "30s"),
                        Map.entry("hot-restart", "true"),
                        Map.entry("idle-timeout", "5m"),
                        Map.entry("max-connections", "12"),
                        Map.entry("max-connection-rate", "13"),
                        Map.entry("max-half-open", "11"),
                        Map.entry("max-connections-per-source", "10"),
                        Map.entry("max-connection-rate-per-source", "9"),
                        Map.entry("max-memory", "14"),
                        Map.entry("connections-ahead", "15"),
                        Map.entry("max-connections-per-name", "8"),
                        Map.entry("proxy-protocol.listen", "10.0.0.2:445"),
                        Map.entry("proxy-protocol.from", "10.0.9.0/24, 2001:db8::/64"),
                        Map.entry("proxy-protocol.to", "local, lke"));

        assertThat(read(all))
                .isEqualTo(
                        new GatewayConfig(
                                "gw-1",
                                Path.of("join"),
                                List.of(at("10.0.0.2", 443), at("10.0.0.3", 444)),
                                new Endpoint("gw.lan", 443),
                                new Endpoint("203.0.113.2", 443),
                                Optional.of(Path.of("wan")),
                                at("127.0.0.1", 1),
                                Optional.of(Path.of("data")),
                                new Lifecycle(
                                        Optional.of(Path.of("data")),
                                        new SealKey("env", "SEAL"),
                                        true,
                                        Duration.ofSeconds(3),
                                        Duration.ofSeconds(30)),
                                Duration.ofMinutes(5),
                                new Limits(12, 13, 14, 11, 10, 9, 8),
                                15,
                                new ProxyProtocol(
                                        List.of(at("10.0.0.2", 445)),
                                        Networks.parse("10.0.9.0/24,2001:db8::/64"),
                                        Set.of("local", "lke"))));
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

    /// Whoever may say who calls can say anybody.
    @Test
    void headersOfProxiesAreTakenFromNetworksThatAreNamed() {
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "join-token-file",
                                        "join",
                                        "proxy-protocol.listen",
                                        "127.0.0.1:8444")))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("proxy-protocol.from: expected both");
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "join-token-file",
                                        "join",
                                        "proxy-protocol.from",
                                        "10.0.0.0/8")))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("proxy-protocol.listen: expected both");
    }

    @Test
    void listenerTakesHeadersOfProxiesOrNone() {
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "join-token-file",
                                        "join",
                                        "listen",
                                        "127.0.0.1:8443",
                                        "proxy-protocol.listen",
                                        "127.0.0.1:8443",
                                        "proxy-protocol.from",
                                        "10.0.0.0/8")))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("expected an address that is not in listen");
    }

    /// No header crosses the border unless that peer is named.
    @Test
    void peersAreToldOfCallersOnlyWhereTheyAreNamed() {
        var local = new ProxyProtocol(List.of(), new Networks(List.of()), Set.of("local"));
        var lke = new ProxyProtocol(List.of(), new Networks(List.of()), Set.of("lke"));
        for (var purpose :
                List.of(
                        SniRoute.EXPORTED,
                        SniRoute.IMPORTED,
                        SniRoute.PEERING_IN,
                        SniRoute.PEERING_OUT)) {
            for (var peer : List.of("lke", "eks")) {
                var route = new SniRoute("a.example", purpose, peer, List.of(), "");

                assertThat(ProxyProtocol.NONE.isToldOf(route)).isFalse();
                assertThat(local.isToldOf(route)).isEqualTo(purpose.equals(SniRoute.EXPORTED));
                assertThat(lke.isToldOf(route))
                        .isEqualTo(purpose.equals(SniRoute.IMPORTED) && peer.equals("lke"));
            }
        }
    }

    @Test
    void hotRestartNeedsAPlaceToMeet() {
        assertThatThrownBy(() -> read(Map.of("join-token-file", "join", "hot-restart", "true")))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("hot-restart: expected a data-dir");
    }

    private static GatewayConfig read(Map<String, String> values) throws InvalidConfigException {
        return GatewayConfig.read(Settings.of(values, Map.of(), Optional.empty()));
    }

    private static InetSocketAddress at(String host, int port) {
        return InetSocketAddress.createUnresolved(host, port);
    }
}
