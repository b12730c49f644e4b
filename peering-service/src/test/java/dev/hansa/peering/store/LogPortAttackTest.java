package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.cluster.MemberIdentity;
import dev.hansa.peering.cluster.ServerCertificate;
import dev.hansa.peering.cluster.ServerKeyManager;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A stranger on the network, with whatever certificate he could come by, at the port where members
/// agree on the log.
class LogPortAttackTest {
    private static final Datacenter DC = new Datacenter("test");
    private static final TrustDomain DOMAIN = new TrustDomain("test.consul");
    private static final Duration LIFE = Duration.ofHours(1);

    /// HTTP/2 (RFC 9113 section 3.4), with empty SETTINGS after it, and a PING.
    private static final byte[] PREFACE =
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0" + "\0\0\10\6\0\0\0\0\0anyone?!")
                    .getBytes(StandardCharsets.ISO_8859_1);

    private static final int PING = 6;

    /// A server says a few frames of its own before it answers.
    private static final int FRAMES = 16;

    @TempDir Path folder;
    private final CaRecord ca = TestStore.authority();
    private final AtomicReference<TrustBundle> trusted =
            new AtomicReference<>(authority(ca).bundle());
    private final Trio trio =
            new Trio(new LogSettings(1000, 1000, Duration.ofMillis(400)), this::tls);

    @BeforeEach
    void start() {
        trio.openAll(folder);
    }

    @AfterEach
    void stop() {
        trio.close();
    }

    private MemberTls tls() {
        var identity = new MemberIdentity(DC, () -> ca, Clock.systemUTC());
        var tls = identity.tls(TestState.EMPTY);
        var own = ServerCertificate.issue(authority(ca), DOMAIN, DC);
        identity.follow(() -> own, trusted::get);
        return tls;
    }

    private static CertificateAuthority authority(CaRecord record) {
        var issuing = record.issuing();
        return new CertificateAuthority(() -> issuing, Clock.systemUTC());
    }

    private static ServerCertificate certificate(
            CertificateAuthority authority, SpiffeId identity) {
        var key = CertificateRequest.newKey();
        return new ServerCertificate(
                key, authority.issue(key.getPublic(), identity, List.of(), LIFE));
    }

    private static SSLContext client(KeyManager[] keys) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new TakesAnyone()}, new SecureRandom());
        return context;
    }

    private static SSLContext client(ServerCertificate certificate) throws Exception {
        return client(new KeyManager[] {new ServerKeyManager(() -> certificate)});
    }

    private static boolean answersPing(DataInputStream input) throws IOException {
        for (var i = 0; i < FRAMES; i++) {
            var header = input.readNBytes(9);
            if (header.length < 9) {
                return false;
            }
            if (header[3] == PING) {
                return true;
            }
            input.skipNBytes((header[1] & 0xff) << 8 | header[2] & 0xff);
        }
        return false;
    }

    /// Whether the port talks to whoever has this context, beyond the handshake.
    private boolean talksTo(SSLContext client) throws IOException {
        try (var socket =
                (SSLSocket)
                        client.getSocketFactory()
                                .createSocket(InetAddress.getLoopbackAddress(), trio.port(0))) {
            var parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(10_000);
            socket.startHandshake();
            socket.getOutputStream().write(PREFACE);
            socket.getOutputStream().flush();
            return answersPing(new DataInputStream(socket.getInputStream()));
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void serverOfThisDatacenterIsAMember() throws Exception {
        assertThat(talksTo(client(certificate(authority(ca), SpiffeId.server(DOMAIN, DC)))))
                .isTrue();
    }

    /// Each holds its place until its handshake fails, seconds later.
    @Test
    void strangersWhoSayNothingAreBoundedAndMembersGoOn() throws Exception {
        var strangers = new ArrayList<Socket>();
        try {
            var closed = 0;
            for (var i = 0; i < 2 * MemberPort.MOST; i++) {
                strangers.add(new Socket(InetAddress.getLoopbackAddress(), trio.port(0)));
            }
            for (var stranger : strangers) {
                closed += isClosed(stranger) ? 1 : 0;
            }
            assertThat(closed).isGreaterThanOrEqualTo(MemberPort.MOST);

            assertThat(
                            trio.apply(
                                    new StoreCommand.PutConfig(
                                            "k", "meanwhile", "{}", OptionalLong.empty())))
                    .isInstanceOf(StoreAnswer.Applied.class);
        } finally {
            for (var stranger : strangers) {
                stranger.close();
            }
        }
        var member = client(certificate(authority(ca), SpiffeId.server(DOMAIN, DC)));
        await().atMost(Duration.ofSeconds(20)).until(() -> talksTo(member));
    }

    /// Now: what is not closed says nothing.
    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(5);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // reset
        }
    }

    @Test
    void nobodyElseIs() throws Exception {
        var own = authority(ca);
        var another = authority(TestStore.authority());
        assertThat(talksTo(client(new KeyManager[0]))).as("without a certificate").isFalse();
        for (var identity :
                List.of(
                        SpiffeId.service(DOMAIN, DC, "web"),
                        SpiffeId.meshGateway(DOMAIN, DC),
                        SpiffeId.server(DOMAIN, new Datacenter("other")))) {
            assertThat(talksTo(client(certificate(own, identity)))).as("%s", identity).isFalse();
        }
        assertThat(talksTo(client(certificate(another, SpiffeId.server(DOMAIN, DC)))))
                .as("a server's name from another authority")
                .isFalse();
        var peer = new TrustDomain("peer.consul");
        assertThat(
                        talksTo(
                                client(
                                        certificate(
                                                authority(TestStore.authority(peer)),
                                                SpiffeId.server(peer, DC)))))
                .as("a peer's server")
                .isFalse();
    }

    @Test
    void clearTextIsNotAnswered() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), trio.port(0))) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(PREFACE);
            socket.getOutputStream().flush();
            assertThat(answersPing(new DataInputStream(socket.getInputStream()))).isFalse();
        } catch (IOException _) {
            // reset, which is an answer too
        }
    }

    /// A resumed session skips the certificate, so that none may be (security of CA rotation).
    @Test
    void rootThatWasWithdrawnOpensNothingMore() throws Exception {
        var member = client(certificate(authority(ca), SpiffeId.server(DOMAIN, DC)));
        assertThat(talksTo(member)).isTrue();

        trusted.set(authority(TestStore.authority()).bundle());

        assertThat(talksTo(client(certificate(authority(ca), SpiffeId.server(DOMAIN, DC)))))
                .as("with a full handshake")
                .isFalse();
        assertThat(talksTo(member)).as("with a session to resume").isFalse();
    }

    private long count() {
        return ((StoreAnswer.Applied) trio.apply(new StoreCommand.CountStart())).index();
    }

    @Test
    void strangersLeaveTheLogAsItWas() throws Exception {
        // what this member answers for is here with all before it
        var before = count();
        var sidecar = client(certificate(authority(ca), SpiffeId.service(DOMAIN, DC, "web")));
        for (var i = 0; i < 50; i++) {
            assertThat(talksTo(sidecar)).isFalse();
        }
        assertThat(trio.now().index()).isEqualTo(before);
        assertThat(count()).isEqualTo(before + 1);
    }

    /// The attacker believes everybody.
    private static final class TakesAnyone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
