package dev.hansa.peering.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.IpNetwork;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.checks.CheckNetworks;
import dev.hansa.peering.stream.PeerLimits;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeeringServiceConfigTest {
    private static PeeringServiceConfig read(Map<String, String> flags)
            throws InvalidConfigException {
        var all = new HashMap<>(flags);
        all.put("datacenter", "eks");
        all.put("data-dir", "data");
        return PeeringServiceConfig.read(Settings.of(all, Map.of(), Optional.empty()));
    }

    @Test
    void limitsOfPeersAreThoseOfTheTable() throws Exception {
        var config = read(Map.of());

        assertThat(config.limits())
                .isEqualTo(
                        new PeerLimits(
                                256,
                                100_000,
                                8192,
                                8_388_608,
                                8_388_608,
                                1_048_576,
                                268_435_456,
                                1024))
                .isEqualTo(PeerLimits.DEFAULT);
        assertThat(config.longestRetry()).isEqualTo(Duration.ofSeconds(8));
    }

    @Test
    void auditLogIsExportedIntoTheDataDirectoryUnlessItIsSaidOtherwise() throws Exception {
        assertThat(read(Map.of()).auditFile())
                .contains(Path.of("data/audit/audit.jsonl").toAbsolutePath());
        assertThat(read(Map.of("audit.file", "/var/log/a.jsonl")).auditFile())
                .contains(Path.of("/var/log/a.jsonl"));
        assertThat(read(Map.of("audit.file", "none")).auditFile()).isEmpty();
    }

    @Test
    void timesOfTheHttpApiAreThoseOfTheTableAndHaveBounds() throws Exception {
        assertThat(read(Map.of()).connections().times())
                .isEqualTo(
                        new HttpTimes(
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(30),
                                Duration.ofMinutes(2)));
        assertThat(
                        read(Map.of(
                                        "http.header-timeout", "100ms",
                                        "http.body-timeout", "10m",
                                        "http.idle-timeout", "90s"))
                                .connections()
                                .times())
                .isEqualTo(
                        new HttpTimes(
                                Duration.ofMillis(100),
                                Duration.ofMinutes(10),
                                Duration.ofSeconds(90)));
        var failure =
                catchThrowableOfType(
                        InvalidConfigException.class,
                        () ->
                                read(
                                        Map.of(
                                                "http.header-timeout", "99ms",
                                                "http.idle-timeout", "11m")));
        assertThat(failure.problems())
                .containsExactlyInAnyOrder(
                        "http.header-timeout: expected a duration from 100ms to 10m; found PT0.099S",
                        "http.idle-timeout: expected a duration from 100ms to 10m; found PT11M");
    }

    @Test
    void addressesAreDistinct() {
        var failure =
                catchThrowableOfType(
                        InvalidConfigException.class,
                        () ->
                                read(
                                        Map.of(
                                                "http.address", "127.0.0.1:9000",
                                                "admin.address", "127.0.0.1:9000")));

        assertThat(failure.problems()).hasSize(1);
        assertThat(failure.problems().getFirst())
                .startsWith(
                        "http.address: expected an address of its own; found '127.0.0.1:9000', which admin.address has");
    }

    /// Join tokens name the proxies' address; a server on another machine would wait for ever.
    @Test
    void serversThatOthersJoinAreReachedByThoseWhoJoin() throws Exception {
        var failure =
                catchThrowableOfType(
                        InvalidConfigException.class,
                        () -> read(Map.of("raft.address", "192.0.2.1:8300")));
        assertThat(failure).hasMessageContaining("proxy.address: expected an address that");

        read(Map.of("raft.address", "127.0.0.1:8300"));
        read(Map.of("raft.address", "192.0.2.1:8300", "proxy.address", "192.0.2.1:8502"));
    }

    @Test
    void nameThatOthersReachThisServerByIsTheirsAndWhatItListensOnIsItsOwn() throws Exception {
        var name = "server-0.servers.example";
        var config =
                read(
                        Map.of(
                                "raft.address", name + ":8300",
                                "proxy.address", name + ":8502",
                                "bind-host", "0.0.0.0"));

        assertThat(config.proxyAddress().getHostString()).isEqualTo(name);
        assertThat(config.bound(config.proxyAddress()))
                .isEqualTo(InetSocketAddress.createUnresolved("0.0.0.0", 8502));
        assertThat(read(Map.of()).bound(config.proxyAddress())).isEqualTo(config.proxyAddress());
        var failure =
                catchThrowableOfType(
                        InvalidConfigException.class, () -> read(Map.of("bind-host", "eth0")));
        assertThat(failure.problems())
                .containsExactly(
                        "bind-host: expected an IP address such as 0.0.0.0 or ::; found 'eth0'");
    }

    @Test
    void everyLimitOfPeersIsRead() throws Exception {
        var all =
                Map.of(
                        "peer.max-peerings", "2",
                        "peer.max-services", "3",
                        "peer.max-instances", "4",
                        "peer.max-message", "65536",
                        "peer.max-message-to-consul", "4194304",
                        "peer.max-pending", "52428800",
                        "peer.max-catalog", "1048576",
                        "peer.max-connections", "16",
                        "peer.retry-limit", "64s");
        var config = read(all);

        assertThat(config.limits())
                .isEqualTo(new PeerLimits(2, 3, 4, 65_536, 4_194_304, 52_428_800, 1_048_576, 16));
        assertThat(config.longestRetry()).isEqualTo(Duration.ofSeconds(64));
        assertThat(PeerLimitSettings.KEYS)
                .extracting(Settings.Key::name)
                .containsExactlyInAnyOrderElementsOf(all.keySet());
        assertThat(PeeringServiceConfig.KEYS).containsAll(PeerLimitSettings.KEYS);
    }

    @Test
    void dnsIsOnLoopbackUnlessItIsTurnedOff() throws Exception {
        assertThat(read(Map.of()).dns())
                .contains(
                        new DnsSettings(
                                InetSocketAddress.createUnresolved("127.0.0.1", 8600),
                                "consul",
                                Duration.ZERO,
                                1232,
                                256));
        assertThat(read(Map.of("dns.address", "none")).dns()).isEmpty();
    }

    @Test
    void everySettingOfDnsIsRead() throws Exception {
        var all =
                Map.of(
                        "dns.address", "[::1]:53",
                        "dns.domain", "Mesh.Example.",
                        "dns.ttl", "5s",
                        "dns.udp-max", "512",
                        "dns.max-connections", "1");

        assertThat(read(all).dns())
                .contains(
                        new DnsSettings(
                                InetSocketAddress.createUnresolved("::1", 53),
                                "mesh.example",
                                Duration.ofSeconds(5),
                                512,
                                1));
        assertThat(DnsSettings.KEYS)
                .extracting(Settings.Key::name)
                .containsExactlyInAnyOrderElementsOf(all.keySet());
        assertThat(PeeringServiceConfig.KEYS).containsAll(DnsSettings.KEYS);
    }

    @Test
    void checksGoWhereTheirNetworksSay() throws Exception {
        assertThat(read(Map.of()).checkNetworks())
                .isEqualTo(new CheckNetworks(List.of(), List.of()));
        assertThat(
                        read(Map.of(
                                        "checks.allowed-networks",
                                        "10.0.0.0/8, ::1",
                                        "checks.denied-networks",
                                        "0.0.0.0/0"))
                                .checkNetworks())
                .isEqualTo(
                        new CheckNetworks(
                                List.of(network("10.0.0.0/8"), network("::1")),
                                List.of(network("0.0.0.0/0"))));
        var both = Map.of("checks.allowed-networks", "::1/128", "checks.denied-networks", "::1");
        assertThat(catchThrowableOfType(InvalidConfigException.class, () -> read(both)).problems())
                .containsExactly(
                        "checks.denied-networks: expected networks that checks.allowed-networks has not; found '0:0:0:0:0:0:0:1/128'");
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    /// An address that cannot be read is a problem among others, not the end of the reading.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "http.address",
                "proxy.address",
                "peer.address",
                "admin.address",
                "raft.address"
            })
    void addressThatIsNoneIsAProblem(String key) {
        var failure =
                catchThrowableOfType(InvalidConfigException.class, () -> read(Map.of(key, "no")));

        assertThat(failure.problems())
                .containsExactly(
                        key
                                + ": expected an address such as 127.0.0.1:8500 or [::1]:8500; found 'no' in flag");
    }

    @ParameterizedTest
    @CsvSource({
        "dns.address, 8600, 'an address such as 127.0.0.1:8600, or none'",
        "dns.domain, con_sul, a domain of at most 100 characters such as consul",
        "dns.domain, a..b, a domain of at most 100 characters such as consul",
        "dns.ttl, 1500ms, 'whole seconds, at most 24h'",
        "dns.ttl, 2d, 'whole seconds, at most 24h'",
        "dns.udp-max, 511, a number from 512 to 4096",
        "dns.max-connections, 0, a number from 1 to 65536",
        "checks.allowed-networks, 10.0.0.1/8, 'at most 64 networks such as 10.0.0.0/8 without bits behind the first ones, separated by commas'",
        "checks.denied-networks, metadata, 'at most 64 networks such as 10.0.0.0/8 without bits behind the first ones, separated by commas'",
        "peer.max-peerings, 0, a number from 1 to 4096",
        "peer.max-peerings, 4097, a number from 1 to 4096",
        "peer.max-services, 0, a number from 1 to 1000000",
        "peer.max-instances, 65537, a number from 1 to 65536",
        "peer.max-message, 65535, a number from 65536 to 52428800",
        "peer.max-message-to-consul, 52428801, a number from 65536 to 52428800",
        "peer.max-pending, lots, a number from 65536 to 52428800",
        "peer.max-catalog, 1048575, a number from 1048576 to 2147483647",
        "peer.max-connections, 15, a number from 16 to 65536",
        "peer.retry-limit, 999ms, a duration from 1s to 64s",
        "peer.retry-limit, 65s, a duration from 1s to 64s"
    })
    void valueOutOfItsRangeIsAProblem(String key, String text, String expected) {
        var failure =
                catchThrowableOfType(InvalidConfigException.class, () -> read(Map.of(key, text)));

        assertThat(failure.problems())
                .containsExactly(key + ": expected " + expected + "; found '" + text + "' in flag");
    }

    @Test
    void apiIsOpenOnLoopbackAlone() throws Exception {
        for (var host : List.of("127.0.0.1", "127.9.8.7", "localhost", "[::1]")) {
            var door = read(Map.of("http.address", host + ":8500")).door();
            assertThat(door.access().enabled()).isFalse();
            assertThat(door.tls()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "acl.enabled=true, false",
        "http.certificate=c.pem;http.key=k.pem, false",
        "acl.enabled=true;http.certificate=c.pem;http.key=k.pem, true",
        "acl.enabled=true;acl.default-policy=deny;http.certificate=c.pem;http.key=k.pem, true",
        "http.open-to-everyone-on-the-network=true, true"
    })
    void apiListensOnTheNetworkWithTokensAndTlsOrWhenTheRiskIsTaken(String more, boolean taken)
            throws Exception {
        for (var host : List.of("0.0.0.0", "10.0.0.1", "[::]", "api.example.com")) {
            var all = new HashMap<>(Map.of("http.address", host + ":8500"));
            for (var setting : more.split(";")) {
                all.put(setting.split("=")[0], setting.split("=")[1]);
            }
            if (taken) {
                assertThat(read(all).httpAddress().getPort()).isEqualTo(8500);
            } else {
                var failure = catchThrowableOfType(InvalidConfigException.class, () -> read(all));
                assertThat(failure.problems())
                        .singleElement()
                        .asString()
                        .startsWith("http.address: expected a loopback address, or acl.enabled");
            }
        }
    }

    @Test
    void whatIsAllowedByDefaultIsNotForTheNetworkUnlessTheRiskIsTaken() throws Exception {
        var all =
                new HashMap<>(
                        Map.of(
                                "http.address", "10.0.0.1:8500",
                                "acl.enabled", "true",
                                "acl.default-policy", "allow",
                                "http.certificate", "c.pem",
                                "http.key", "k.pem"));

        var failure = catchThrowableOfType(InvalidConfigException.class, () -> read(all));
        assertThat(failure.problems())
                .singleElement()
                .asString()
                .startsWith("acl.default-policy: expected 'deny' where http.address is no loopback")
                .endsWith(
                        "found 'allow' (http.open-to-everyone-on-the-network = true takes that risk)");

        all.put("http.open-to-everyone-on-the-network", "true");
        assertThat(read(all).door().access().defaultAllow()).isTrue();
        all.remove("http.open-to-everyone-on-the-network");
        all.put("http.address", "127.0.0.1:8500");
        assertThat(read(all).door().access().defaultAllow()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "http.certificate, c.pem, http.certificate: expected together with http.key; found only one of them",
        "http.key, k.pem, http.certificate: expected together with http.key; found only one of them",
        "acl.default-policy, maybe, acl.default-policy: expected 'deny' or 'allow'; found 'maybe'",
        "acl.initial-management-token-file, f, acl.initial-management-token-file: expected together with acl.enabled = true; found it alone"
    })
    void halfOfASettingOfTheApisDoorIsAProblem(String key, String value, String problem) {
        var failure =
                catchThrowableOfType(InvalidConfigException.class, () -> read(Map.of(key, value)));

        assertThat(failure.problems()).containsExactly(problem);
    }
}
