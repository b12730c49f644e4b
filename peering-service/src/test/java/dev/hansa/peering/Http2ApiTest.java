package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The HTTP API over HTTP/2 and TLS: a whole server, the JDK's client, and one that writes frames
/// as it likes.
@Timeout(120)
class Http2ApiTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String DEFAULTS = "/v1/config/service-defaults";
    private static final int MOST_CONNECTIONS = 16;

    @TempDir Path directory;
    private final CaMaterial ca =
            CaMaterial.create(
                    new TrustDomain("eks.consul"),
                    new Datacenter("eks"),
                    Clock.systemUTC().instant());
    private Optional<PeeringService> server = Optional.empty();
    private int port;

    private void start(Map<String, String> more) throws Exception {
        var pems = TestTls.pems(ca, "localhost");
        var ports = FreePorts.some(4);
        port = ports.getFirst();
        var settings = new HashMap<>(more);
        settings.put("datacenter", "eks");
        settings.put("data-dir", directory.resolve("data").toString());
        settings.put(
                "http.certificate",
                Files.writeString(directory.resolve("api.pem"), pems.chain()).toString());
        settings.put(
                "http.key", Files.writeString(directory.resolve("api.key"), pems.key()).toString());
        settings.putIfAbsent("http.max-connections", Integer.toString(MOST_CONNECTIONS));
        settings.put("http.address", "127.0.0.1:" + port);
        settings.put("proxy.address", "127.0.0.1:" + ports.get(1));
        settings.put("peer.address", "127.0.0.1:" + ports.get(2));
        settings.put("admin.address", "127.0.0.1:" + ports.get(3));
        settings.put("dns.address", "none");
        server =
                Optional.of(
                        PeeringService.start(
                                PeeringServiceConfig.read(
                                        Settings.of(settings, Map.of(), Optional.empty())),
                                Clock.systemUTC()));
    }

    @AfterEach
    void stop() throws Exception {
        if (server.isPresent()) {
            server.get().close();
        }
    }

    private SSLContext trusting() throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry(
                "ca",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(
                                        ca.rootPem().getBytes(StandardCharsets.US_ASCII))));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private HttpClient client(HttpClient.Version version) throws Exception {
        return HttpClient.newBuilder().version(version).sslContext(trusting()).build();
    }

    private HttpRequest get(String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
                .timeout(SOON)
                .build();
    }

    private HttpRequest defaultsOf(String name) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/v1/config"))
                .timeout(SOON)
                .PUT(
                        HttpRequest.BodyPublishers.ofString(
                                "{\"Kind\":\"service-defaults\",\"Name\":\"" + name + "\"}"))
                .build();
    }

    /// All other connections are taken, so that there is but one.
    @Test
    void oneConnectionCarriesAWaitingQueryAndFiftyOthersAtOnce() throws Exception {
        start(Map.of());
        var others = new ArrayList<Wire>();
        for (var i = 0; i < MOST_CONNECTIONS - 1; i++) {
            var other = new Wire(trusting(), port);
            other.write(
                    Frame.HEADERS,
                    Wire.END_HEADERS | Wire.END_STREAM,
                    1,
                    Wire.get("/v1/status/leader"));
            other.awaitFrame(Frame.HEADERS);
            others.add(other);
        }
        try (var client = client(HttpClient.Version.HTTP_2)) {
            // so that the connection is there
            var first = client.send(get(DEFAULTS), HttpResponse.BodyHandlers.ofString());
            assertThat(first.version()).isEqualTo(HttpClient.Version.HTTP_2);
            var index = first.headers().firstValue("X-Consul-Index").orElseThrow();
            var waiting =
                    client.sendAsync(
                            get(DEFAULTS + "?wait=60s&index=" + index),
                            HttpResponse.BodyHandlers.ofString());
            var fifty =
                    IntStream.range(0, 50)
                            .mapToObj(_ ->
                                    client.sendAsync(
                                            get("/v1/agent/self"),
                                            HttpResponse.BodyHandlers.ofString()))
                            .toList();
            for (var one : fifty) {
                var answer = one.get(30, TimeUnit.SECONDS);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            }
            assertThat(waiting).isNotDone();

            client.send(defaultsOf("web"), HttpResponse.BodyHandlers.ofString());

            var answer = waiting.get(30, TimeUnit.SECONDS);
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.body()).contains("\"web\"");
        }
        for (var other : others) {
            other.close();
        }
    }

    @Test
    void clientOfHttp1IsServedToo() throws Exception {
        start(Map.of());
        try (var client = client(HttpClient.Version.HTTP_1_1)) {
            assertThat(client.send(get(DEFAULTS), HttpResponse.BodyHandlers.ofString()).version())
                    .isEqualTo(HttpClient.Version.HTTP_1_1);
        }
    }

    @Test
    void eventsComeOverHttp2AsTheyHappen() throws Exception {
        start(Map.of());
        try (var client = client(HttpClient.Version.HTTP_2)) {
            var answer = client.send(get("/v1/hansa/events"), HttpResponse.BodyHandlers.ofLines());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            try (Stream<String> lines = answer.body()) {
                var events = lines.filter(line -> line.startsWith("event: ")).iterator();
                assertThat(events.next()).isEqualTo("event: hello");
                client.send(defaultsOf("web"), HttpResponse.BodyHandlers.ofString());
                var event = events.next();
                while (event.equals("event: beat")) {
                    event = events.next();
                }
                assertThat(event).isEqualTo("event: changed");
            }
            // the body that is not read any more ends its stream, not the connection
            assertThat(
                            client.send(get(DEFAULTS), HttpResponse.BodyHandlers.ofString())
                                    .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void longestFilterIsReadAndHeadersAboveTheLimitAreRefused() throws Exception {
        start(Map.of());
        try (var client = client(HttpClient.Version.HTTP_2)) {
            var filter = "Name%20%3D%3D%20" + "%78".repeat(4000);
            assertThat(told(client, get(DEFAULTS + "?filter=" + filter))).isEqualTo("200");
            var tooLong =
                    HttpRequest.newBuilder(get(DEFAULTS), (_, _) -> true)
                            .header("X-Long", "x".repeat(36 * 1024))
                            .build();
            assertThat(told(client, tooLong)).isIn("431", "RST_STREAM received Protocol error");
            assertThat(told(client, get(DEFAULTS))).isEqualTo("200");
        }
    }

    /// A status. A refusal is followed by a reset of its stream, and this client may tell of that
    /// alone.
    private static String told(HttpClient client, HttpRequest request) throws Exception {
        try {
            return String.valueOf(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// A frame as it comes.
    private record Frame(int type, int flags, int stream, Buffer payload) {
        static final int DATA = 0;
        static final int HEADERS = 1;
        static final int RESET = 3;
        static final int SETTINGS = 4;
        static final int GO_AWAY = 7;
        static final int WINDOW_UPDATE = 8;
        static final int CONTINUATION = 9;

        boolean endsStream() {
            return (flags & Wire.END_STREAM) != 0;
        }

        /// Of a reset or a goodbye.
        int error() {
            return payload.getInt(type == GO_AWAY ? 4 : 0);
        }
    }

    /// Frames over TLS, as RFC 9113 has them.
    private static final class Wire implements AutoCloseable {
        static final int END_STREAM = 1;
        static final int END_HEADERS = 4;
        static final int REFUSED_STREAM = 7;
        static final int ENHANCE_YOUR_CALM = 11;

        private final SSLSocket socket;
        private final DataInputStream in;

        Wire(SSLContext context, int port) throws IOException {
            socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
            var parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.setSoTimeout((int) SOON.toMillis());
            socket.startHandshake();
            in = new DataInputStream(socket.getInputStream());
            socket.getOutputStream()
                    .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            write(Frame.SETTINGS, 0, 0, new byte[0]);
            awaitFrame(Frame.SETTINGS);
            // theirs is taken
            write(Frame.SETTINGS, 1, 0, new byte[0]);
        }

        void write(int type, int flags, int stream, byte[] payload) throws IOException {
            var frame = new ByteArrayOutputStream();
            frame.write(payload.length >> 16);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
            frame.write(type);
            frame.write(flags);
            for (var shift = 24; shift >= 0; shift -= 8) {
                frame.write(stream >> shift);
            }
            frame.write(payload);
            socket.getOutputStream().write(frame.toByteArray());
        }

        /// A GET, its headers neither compressed nor remembered.
        static byte[] get(String path) {
            return block(path, List.of());
        }

        /// A PUT, the same; its method is a literal.
        static byte[] put(String path) {
            return block(path, List.of(Map.entry(0x02, "PUT")));
        }

        private static byte[] block(String path, List<Map.Entry<Integer, String>> method) {
            var block = new ByteArrayOutputStream();
            for (var field : method) {
                block.write(field.getKey());
                block.write(field.getValue().length());
                block.writeBytes(field.getValue().getBytes(StandardCharsets.US_ASCII));
            }
            if (method.isEmpty()) {
                block.write(0x82);
            }
            block.write(0x87);
            for (var field : List.of(Map.entry(0x04, path), Map.entry(0x01, "localhost"))) {
                block.write(field.getKey());
                block.write(field.getValue().length());
                block.writeBytes(field.getValue().getBytes(StandardCharsets.US_ASCII));
            }
            return block.toByteArray();
        }

        Frame read() throws IOException {
            var length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            var type = in.readUnsignedByte();
            var flags = in.readUnsignedByte();
            var stream = in.readInt();
            return new Frame(type, flags, stream, Buffer.buffer(in.readNBytes(length)));
        }

        Frame awaitFrame(int type) throws IOException {
            for (var frame = read(); ; frame = read()) {
                if (frame.type() == type) {
                    return frame;
                }
            }
        }

        boolean hearsNothingFor(Duration time) throws IOException {
            socket.setSoTimeout((int) time.toMillis());
            try {
                return in.read() < 0;
            } catch (SocketTimeoutException _) {
                return true;
            } finally {
                socket.setSoTimeout((int) SOON.toMillis());
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /// CVE-2023-44487.
    @Test
    void whoOpensAndTakesBackWithoutEndIsHungUpOnAndOthersAreServed() throws Exception {
        start(Map.of());
        try (var wire = new Wire(trusting(), port);
                var other = client(HttpClient.Version.HTTP_2)) {
            // not written on after the goodbye, which a connection that is reset would swallow
            for (var i = 0; i < 160; i++) {
                var stream = 1 + 2 * i;
                wire.write(
                        Frame.HEADERS,
                        Wire.END_HEADERS | Wire.END_STREAM,
                        stream,
                        Wire.get(DEFAULTS + "?index=9000000000000000&wait=60s"));
                wire.write(Frame.RESET, 0, stream, new byte[] {0, 0, 0, 8});
            }

            assertThat(wire.awaitFrame(Frame.GO_AWAY).error()).isEqualTo(Wire.ENHANCE_YOUR_CALM);
            assertThat(other.send(get(DEFAULTS), HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        }
    }

    /// CVE-2024-27316 and its like.
    @Test
    void headersInCountlessPiecesAreRefused() throws Exception {
        start(Map.of());
        try (var wire = new Wire(trusting(), port)) {
            wire.write(Frame.HEADERS, Wire.END_STREAM, 1, Wire.get(DEFAULTS));
            for (var i = 0; i < 14; i++) {
                wire.write(Frame.CONTINUATION, 0, 1, new byte[0]);
            }

            assertThat(wire.awaitFrame(Frame.GO_AWAY).error()).isEqualTo(Wire.ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void oneConnectionHasSoManyRequestsAtOnce() throws Exception {
        start(Map.of("http.max-connections", "1000"));
        try (var wire = new Wire(trusting(), port)) {
            for (var i = 0; i < 257; i++) {
                wire.write(
                        Frame.HEADERS,
                        Wire.END_HEADERS | Wire.END_STREAM,
                        1 + 2 * i,
                        Wire.get(DEFAULTS + "?index=9000000000000000&wait=60s"));
            }

            var refused = wire.awaitFrame(Frame.RESET);

            assertThat(refused.error()).isEqualTo(Wire.REFUSED_STREAM);
            assertThat(refused.stream()).isEqualTo(1 + 2 * 256);
        }
    }

    /// Its answer comes in pieces of ten bytes, each of which the client asks for.
    @Test
    void whoTakesHisAnswerInSmallPiecesIsNotIdle() throws Exception {
        start(Map.of("http.idle-timeout", "500ms"));
        try (var wire = new Wire(trusting(), port)) {
            wire.write(Frame.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 10});
            wire.write(
                    Frame.HEADERS,
                    Wire.END_HEADERS | Wire.END_STREAM,
                    1,
                    Wire.get("/v1/agent/self"));
            var begin = System.nanoTime();
            // six times as long as a connection may be idle, and beyond the last word
            while (System.nanoTime() - begin < Duration.ofSeconds(3).toNanos()) {
                assertThat(wire.awaitFrame(Frame.DATA).payload().length()).isPositive();
                assertThat(wire.hearsNothingFor(Duration.ofMillis(150))).isTrue();
                wire.write(Frame.WINDOW_UPDATE, 0, 1, new byte[] {0, 0, 0, 10});
            }
            wire.write(Frame.WINDOW_UPDATE, 0, 1, new byte[] {0, 1, 0, 0});

            var last = wire.awaitFrame(Frame.DATA);
            while (!last.endsStream()) {
                last = wire.awaitFrame(Frame.DATA);
            }
        }
    }

    @Test
    void slowBodyEndsItsStreamAndTheOthersOfItsConnectionGoOn() throws Exception {
        start(Map.of("http.body-timeout", "300ms"));
        try (var wire = new Wire(trusting(), port)) {
            wire.write(Frame.HEADERS, Wire.END_HEADERS, 1, Wire.put("/v1/config"));
            wire.write(Frame.DATA, 0, 1, new byte[] {'{'});

            assertThat(wire.awaitFrame(Frame.HEADERS).stream()).isEqualTo(1);
            assertThat(wire.awaitFrame(Frame.DATA).payload().toString())
                    .isEqualTo("request: expected its body within 300 ms; found a part of it");
            assertThat(wire.awaitFrame(Frame.RESET).stream()).isEqualTo(1);
            wire.write(
                    Frame.HEADERS,
                    Wire.END_HEADERS | Wire.END_STREAM,
                    3,
                    Wire.get("/v1/status/leader"));
            assertThat(wire.awaitFrame(Frame.HEADERS).stream()).isEqualTo(3);
        }
    }

    @Test
    void slowHeadersOfHttp1AreToldThatOverTls() throws Exception {
        start(Map.of("http.header-timeout", "2s"));
        try (var socket = trusting().getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout((int) SOON.toMillis());
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: x\r\n".getBytes(StandardCharsets.US_ASCII));

            assertThat(
                            new String(
                                    socket.getInputStream().readAllBytes(),
                                    StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 408 ")
                    .endsWith("within 2000 ms; found a part of it");
        }
    }

    /// Also after requests that were taken back.
    @Test
    void connectionThatNobodyUsesEnds() throws Exception {
        start(Map.of("http.idle-timeout", "300ms"));
        try (var wire = new Wire(trusting(), port)) {
            wire.write(
                    Frame.HEADERS,
                    Wire.END_HEADERS | Wire.END_STREAM,
                    1,
                    Wire.get(DEFAULTS + "?index=9000000000000000&wait=60s"));
            wire.write(Frame.RESET, 0, 1, new byte[] {0, 0, 0, 8});

            assertThat(wire.awaitFrame(Frame.GO_AWAY).error()).isZero();
            assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
        }
    }
}
