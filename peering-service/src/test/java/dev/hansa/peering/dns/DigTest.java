package dev.hansa.peering.dns;

import static dev.hansa.exportedservices.CheckStatus.PASSING;
import static dev.hansa.peering.dns.DnsWorld.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.hansa.exportedservices.ServiceInstance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A client that shares no line with us: `dig` of BIND.
class DigTest {
    private static final int LIMIT_SECONDS = 30;

    private DnsWorld world;

    @BeforeEach
    void start() throws InterruptedException {
        world = new DnsWorld();
        world.publish(
                IntStream.range(0, 300)
                        .mapToObj(i ->
                                instance(
                                        i == 0 ? "web" : "many",
                                        "198.51." + i / 200 + "." + (1 + i % 200),
                                        8080,
                                        PASSING))
                        .toArray(ServiceInstance[]::new));
        world.imported("pay", instance("pay", "192.0.2.7", 7000, PASSING));
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    /// Skips the test, loudly, where there is no dig.
    private String dig(String... arguments) throws IOException, InterruptedException {
        var words =
                new ArrayList<>(
                        List.of(
                                "dig",
                                "@127.0.0.1",
                                "-p",
                                String.valueOf(world.at().getPort()),
                                "+norecurse"));
        words.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(words).redirectErrorStream(true).start();
        } catch (IOException e) {
            var sentence = "SKIPPED: dig (bind9-dnsutils) was not found: " + e.getMessage();
            System.err.println(sentence);
            return abort(sentence);
        }
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        // what dig finds wrong with a message
        assertThat(output).doesNotContain("WARNING", "malformed", ";; Got bad packet");
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void addressesAndServicesAreRead() throws IOException, InterruptedException {
        assertThat(dig("+short", "web.service.consul")).isEqualTo("198.51.0.1\n");
        assertThat(dig("+short", "_web._tcp.service.consul", "SRV"))
                .isEqualTo("1 10 8080 node-198-51-0-1.node.eks.consul.\n");
        assertThat(dig("+short", "pay.service.lke.peer.consul")).isEqualTo("192.0.2.7\n");
        assertThat(dig("web.service.consul", "SRV"))
                .contains("status: NOERROR", "flags: qr aa;", "ADDITIONAL: 2", "udp: 2048");
    }

    @Test
    void absenceIsTold() throws IOException, InterruptedException {
        assertThat(dig("nobody.service.consul")).contains("status: NXDOMAIN", "SOA");
        assertThat(dig("web.service.consul", "AAAA"))
                .contains("status: NOERROR", "ANSWER: 0", "SOA");
        assertThat(dig("www.example")).contains("status: REFUSED");
    }

    /// dig asks again over TCP by itself when an answer was cut.
    @Test
    void cutAnswerIsAskedForAgain() throws IOException, InterruptedException {
        assertThat(dig("+short", "+ignore", "many.service.consul").lines().count())
                .isBetween(60L, 80L);
        assertThat(dig("+short", "many.service.consul").lines().count()).isEqualTo(299);
        assertThat(dig("+short", "+noedns", "many.service.consul").lines().count()).isEqualTo(299);
    }

    @Test
    void queriesOfALaterVersionAndWithOptionsAreAnswered()
            throws IOException, InterruptedException {
        assertThat(dig("+edns=1", "+noednsneg", "web.service.consul")).contains("status: BADVERS");
        assertThat(dig("+cookie", "+nsid", "+subnet=192.0.2.0/24", "web.service.consul"))
                .contains("status: NOERROR", "198.51.0.1");
        assertThat(dig("+tcp", "+keepalive", "web.service.consul")).contains("198.51.0.1");
    }
}
