package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What operators' ports say to bytes that are no request; each answer ends the connection.
class UnreadableRequestTest {
    private static final String LONG = "x".repeat(20_000);

    private final Vertx vertx = Vertx.vertx();
    private final ServerListeners listeners = new ServerListeners(vertx);
    private InetSocketAddress address = new InetSocketAddress(0);

    @BeforeEach
    void start() throws Exception {
        address =
                listeners.plain(
                        InetSocketAddress.createUnresolved("127.0.0.1", 0),
                        request -> request.response().end(request.uri().length() + " read"));
    }

    @AfterEach
    void stop() throws Exception {
        listeners.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private String answer(String request) throws Exception {
        try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), address.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void lineThatIsTooLongIsRefusedInWords() throws Exception {
        assertThat(answer("GET /" + LONG + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                // which version the line would have said is not known
                .startsWith("HTTP/1.0 414 ")
                .endsWith("\r\n\r\npath and query: expected at most 16384 bytes; found more");
    }

    @Test
    void headersThatAreTooLongAreRefusedInWords() throws Exception {
        assertThat(answer("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + LONG + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ")
                .endsWith("\r\n\r\nheaders: expected at most 16384 bytes; found more");
    }

    @Test
    void whatIsNoRequestIsRefusedInWords() throws Exception {
        assertThat(answer("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ")
                .endsWith("\r\n\r\nrequest: expected one of HTTP; found otherwise");
    }

    /// Of 4096 characters, each of which is three in a URL.
    @Test
    void longestFilterIsRead() throws Exception {
        var filter = "%28".repeat(4096);

        assertThat(
                        answer(
                                "GET /v1/catalog/nodes?filter="
                                        + filter
                                        + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("read");
    }
}
