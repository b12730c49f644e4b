package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import picocli.CommandLine;

/// A datacenter without a flaw, by a server that answers as it was told, and `hansa doctor` at it.
abstract class TestingDoctor {
    private static final Map<String, String> NOTHING =
            Map.ofEntries(
                    Map.entry(Chart.SELF, "{\"Config\":{\"Datacenter\":\"eks\"}}"),
                    Map.entry(Chart.SERVERS, "{\"Servers\":[]}"),
                    Map.entry(Chart.AUTHORITY, "{\"External\":false,\"Rotation\":null}"),
                    Map.entry(Chart.ROOTS, "{\"Roots\":[]}"),
                    Map.entry(Chart.GATEWAYS, "[]"),
                    Map.entry(Chart.PEERINGS, "[]"),
                    Map.entry(Chart.EXPORTS, "[]"),
                    Map.entry(Chart.SERVICES, "[]"),
                    Map.entry(Chart.INTENTIONS, "[]"),
                    Map.entry(Chart.RESOLVERS, "[]"),
                    Map.entry(Chart.GROUPS, "[]"),
                    Map.entry(Chart.IMPORTS, "[]"),
                    Map.entry(Chart.READINESS, "[]"),
                    Map.entry(Chart.MEMBERS, "[]"),
                    Map.entry(Chart.PROXIES, "{\"All\":0,\"Proxies\":[]}"),
                    Map.entry(Chart.TRAFFIC, "{\"Peers\":[]}"));

    static final String ACTIVE = "[{\"Name\":\"lke\",\"State\":\"ACTIVE\"}]";

    TestingServer server;

    /// Gateways of a test are at addresses of nobody: they accept, unless a test says otherwise.
    Reach.Dialer dialer = (_, _) -> {};

    @BeforeEach
    void start() throws IOException {
        server = new TestingServer();
        NOTHING.forEach(this::on);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    final void on(String path, String body) {
        server.on("GET " + path, 200, body);
    }

    final Ran doctor(String... flags) {
        return doctor(Clock.systemUTC(), flags);
    }

    /// Names under `example` are known, to a machine that a test makes.
    static List<InetAddress> resolve(String host) throws UnknownHostException {
        return switch (host) {
            case "gateway.eks.example" -> List.of(InetAddress.ofLiteral("10.0.0.7"));
            case "gateway.lke.example" -> List.of(InetAddress.ofLiteral("203.0.113.7"));
            case "two.example" ->
                    List.of(
                            InetAddress.ofLiteral("203.0.113.7"),
                            InetAddress.ofLiteral("203.0.113.8"));
            default -> {
                try {
                    yield List.of(InetAddress.ofLiteral(host));
                } catch (IllegalArgumentException _) {
                    throw new UnknownHostException(host);
                }
            }
        };
    }

    final Reach.Network network() {
        return new Reach.Network(TestingDoctor::resolve, dialer);
    }

    final Ran doctor(Clock clock, String... flags) {
        var out = new StringWriter();
        var err = new StringWriter();
        var surroundings =
                new Surroundings(
                        new ByteArrayInputStream(new byte[0]),
                        new PrintWriter(out),
                        new PrintWriter(err),
                        Map.of("HANSA_HTTP_ADDR", server.address()));
        var status =
                new CommandLine(new DoctorCommand(surroundings, clock, network())).execute(flags);
        return new Ran(status, out.toString(), err.toString());
    }

    /// The one finding that there is.
    final String finding(String... flags) {
        return only(doctor(flags));
    }

    static String only(Ran ran) {
        assertThat(ran.status()).as(ran.out() + ran.err()).isEqualTo(1);
        var lines = ran.out().lines().toList();
        assertThat(lines).as(ran.out()).hasSize(2);
        assertThat(lines.getFirst()).contains("; to mend it: ");
        return lines.getFirst();
    }

    final void quiet() {
        assertThat(doctor()).isEqualTo(new Ran(0, "datacenter 'eks': nothing is wrong\n", ""));
    }

    static String gateway(String node, String status, String wan) {
        return gateway(node, status, wan, 8443);
    }

    static String gateway(String node, String status, String wan, int port) {
        return "{\"Node\":{\"Node\":\""
                + node
                + "\"},\"Service\":{\"TaggedAddresses\":{\"wan\":{\"Address\":\""
                + wan
                + "\",\"Port\":"
                + port
                + "}}},\"Checks\":[{\"Status\":\""
                + status
                + "\",\"Output\":\"stream ended\"}]}";
    }
}
