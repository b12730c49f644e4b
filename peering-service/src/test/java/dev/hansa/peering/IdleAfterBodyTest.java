package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.Http2Wire.Frame;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Connections that nobody uses after a request with a body for which there has to be room: a whole
/// server.
@Timeout(120)
class IdleAfterBodyTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String BODY =
            "{\"Kind\":\"service-defaults\",\"Name\":\"echo\"" + " ".repeat(5 * 1024) + "}";
    private static final String PUT =
            "PUT /v1/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                    + BODY.length()
                    + "\r\n\r\n"
                    + BODY;

    @TempDir Path directory;
    private final CaMaterial ca =
            CaMaterial.create(
                    new TrustDomain("eks.consul"),
                    new Datacenter("eks"),
                    Clock.systemUTC().instant());
    private final List<Socket> sockets = new ArrayList<>();
    private Optional<PeeringService> server = Optional.empty();
    private int port;

    private void start(Map<String, String> more) throws Exception {
        var ports = FreePorts.some(4);
        port = ports.getFirst();
        var settings = TestTls.settings(directory, TestTls.pems(ca, "localhost"), ports);
        settings.putAll(more);
        server = Optional.of(TestTls.start(settings));
    }

    @AfterEach
    void stop() throws Exception {
        for (var socket : sockets) {
            socket.close();
        }
        if (server.isPresent()) {
            server.get().close();
        }
    }

    /// Puts a body, and has the answer.
    private Socket used() throws Exception {
        var socket =
                TestTls.trusting(ca)
                        .getSocketFactory()
                        .createSocket(InetAddress.ofLiteral("127.0.0.1"), port);
        sockets.add(socket);
        socket.setSoTimeout((int) SOON.toMillis());
        socket.getOutputStream().write(PUT.getBytes(StandardCharsets.US_ASCII));
        var heard = new StringBuilder();
        while (!heard.toString().endsWith("\r\n\r\ntrue")) {
            var one = socket.getInputStream().read();
            assertThat(one).as(heard.toString()).isNotNegative();
            heard.append((char) one);
        }
        assertThat(heard).startsWith("HTTP/1.1 200 ");
        return socket;
    }

    @Test
    void oneOfHttp2EndsInTimeAfterAnAnswerAndAfterAReset() throws Exception {
        start(Map.of("http.idle-timeout", "500ms"));
        try (var wire = new Http2Wire(TestTls.trusting(ca), port)) {
            put(wire, 1);
            while (!wire.awaitFrame(Frame.DATA).endsStream()) {
                // more of the answer
            }
            put(wire, 3);
            wire.write(Frame.RESET, 0, 3, new byte[] {0, 0, 0, 8});

            assertThat(isEnded(wire)).isTrue();
        }
    }

    private static void put(Http2Wire wire, int stream) throws IOException {
        wire.write(Frame.HEADERS, Http2Wire.END_HEADERS, stream, Http2Wire.put("/v1/config"));
        wire.write(
                Frame.DATA, Http2Wire.END_STREAM, stream, BODY.getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean isEnded(Http2Wire wire) throws IOException {
        try {
            while (true) {
                wire.read();
            }
        } catch (EOFException _) {
            return true;
        }
    }

    @Test
    void newcomerIsServedWhereAllConnectionsAreTakenByOnesThatNobodyUses() throws Exception {
        start(Map.of("http.max-connections", "16"));

        // each of the later ones takes the place of one that nobody has used since
        for (var i = 0; i < 20; i++) {
            used();
        }
    }
}
