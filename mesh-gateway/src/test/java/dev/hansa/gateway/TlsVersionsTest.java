package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.gateway.sidecar.TlsVersion;
import dev.hansa.gateway.wire.Hellos;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which TLS a sidecar speaks, and that it never takes an old session for a new certificate.
@Timeout(60)
class TlsVersionsTest {
    private static final byte PROTOCOL_VERSION = 70;

    /// Of ClientHello.client_version: after the record's header and the message's.
    private static final int VERSION_AT = 5 + 4;

    @TempDir Path directory;
    private TestingMesh mesh;

    @BeforeEach
    void open() throws Exception {
        mesh = new TestingMesh(directory);
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    private void start(TlsVersion oldest) throws Exception {
        mesh.close();
        mesh = new TestingMesh(Files.createDirectory(directory.resolve(oldest.name())), oldest);
        mesh.start();
        assertThat(mesh.call("warm")).isTrue();
    }

    private SSLSocket dial(SSLSocketFactory tls, int port, String... protocols) throws IOException {
        var socket = (SSLSocket) tls.createSocket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        socket.setEnabledProtocols(protocols);
        var parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(mesh.sni())));
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static void say(Socket socket, int word) throws IOException {
        socket.getOutputStream().write(word);
        assertThat(socket.getInputStream().read()).isEqualTo(word);
    }

    @Test
    void olderProtocolIsTakenOnlyWhereItIsConfigured() throws Exception {
        start(TlsVersion.V1_3);
        try (var socket = dial(caller(new Believing()), mesh.eastBillingPort, "TLSv1.2")) {
            assertThatThrownBy(() -> say(socket, 1)).isInstanceOf(IOException.class);
        }

        start(TlsVersion.V1_2);
        try (var socket = dial(caller(new Believing()), mesh.eastBillingPort, "TLSv1.2")) {
            say(socket, 1);
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
        }
        // who can does not fall back
        try (var socket =
                dial(caller(new Believing()), mesh.eastBillingPort, "TLSv1.3", "TLSv1.2")) {
            say(socket, 1);
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    @Test
    void ofTheOlderProtocolOnlySuitesWithForwardSecrecyAreTaken() throws Exception {
        start(TlsVersion.V1_2);
        for (var suite :
                List.of(
                        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
                        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA")) {
            try (var socket = dial(caller(new Believing()), mesh.eastBillingPort, "TLSv1.2")) {
                socket.setEnabledCipherSuites(new String[] {suite});
                if (suite.contains("GCM")) {
                    say(socket, 1);
                } else {
                    assertThatThrownBy(() -> say(socket, 1))
                            .as(suite)
                            .isInstanceOf(IOException.class);
                }
            }
        }
    }

    /// Hellos by hand, since no library here still offers the oldest.
    @ParameterizedTest
    @CsvSource({
        "V1_3, 1, true",
        "V1_3, 2, true",
        "V1_3, 3, true",
        "V1_2, 2, true",
        "V1_2, 3, false"
    })
    void olderHellosAreRefusedByTheirVersion(TlsVersion oldest, byte minor, boolean refused)
            throws Exception {
        assumeTrue(OpenSsl.isAvailable(), "BoringSSL's library is not there on this platform");
        start(oldest);
        var hello = Hellos.ofBoringSsl(mesh.sni(), "TLSv1.2");
        assertThat(hello[VERSION_AT]).isEqualTo((byte) 3);
        hello[VERSION_AT + 1] = minor;
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), mesh.eastBillingPort)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(hello);

            var answer = socket.getInputStream().readNBytes(7);
            assertThat(answer).hasSize(7);
            var isAlert = answer[0] == 21 && answer[6] == PROTOCOL_VERSION;
            assertThat(isAlert).as(List.of(answer[0], answer[6]).toString()).isEqualTo(refused);
        }
    }

    /// A client resumes when it can: the server's certificate is looked at each time only because
    /// it cannot.
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void noSessionIsResumed(String protocol) throws Exception {
        start(TlsVersion.V1_2);
        var believes = new Believing();
        var tls = caller(believes);
        for (var i = 1; i <= 3; i++) {
            try (var socket = dial(tls, mesh.eastBillingPort, protocol)) {
                say(socket, i);
            }
            assertThat(believes.asked).hasValue(i);
        }
    }

    /// That the check above can fail: this server offers resumption, and the same client takes it.
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void clientOfTheseTestsResumesWhereItMay(String protocol) throws Exception {
        var believes = new Believing();
        var tls = caller(believes);
        try (var server = (SSLServerSocket) mesh.east.resumingServer().createServerSocket(0)) {
            Thread.ofVirtual().start(() -> echo(server));
            for (var i = 1; i <= 3; i++) {
                try (var socket = dial(tls, server.getLocalPort(), protocol)) {
                    say(socket, i);
                }
            }
        }
        assertThat(believes.asked).hasValue(1);
    }

    private static void echo(SSLServerSocket server) {
        while (!server.isClosed()) {
            try (var socket = server.accept()) {
                socket.getInputStream().transferTo(socket.getOutputStream());
            } catch (IOException _) {
                // the test has ended
            }
        }
    }

    /// What was believed before the change is not believed after it, with whatever session.
    @ParameterizedTest
    @EnumSource(TlsVersion.class)
    void sessionFromBeforeATrustDomainWasRemovedOpensNothing(TlsVersion oldest) throws Exception {
        start(oldest);
        var protocol = oldest == TlsVersion.V1_2 ? "TLSv1.2" : "TLSv1.3";
        var tls = caller(new Believing());
        try (var socket = dial(tls, mesh.eastBillingPort, protocol)) {
            say(socket, 1);
            mesh.publishEastWithoutPeer();
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(IOException.class);
        }
        try (var socket = dial(tls, mesh.eastBillingPort, protocol)) {
            assertThatThrownBy(() -> say(socket, 1)).isInstanceOf(IOException.class);
        }
    }

    private SSLSocketFactory caller(Believing believes) throws Exception {
        return mesh.west.caller("web", believes);
    }

    /// Takes any server, and counts how often it was asked: not for a resumed session.
    private static final class Believing implements X509TrustManager {
        private final AtomicInteger asked = new AtomicInteger();

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            asked.incrementAndGet();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            throw new IllegalStateException("expected to be the client");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
