package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.peering.Http2Wire.Frame;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
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
        var settings = TestTls.settings(directory, pems, ports);
        settings.put("http.max-connections", Integer.toString(MOST_CONNECTIONS));
        settings.putAll(more);
        server = Optional.of(TestTls.start(settings));
    }

    @AfterEach
    void stop() throws Exception {
        if (server.isPresent()) {
            server.get().close();
        }
    }

    private SSLContext trusting() throws Exception {
        return TestTls.trusting(ca);
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
        var others = new ArrayList<Http2Wire>();
        for (var i = 0; i < MOST_CONNECTIONS - 1; i++) {
            var other = new Http2Wire(trusting(), port);
            other.write(
                    Frame.HEADERS,
                    Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                    1,
                    Http2Wire.get("/v1/status/leader"));
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

    /// CVE-2023-44487.
    @Test
    void whoOpensAndTakesBackWithoutEndIsHungUpOnAndOthersAreServed() throws Exception {
        start(Map.of());
        try (var wire = new Http2Wire(trusting(), port);
                var other = client(HttpClient.Version.HTTP_2)) {
            // not written on after the goodbye, which a connection that is reset would swallow
            for (var i = 0; i < 160; i++) {
                var stream = 1 + 2 * i;
                wire.write(
                        Frame.HEADERS,
                        Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                        stream,
                        Http2Wire.get(DEFAULTS + "?index=9000000000000000&wait=60s"));
                wire.write(Frame.RESET, 0, stream, new byte[] {0, 0, 0, 8});
            }

            assertThat(wire.awaitFrame(Frame.GO_AWAY).error())
                    .isEqualTo(Http2Wire.ENHANCE_YOUR_CALM);
            assertThat(other.send(get(DEFAULTS), HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        }
    }

    /// CVE-2024-27316 and its like.
    @Test
    void headersInCountlessPiecesAreRefused() throws Exception {
        start(Map.of());
        try (var wire = new Http2Wire(trusting(), port)) {
            wire.write(Frame.HEADERS, Http2Wire.END_STREAM, 1, Http2Wire.get(DEFAULTS));
            for (var i = 0; i < 14; i++) {
                wire.write(Frame.CONTINUATION, 0, 1, new byte[0]);
            }

            assertThat(wire.awaitFrame(Frame.GO_AWAY).error())
                    .isEqualTo(Http2Wire.ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void oneConnectionHasSoManyRequestsAtOnce() throws Exception {
        start(Map.of("http.max-connections", "1000"));
        try (var wire = new Http2Wire(trusting(), port)) {
            for (var i = 0; i < 257; i++) {
                wire.write(
                        Frame.HEADERS,
                        Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                        1 + 2 * i,
                        Http2Wire.get(DEFAULTS + "?index=9000000000000000&wait=60s"));
            }

            var refused = wire.awaitFrame(Frame.RESET);

            assertThat(refused.error()).isEqualTo(Http2Wire.REFUSED_STREAM);
            assertThat(refused.stream()).isEqualTo(1 + 2 * 256);
        }
    }

    /// Its answer comes in pieces of four thousand bytes, each of which the client asks for: more
    /// than are the least in a second.
    @Test
    void whoTakesHisAnswerInSmallPiecesIsNotIdle() throws Exception {
        start(Map.of("http.idle-timeout", "1s"));
        try (var wire = new Http2Wire(trusting(), port)) {
            wire.write(Frame.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 16, 0});
            wire.write(Frame.WINDOW_UPDATE, 0, 0, new byte[] {0, 0x7f, 0, 0});
            wire.write(
                    Frame.HEADERS,
                    Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                    1,
                    Http2Wire.get("/v1/openapi.json"));
            var begin = System.nanoTime();
            // three times as long as a connection may be idle, and beyond the last word
            while (System.nanoTime() - begin < Duration.ofSeconds(3).toNanos()) {
                assertThat(wire.awaitFrame(Frame.DATA).payload().length()).isPositive();
                assertThat(wire.hearsNothingFor(Duration.ofMillis(150))).isTrue();
                wire.write(Frame.WINDOW_UPDATE, 0, 1, new byte[] {0, 0, 16, 0});
            }
            wire.write(Frame.WINDOW_UPDATE, 0, 1, new byte[] {0, 0x7f, 0, 0});

            var last = wire.awaitFrame(Frame.DATA);
            while (!last.endsStream()) {
                last = wire.awaitFrame(Frame.DATA);
            }
        }
    }

    @Test
    void slowBodyEndsItsStreamAndTheOthersOfItsConnectionGoOn() throws Exception {
        start(Map.of("http.body-timeout", "300ms"));
        try (var wire = new Http2Wire(trusting(), port)) {
            wire.write(Frame.HEADERS, Http2Wire.END_HEADERS, 1, Http2Wire.put("/v1/config"));
            wire.write(Frame.DATA, 0, 1, new byte[] {'{'});

            assertThat(wire.awaitFrame(Frame.HEADERS).stream()).isEqualTo(1);
            assertThat(wire.awaitFrame(Frame.DATA).payload().toString())
                    .isEqualTo("request: expected its body within 300 ms; found a part of it");
            assertThat(wire.awaitFrame(Frame.RESET).stream()).isEqualTo(1);
            wire.write(
                    Frame.HEADERS,
                    Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                    3,
                    Http2Wire.get("/v1/status/leader"));
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
        try (var wire = new Http2Wire(trusting(), port)) {
            wire.write(
                    Frame.HEADERS,
                    Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                    1,
                    Http2Wire.get(DEFAULTS + "?index=9000000000000000&wait=60s"));
            wire.write(Frame.RESET, 0, 1, new byte[] {0, 0, 0, 8});

            assertThat(wire.awaitFrame(Frame.GO_AWAY).error()).isZero();
            assertThatThrownBy(wire::read).isInstanceOf(IOException.class);
        }
    }
}
