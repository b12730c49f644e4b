package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.IpNetwork;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckNetworksTest {
    private static List<IpNetwork> all(String... texts) {
        return Stream.of(texts).map(text -> IpNetwork.parse(text).orElseThrow()).toList();
    }

    private static boolean isAsked(CheckNetworks networks, String address) {
        return networks.refusal(InetAddress.ofLiteral(address)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.0.1",
                "fe80::1",
                "febf::1",
                "::ffff:169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "fd00:ec2::254",
                "168.63.129.16"
            })
    void whereCloudsTellSecretsNobodyIsAskedByDefault(String address) {
        var networks = new CheckNetworks(List.of(), List.of());

        assertThat(networks.refusal(InetAddress.ofLiteral(address)).orElseThrow())
                .startsWith("a link-local address or a cloud's own, in ")
                .endsWith(", which checks.allowed-networks does not name");
        assertThat(CheckNetworks.DEFAULT.refusal(InetAddress.ofLiteral(address)).orElseThrow())
                .endsWith(", which is never asked");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "10.0.0.1", "169.253.1.1", "::1", "fec0::1", "fd00::1"})
    void othersAreAskedByDefault(String address) {
        assertThat(isAsked(CheckNetworks.DEFAULT, address)).isTrue();
    }

    @Test
    void smallestNetworkDecides() {
        var networks =
                new CheckNetworks(
                        all("10.0.0.0/8", "169.254.10.0/24", "fe80::/10"),
                        all("0.0.0.0/0", "::/0", "10.1.0.0/16"));

        for (var address : List.of("10.0.0.1", "169.254.10.7", "fe80::1")) {
            assertThat(isAsked(networks, address)).as(address).isTrue();
        }
        for (var address :
                List.of(
                        "64:ff9b::a00:1",
                        "10.1.0.1",
                        "192.0.2.1",
                        "169.254.169.254",
                        "2001:db8::1")) {
            assertThat(isAsked(networks, address)).as(address).isFalse();
        }
        assertThat(networks.refusal(InetAddress.ofLiteral("10.1.2.3")))
                .contains("an address in 10.1.0.0/16, which checks.denied-networks names");
    }

    /// The JDK connects to loopback in its place.
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "::ffff:0.0.0.0", "64:ff9b::"})
    void addressOfNoMachineIsNeverAsked(String address) throws Exception {
        var all = new CheckNetworks(all("0.0.0.0/0", "::/0", "0.0.0.0", "::"), List.of());
        for (var networks : List.of(CheckNetworks.DEFAULT, all)) {
            assertThat(networks.refusal(InetAddress.ofLiteral(address)))
                    .contains("no machine's address, which is never asked");
        }
        try (var addresses =
                new AllowedAddresses(_ ->
                        new InetAddress[] {
                            InetAddress.ofLiteral("192.0.2.1"), InetAddress.ofLiteral(address)
                        })) {
            for (var host : List.of(address, "db.example")) {
                assertThatThrownBy(() -> addresses.of(host, Duration.ofSeconds(10)))
                        .isInstanceOf(UnknownHostException.class)
                        .hasMessage("no machine's address, which is never asked: '" + host + "'");
            }
        }
    }

    /// A gateway would reach what was denied.
    @Test
    void deniedNetworkIsDeniedBehindAGatewayToo() {
        var networks = new CheckNetworks(List.of(), all("10.0.0.0/8"));

        assertThat(isAsked(networks, "64:ff9b::a00:1")).isFalse();
        assertThat(isAsked(networks, "64:ff9b::c000:201")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0.1/8",
                "10.0.0.0/33",
                "::/129",
                "10.0.0.0/-1",
                "host/8",
                "10/8/1"
            })
    void whatIsNoNetworkIsNone(String text) {
        assertThat(IpNetwork.parse(text)).isEmpty();
    }
}
