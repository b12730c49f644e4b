package dev.hansa.cli;

import static dev.hansa.cli.Ran.hansa;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
                "-proxy-uid 1 -exclude-outbound-port 0",
                "-proxy-uid 1 -proxy-inbound-port 65536"
            })
    void mistakeIsNamedAndNothingIsDone(String flags) {
        var ran = dry(flags.isEmpty() ? new String[0] : flags.split(" ", -1));

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err().lines()).hasSize(1);
    }
}
