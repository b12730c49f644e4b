package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What was allowed once is closed when it is not allowed any more.
@Timeout(90)
class StandingConnectionsTest {
    @TempDir Path directory;
    private TestingMesh mesh;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        mesh.start();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    private Socket standing() throws IOException {
        var socket = mesh.dial();
        say(socket, 1);
        return socket;
    }

    private static void say(Socket socket, int word) throws IOException {
        socket.getOutputStream().write(word);
        assertThat(socket.getInputStream().read()).isEqualTo(word);
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(
                        () -> {
                            if (socket.getInputStream().read() < 0) {
                                throw new AssertionError("expected a reset; found an orderly end");
                            }
                        })
                .isInstanceOf(SocketException.class);
    }

    @Test
    void denyClosesWhatItForbids() throws Exception {
        try (var socket = standing()) {
            mesh.publishEast(false);

            assertReset(socket);
        }
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.eastAdmin, "/metrics"))
                        .contains(
                                "hansa_intention_denials_total{destination=\"billing\",intention=\"default\",source=\""
                                        + mesh.west.service("web").uri()
                                        + "\"} 1.0"));
        await().untilAsserted(() ->
                assertThat(mesh.east.denials().get())
                        .singleElement()
                        .satisfies(denial -> {
                            assertThat(denial.getSource())
                                    .isEqualTo(mesh.west.service("web").uri());
                            assertThat(denial.getIntention()).isEqualTo("default");
                        }));
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.eastAdmin, "/connections"))
                        .contains("intention_denied")
                        .contains("'web' of peer 'west' may not call 'billing'"));
    }

    /// The caller said hello to one policy and is judged by the next.
    @Test
    void denyWrittenDuringTheHandshakeCounts() throws Exception {
        standing().close();
        var tls =
                mesh.west.caller(
                        "web",
                        new DuringHandshake(() -> {
                            mesh.publishEast(false);
                            mesh.east.awaitTaken();
                        }));
        try (var socket = dialEast(tls)) {
            assertThatThrownBy(
                            () -> {
                                socket.startHandshake();
                                say(socket, 1);
                            })
                    .isInstanceOf(SocketException.class);
        }
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.eastAdmin, "/metrics"))
                        .contains("hansa_intention_denials_total{destination=\"billing\""));
    }

    private SSLSocket dialEast(SSLSocketFactory tls) throws IOException {
        var socket = (SSLSocket) tls.createSocket("127.0.0.1", mesh.eastBillingPort);
        socket.setSoTimeout(20_000);
        var parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(mesh.sni())));
        socket.setSSLParameters(parameters);
        return socket;
    }

    /// A rotation fails nobody, and a root that is gone speaks for nobody for ever.
    @Test
    void connectionOutlivesItsRootButNotItsCertificate() throws Exception {
        var another =
                CaMaterial.create(mesh.west.trustDomain(), mesh.west.datacenter(), Instant.now());
        var withdrawn = new TrustBundle(mesh.west.trustDomain(), List.of(another.root()));
        var longLived = mesh.west.caller("web", new DuringHandshake(() -> {}));
        var shortLived =
                mesh.west.caller("web", new DuringHandshake(() -> {}), Duration.ofSeconds(4));
        try (var staying = dialEast(longLived);
                var going = dialEast(shortLived)) {
            say(staying, 1);
            say(going, 1);
            publishAndTake(withdrawn);
            say(going, 2);
            try (var refused = dialEast(longLived)) {
                assertThatThrownBy(() -> say(refused, 1)).isInstanceOf(IOException.class);
            }

            await().until(() -> {
                publishAndTake(withdrawn);
                return mesh.read(mesh.eastAdmin, "/connections").contains("trust_removed");
            });
            assertReset(going);
            say(staying, 2);

            // the root came back in the meantime: nothing hangs over those that stand
            publishAndTake(mesh.west.bundle());
            say(staying, 3);
        }
        assertThat(mesh.read(mesh.eastAdmin, "/connections"))
                .contains("the root of the certificate of '" + mesh.west.service("web").uri());
    }

    private void publishAndTake(TrustBundle ofWest) {
        mesh.publishEast(true, ofWest);
        mesh.east.awaitTaken();
    }

    /// Believes any server, and does something between its certificate and our own.
    private record DuringHandshake(Runnable meanwhile) implements X509TrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            meanwhile.run();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("expected to be the client");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    @Test
    void changeThatForbidsNothingClosesNothing() throws Exception {
        try (var socket = standing()) {
            mesh.publishEast(true);
            mesh.east.awaitTaken();

            say(socket, 2);
        }
    }

    @Test
    void peerThatIsGoneCallsNoMore() throws Exception {
        try (var socket = standing()) {
            mesh.publishEastWithoutPeer();

            assertReset(socket);
        }
    }

    @Test
    void peerThatIsGoneIsCalledNoMore() throws Exception {
        try (var socket = standing()) {
            mesh.publishWestWithoutPeer();

            assertReset(socket);
        }
    }
}
