package dev.hansa.cli;

import static dev.hansa.cli.Ran.hansa;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectTrafficTest {
    private static final String IPTABLES = "iptables -w 10 -t nat ";

    private static Ran dry(String... flags) {
        var words = new ArrayList<>(List.of("connect", "redirect-traffic", "-dry-run"));
        words.addAll(List.of(flags));
        return hansa(Map.of(), "", words.toArray(String[]::new));
    }

    private static List<String> rules(Ran ran) {
        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(ran.out().lines()).allMatch(line -> line.startsWith(IPTABLES));
        return ran.out().lines().map(line -> line.substring(IPTABLES.length())).toList();
    }

    @Test
    void connectionsOfAllButTheSidecarAreRedirectedAndNoneBeforeAllIsThere() {
        assertThat(rules(dry("-proxy-uid", "5995")))
                .containsExactly(
                        "-N HANSA_PROXY_REDIRECT",
                        "-A HANSA_PROXY_REDIRECT -p tcp -j REDIRECT --to-ports 15001",
                        "-N HANSA_PROXY_OUTPUT",
                        "-A HANSA_PROXY_OUTPUT -m owner --uid-owner 5995 -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -d 127.0.0.0/8 -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -j HANSA_PROXY_REDIRECT",
                        "-A OUTPUT -p tcp -j HANSA_PROXY_OUTPUT");
    }

    @Test
    void everyFlagIsARule() {
        assertThat(
                        rules(
                                dry(
                                        "-proxy-uid",
                                        "hansa",
                                        "-proxy-inbound-port",
                                        "20000",
                                        "-proxy-outbound-port",
                                        "15002",
                                        "-exclude-inbound-port",
                                        "20200",
                                        "-exclude-outbound-port",
                                        "53",
                                        "-exclude-outbound-port",
                                        "8502",
                                        "-exclude-outbound-cidr",
                                        "10.0.0.0/8",
                                        "-exclude-uid",
                                        "5996",
                                        "-only-virtual")))
                .containsExactly(
                        "-N HANSA_PROXY_REDIRECT",
                        "-A HANSA_PROXY_REDIRECT -p tcp -j REDIRECT --to-ports 15002",
                        "-N HANSA_PROXY_OUTPUT",
                        "-A HANSA_PROXY_OUTPUT -m owner --uid-owner hansa -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -m owner --uid-owner 5996 -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -d 127.0.0.0/8 -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -p tcp --dport 53 -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -p tcp --dport 8502 -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -d 10.0.0.0/8 -j RETURN",
                        "-A HANSA_PROXY_OUTPUT -d 240.0.0.0/4 -j HANSA_PROXY_REDIRECT",
                        "-A OUTPUT -p tcp -j HANSA_PROXY_OUTPUT",
                        "-N HANSA_PROXY_IN_REDIRECT",
                        "-A HANSA_PROXY_IN_REDIRECT -p tcp -j REDIRECT --to-ports 20000",
                        "-N HANSA_PROXY_INBOUND",
                        "-A HANSA_PROXY_INBOUND -p tcp --dport 20200 -j RETURN",
                        "-A HANSA_PROXY_INBOUND -j HANSA_PROXY_IN_REDIRECT",
                        "-A PREROUTING -p tcp -m addrtype --dst-type LOCAL -j HANSA_PROXY_INBOUND");
    }

    @Test
    void tableOfTheKernelSaysTheSame() {
        var ran =
                dry(
                        "-nf-tables",
                        "-proxy-uid",
                        "5995",
                        "-proxy-inbound-port",
                        "20000",
                        "-exclude-inbound-port",
                        "20200",
                        "-exclude-outbound-port",
                        "8502",
                        "-exclude-outbound-cidr",
                        "10.0.0.0/8",
                        "-exclude-outbound-cidr",
                        "192.0.2.7",
                        "-exclude-uid",
                        "4294967294");

        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(ran.out())
                .isEqualTo(
                        """
                        table ip hansa_redirect
                        delete table ip hansa_redirect
                        table ip6 hansa_redirect
                        delete table ip6 hansa_redirect
                        table ip hansa_redirect {
                          chain output {
                            type nat hook output priority -100; policy accept;
                            meta skuid 5995 return
                            meta skuid 4294967294 return
                            meta l4proto tcp ip daddr 127.0.0.0/8 return
                            tcp dport 8502 return
                            meta l4proto tcp ip daddr 10.0.0.0/8 return
                            meta l4proto tcp ip daddr 192.0.2.7/32 return
                            meta l4proto tcp redirect to :15001
                          }
                          chain prerouting {
                            type nat hook prerouting priority -100; policy accept;
                            fib daddr type != local return
                            tcp dport 20200 return
                            meta l4proto tcp redirect to :20000
                          }
                        }
                        table ip6 hansa_redirect {
                          chain prerouting {
                            type nat hook prerouting priority -100; policy accept;
                            fib daddr type != local return
                            tcp dport 20200 return
                            meta l4proto tcp redirect to :20000
                          }
                        }
                        """);
    }

    @Test
    void tableOfTheKernelMayBeForVirtualAddressesAloneAndIsTakenAway() {
        assertThat(dry("-nf-tables", "-proxy-uid", "1", "-only-virtual").out())
                .contains("    meta l4proto tcp ip daddr 240.0.0.0/4 redirect to :15001\n  }\n}\n")
                .doesNotContain("prerouting");
        assertThat(dry("-nf-tables", "-clear").out())
                .isEqualTo(
                        """
                        table ip hansa_redirect
                        delete table ip hansa_redirect
                        table ip6 hansa_redirect
                        delete table ip6 hansa_redirect
                        """);
    }

    @Test
    void asManyExclusionsAsAreTakenHaveRoomInOneStep() {
        var ports = IntStream.rangeClosed(1, 320).boxed().toList();
        var networks = ports.stream().map(port -> "10.0." + port % 256 + ".0/24").toList();
        for (var rules :
                List.of(
                        new RedirectRules(
                                "5995",
                                OptionalInt.of(20_000),
                                15_001,
                                false,
                                ports,
                                List.of(),
                                List.of(),
                                List.of()),
                        new RedirectRules(
                                "5995",
                                OptionalInt.of(20_000),
                                15_001,
                                false,
                                List.of(),
                                List.of(),
                                networks,
                                List.of()))) {
            var batch = new KernelTable(rules).replacement(EnumSet.allOf(KernelTable.Family.class));

            assertThat(batch.steps()).hasSizeGreaterThan(320);
            // the room that a socket has by itself, without its own share
            assertThat(batch.bytes().length).isLessThan(212_992 - 32);
        }
    }

    /// Rules of IPv4 would be there, and lead nothing anywhere.
    @Test
    void networkThatIsReachedByIpv6AloneIsNamed() throws Exception {
        var loopback = InetAddress.ofLiteral("127.0.0.1");
        var link = InetAddress.ofLiteral("fe80::1");
        var six = InetAddress.ofLiteral("2001:db8::9");

        assertThat(RedirectTrafficCommand.overIpv6Alone(List.of(loopback, link, six)))
                .hasValueSatisfying(words ->
                        assertThat(words)
                                .startsWith("network: expected an address of IPv4")
                                .contains("found 2001:db8:0:0:0:0:0:9 "));
        // one that begins has none yet, or both
        assertThat(RedirectTrafficCommand.overIpv6Alone(List.of(loopback, link))).isEmpty();
        assertThat(
                        RedirectTrafficCommand.overIpv6Alone(
                                List.of(six, InetAddress.getByName("192.0.2.9"))))
                .isEmpty();
    }

    @Test
    void allIsTakenAwayAgain() {
        assertThat(rules(dry("-clear")))
                .startsWith(
                        "-D OUTPUT -p tcp -j HANSA_PROXY_OUTPUT",
                        "-D PREROUTING -p tcp -m addrtype --dst-type LOCAL -j HANSA_PROXY_INBOUND")
                .contains("-X HANSA_PROXY_OUTPUT", "-X HANSA_PROXY_IN_REDIRECT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-clear -proxy-uid 5995",
                "-proxy-uid -1",
                "-proxy-uid Root!",
                "-proxy-uid 1 -exclude-uid -j",
                "-proxy-uid 1 -exclude-outbound-cidr fd00::/8",
                "-proxy-uid 1 -exclude-outbound-cidr 10.0.0.256/8",
                "-proxy-uid 1 -exclude-outbound-port 0",
                "-proxy-uid hansa -nf-tables",
                "-proxy-uid 4294967295 -nf-tables",
                "-proxy-uid 1 -proxy-inbound-port 65536"
            })
    void mistakeIsNamedAndNothingIsDone(String flags) {
        var ran = dry(flags.isEmpty() ? new String[0] : flags.split(" ", -1));

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err().lines()).hasSize(1);
    }
}
