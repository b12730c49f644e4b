package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.gateway.sidecar.CheckSettings;
import dev.hansa.gateway.sidecar.TlsVersion;
import dev.hansa.gateway.wire.Networks;
import dev.hansa.trustbundle.PeerName;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SidecarConfigTest {
    private static final ServiceName CART = new ServiceName("cart");

    @Test
    void defaultsAreThoseOfTheTable() throws Exception {
        var config =
                read(
                        Map.of(
                                "join-token-file", "join",
                                "services", "cart",
                                "service.cart.address", "127.0.0.1:7070"));

        assertThat(config)
                .isEqualTo(
                        new SidecarConfig(
                                "sidecar",
                                Optional.empty(),
                                Path.of("join"),
                                at("127.0.0.1", 19000),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                new Lifecycle(
                                        Optional.empty(),
                                        SealKey.IN_DATA_DIR,
                                        false,
                                        Duration.ofSeconds(1),
                                        Duration.ofSeconds(25)),
                                Duration.ofHours(1),
                                4000,
                                TlsVersion.V1_3,
                                Networks.NONE,
                                List.of(
                                        new SidecarConfig.Carried(
                                                CART,
                                                Optional.of(
                                                        new SidecarConfig.Served(
                                                                Optional.empty(),
                                                                new Endpoint("127.0.0.1", 7070),
                                                                at("127.0.0.1", 20000),
                                                                new CheckSettings(
                                                                        new CheckKind.Tcp(),
                                                                        Duration.ofSeconds(1),
                                                                        Duration.ofSeconds(1),
                                                                        1,
                                                                        1,
                                                                        true,
                                                                        true),
                                                                List.of(),
                                                                Map.of(),
                                                                List.of())),
                                                List.of()))));
    }

    /// Whoever wants to know how soon a death is noticed reads it in the log.
    @Test
    void whatTheStartSaysOfAServiceHasHowItsApplicationIsAsked() throws Exception {
        var config =
                read(
                        Map.of(
                                "join-token-file", "join",
                                "services", "cart, pay",
                                "service.cart.address", "127.0.0.1:7070",
                                "service.pay.address", "127.0.0.1:7071",
                                "service.pay.listen", "127.0.0.1:20001",
                                "service.pay.check", "http:/ready",
                                "service.pay.check-interval", "100ms",
                                "service.pay.failures-before-critical", "3"));

        assertThat(config.services().stream().map(carried -> carried.served().orElseThrow().text()))
                .containsExactly(
                        "127.0.0.1:20000, its application at 127.0.0.1:7070 asked by tcp every 1000 ms with 1000 ms to answer",
                        "127.0.0.1:20001, its application at 127.0.0.1:7071 asked by http:/ready every 100 ms with 1000 ms to answer, critical after 3 silences");
        assertThat(CheckSettings.of(new CheckKind.None()).text()).isEqualTo("not asked how it is");
    }

    @Test
    void everyKeyOfEachServiceIsRead() throws Exception {
        var config =
                read(
                        Map.ofEntries(
                                Map.entry("join-token-file", "join"),
                                Map.entry("node-name", "pod-1"),
                                Map.entry("machine", "k8s-n1"),
                                Map.entry("admin.address", "127.0.0.1:1"),
                                Map.entry("probe.address", "[10.0.0.9]:20200"),
                                Map.entry("metrics.address", "[10.0.0.9]:20201"),
                                Map.entry("data-dir", "data"),
                                Map.entry("drain-grace", "2s"),
                                Map.entry("drain-timeout", "1s"),
                                Map.entry("hot-restart", "true"),
                                Map.entry("idle-timeout", "1m"),
                                Map.entry("max-connections", "9"),
                                Map.entry("services", "cart, pay"),
                                Map.entry("service.cart.address", "10.0.0.9:7070"),
                                Map.entry("service.cart.listen", "10.0.0.9:20000"),
                                Map.entry("service.cart.check", "http:/ready"),
                                Map.entry("service.cart.check-interval", "250ms"),
                                Map.entry("service.cart.check-timeout", "1s"),
                                Map.entry("service.cart.failures-before-critical", "2"),
                                Map.entry("service.cart.success-before-passing", "4"),
                                Map.entry("service.cart.idle-connection", "false"),
                                Map.entry("service.cart.reset-unread", "false"),
                                Map.entry("service.cart.probes", "tcp  http:/live"),
                                Map.entry(
                                        "service.cart.upstreams",
                                        "pay:1, ship.svc:2, ship.svc.lke.peer:3"),
                                Map.entry("service.cart.upstream-address", "10.0.0.9"),
                                Map.entry("service.cart.transparent-listen", "127.0.0.1:15001"),
                                Map.entry("service.cart.id", "cart-1"),
                                Map.entry("proxy-protocol.from", "10.0.0.2, 10.0.0.3"),
                                Map.entry("service.cart.tags", "a, b"),
                                Map.entry("service.cart.meta", "version=v2, zone = a=b"),
                                Map.entry("service.pay.address", "127.0.0.1:2"),
                                Map.entry("service.pay.check", "grpc")));

        assertThat(config.nodeName()).isEqualTo("pod-1");
        assertThat(config.machine()).contains("k8s-n1");
        assertThat(config.probeAddress()).contains(at("10.0.0.9", 20200));
        assertThat(config.metricsAddress()).contains(at("10.0.0.9", 20201));
        assertThat(config.lifecycle())
                .isEqualTo(
                        new Lifecycle(
                                Optional.of(Path.of("data")),
                                SealKey.IN_DATA_DIR,
                                true,
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(1)));
        assertThat(config.idleTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.proxies()).isEqualTo(Networks.parse("10.0.0.2,10.0.0.3"));
        assertThat(config.services())
                .first()
                .isEqualTo(
                        new SidecarConfig.Carried(
                                CART,
                                Optional.of(
                                        new SidecarConfig.Served(
                                                Optional.of("cart-1"),
                                                new Endpoint("10.0.0.9", 7070),
                                                at("10.0.0.9", 20000),
                                                new CheckSettings(
                                                        new CheckKind.Http("/ready"),
                                                        Duration.ofMillis(250),
                                                        Duration.ofSeconds(1),
                                                        2,
                                                        4,
                                                        false,
                                                        false),
                                                List.of("a", "b"),
                                                Map.of("version", "v2", "zone", "a=b"),
                                                List.of(
                                                        new CheckKind.Tcp(),
                                                        new CheckKind.Http("/live")))),
                                List.of(
                                        upstream("pay", Optional.empty(), 1),
                                        upstream("ship", Optional.empty(), 2),
                                        upstream("ship", Optional.of(new PeerName("lke")), 3)),
                                Optional.of(at("127.0.0.1", 15001))));
        assertThat(config.services().getLast().served().orElseThrow().check())
                .isEqualTo(CheckSettings.of(new CheckKind.Grpc()));
    }

    @Test
    void serviceThatOnlyCallsHasNoWayIn() throws Exception {
        var config =
                read(
                        Map.of(
                                "join-token-file", "join",
                                "services", "batch",
                                "service.batch.address", "none",
                                "service.batch.upstream-address", "10.0.0.9",
                                "service.batch.upstreams", "pay:1"));

        assertThat(config.services())
                .containsExactly(
                        new SidecarConfig.Carried(
                                new ServiceName("batch"),
                                Optional.empty(),
                                List.of(upstream("pay", Optional.empty(), 1))));
    }

    @Test
    void whatMeansNothingToAServiceThatOnlyCallsIsRefused() {
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "join-token-file", "join",
                                        "services", "batch",
                                        "service.batch.address", "none",
                                        "service.batch.listen", "127.0.0.1:2")))
                .hasMessageContaining("service.batch.listen: no such setting")
                .hasMessageContaining(
                        "service.batch.upstreams: expected upstreams of a service that only calls; found none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"version", "=v2", "version=v1,version=v2"})
    void metaOutsideTheGrammarIsRefused(String text) {
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "join-token-file", "join",
                                        "services", "cart",
                                        "service.cart.address", "127.0.0.1:1",
                                        "service.cart.meta", text)))
                .hasMessageContaining("service.cart.meta: expected")
                .hasMessageContaining(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"pay", "pay:0", "pay:70000", "pay:x", "pay.svc.lke:1", "pay.x.lke.peer:1"})
    void upstreamOutsideTheGrammarIsRefused(String text) {
        assertThatThrownBy(() -> SidecarConfig.upstream(text, "127.0.0.1"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "check, ftp",
        "id, a/b",
        "check, http:/a b",
        "check-interval, 1ms",
        "check-interval, 2h",
        "check-timeout, 0s",
        "failures-before-critical, 0",
        "success-before-passing, 101",
        "transparent-listen, [::1]:15001",
        "probes, none",
        "probes, tcp ftp",
        "probes, tcp tcp tcp tcp tcp tcp tcp tcp tcp"
    })
    void whatIsOutsideItsRangeIsRefusedByName(String key, String value) {
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "join-token-file",
                                        "join",
                                        "services",
                                        "cart",
                                        "service.cart.address",
                                        "127.0.0.1:7070",
                                        "service.cart." + key,
                                        value)))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("service.cart." + key)
                .hasMessageContaining("'" + value + "'");
    }

    /// All addresses of a machine are those of IPv4 too.
    @Test
    void redirectedConnectionsAreTakenAtAllAddresses() throws InvalidConfigException {
        var config =
                read(
                        Map.of(
                                "join-token-file",
                                "join",
                                "services",
                                "cart",
                                "service.cart.address",
                                "127.0.0.1:7070",
                                "service.cart.transparent-listen",
                                "[::]:15001"));

        assertThat(config.services().getFirst().transparent())
                .hasValueSatisfying(listen -> assertThat(listen.getPort()).isEqualTo(15001));
    }

    private static SidecarConfig.Upstream upstream(String name, Optional<PeerName> peer, int port) {
        return new SidecarConfig.Upstream(
                new UpstreamName(new ServiceName(name), peer), at("10.0.0.9", port));
    }

    private static SidecarConfig read(Map<String, String> values) throws InvalidConfigException {
        return SidecarConfig.read(Settings.of(values, Map.of(), Optional.empty()));
    }

    private static InetSocketAddress at(String host, int port) {
        return InetSocketAddress.createUnresolved(host, port);
    }
}
