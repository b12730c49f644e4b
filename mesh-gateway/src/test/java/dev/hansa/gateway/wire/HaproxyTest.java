package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.Latest;
import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Headers of PROXY protocol v2 as a real HAProxy says and reads them.
@Timeout(60)
@EnabledOnOs(OS.LINUX)
class HaproxyTest {
    private static final Path HAPROXY = Path.of("/usr/sbin/haproxy");
    private static final String NAME = "billing.default.west.internal.1a2b.consul";
    private static final byte[] HELLO = Hellos.records(Hellos.with(Hellos.serverName(NAME)));

    /// Of the loopback interface: neither the proxy's nor the gateway's.
    private static final String CALLER = "127.0.8.9";

    @TempDir Path directory;
    private final Closer closer = new Closer();
    private final Transport transport = closer.add(new Transport(1));
    private final RawTransport raw = closer.add(new RawTransport(1));
    private final Doors doors = closer.add(new Doors(transport, false));
    private final Latest<RouteTable> table = new Latest<>(RouteTable.EMPTY);
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final SniGateway gateway = gateway();

    @BeforeEach
    void thereIsOne() {
        assumeTrue(
                Files.isExecutable(HAPROXY),
                "SKIPPED, nothing was proved: no HAProxy at " + HAPROXY);
    }

    @AfterEach
    void close() throws Exception {
        closer.close();
    }

    @Test
    void callerOfHaproxyIsKnownToTheGateway() throws Exception {
        var echo = closer.add(new EchoServer(0));
        serve(echo.port());
        var address =
                open(
                        Admission.unlimited("gateway", events::add)
                                .throughProxies(Networks.parse("127.0.0.1")));
        var haproxy =
                start(
                        "",
                        "server gateway "
                                + text(address)
                                + " send-proxy-v2 proxy-v2-options crc32c,unique-id check inter 100");

        try (var client = connect(haproxy)) {
            client.getOutputStream().write(HELLO);
            assertThat(client.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
            var port = client.getLocalPort();
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);

            await().untilAsserted(() ->
                    assertThat(carried())
                            .singleElement()
                            .satisfies(record -> {
                                assertThat(record.downstream()).isEqualTo(CALLER + ":" + port);
                                assertThat(record.downstreamIn()).isEqualTo(HELLO.length);
                            }));
        }
        // its own questions are whether somebody listens, and none of them was refused
        await().until(() -> records().size() >= 4);
        assertThat(records())
                .filteredOn(record -> record.upstream().isEmpty())
                .allSatisfy(record -> {
                    assertThat(record.refusal()).isEqualTo("closed_early");
                    assertThat(record.downstreamIn()).isZero();
                    assertThat(record.downstream()).startsWith("127.0.0.1:");
                });
    }

    @Test
    void callerOfTheGatewayIsKnownToHaproxy() throws Exception {
        var upstream = closer.add(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
        upstream.setSoTimeout(20_000);
        // what it has read from us it says to the next
        var haproxy =
                start(
                        " accept-proxy",
                        "server next 127.0.0.1:" + upstream.getLocalPort() + " send-proxy-v2");
        serve(haproxy.getPort());
        gateway.announceBy(_ -> true);
        var address = open(Admission.unlimited("gateway", events::add));
        try (var client = connect(address)) {
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                var expected =
                        ProxyHeader.of(
                                Optional.of(
                                        new ProxyHeader.Ends(
                                                (InetSocketAddress) client.getLocalSocketAddress(),
                                                address)));
                assertThat(accepted.getInputStream().readNBytes(expected.length))
                        .isEqualTo(expected);
                assertThat(accepted.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
            }
        }
    }

    private List<ConnectionRecord> records() {
        return events.stream()
                .flatMap(event ->
                        event instanceof GatewayEvent.ConnectionEnded(var record)
                                ? Stream.of(record)
                                : Stream.empty())
                .toList();
    }

    private List<ConnectionRecord> carried() {
        return records().stream().filter(record -> !record.upstream().isEmpty()).toList();
    }

    /// @param bind of its listener
    /// @return where it listens
    private InetSocketAddress start(String bind, String server) throws Exception {
        var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), freePort());
        var file = directory.resolve("haproxy.cfg");
        Files.writeString(
                file,
                """
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 30s
                  timeout server 30s
                listen it
                  bind %s%s
                  unique-id-format %%ci-%%ts-%%rt
                  %s
                """
                        .formatted(text(address), bind, server));
        var log = directory.resolve("haproxy.log");
        var process =
                new ProcessBuilder(HAPROXY.toString(), "-db", "-f", file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        closer.add(() -> {
            process.destroyForcibly();
            process.waitFor();
        });
        await().until(() -> {
            assertThat(process.isAlive()).as(() -> read(log)).isTrue();
            return listens(address);
        });
        return address;
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /// A connection that is asked for a header is one without, and ends.
    private static boolean listens(InetSocketAddress address) {
        try (var _ = new Socket(address.getAddress(), address.getPort())) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return server.getLocalPort();
        }
    }

    private static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(20_000);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(CALLER), 0));
        socket.connect(address);
        return socket;
    }

    private InetSocketAddress open(Entrance entrance) throws IOException {
        return doors.open(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                entrance,
                Optional.of(raw),
                gateway);
    }

    private void serve(int port) {
        table.set(TestingGateway.exported(NAME, port));
    }

    private SniGateway gateway() {
        return TestingGateway.of(transport, table, events::add);
    }
}
