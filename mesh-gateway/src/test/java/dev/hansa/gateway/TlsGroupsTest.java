package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.SimpleTrustManagerFactory;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which key exchanges a sidecar takes part in: the post-quantum hybrid, and what others know.
@Timeout(60)
class TlsGroupsTest {
    @TempDir Path directory;
    private TestingMesh mesh;
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @BeforeEach
    void start() throws Exception {
        assumeTrue(OpenSsl.isAvailable(), "BoringSSL's library is not there on this platform");
        mesh = new TestingMesh(directory);
        mesh.start();
        assertThat(mesh.call("warm")).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        if (mesh != null) {
            mesh.close();
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /// The server's certificate comes only after both have agreed on keys.
    private boolean isAgreedOn(String protocol, String group) throws Exception {
        var shown = new CompletableFuture<String>();
        var context =
                SslContextBuilder.forClient()
                        .sslProvider(SslProvider.OPENSSL)
                        .protocols(protocol)
                        .option(OpenSslContextOption.GROUPS, new String[] {group})
                        .trustManager(new Watching(shown))
                        .endpointIdentificationAlgorithm(null)
                        .build();
        var channel = connect(context);
        channel.closeFuture().addListener(_ -> shown.complete(""));
        try {
            return !shown.get(30, TimeUnit.SECONDS).isEmpty();
        } catch (TimeoutException e) {
            throw new AssertionError("expected a certificate or the end of the connection", e);
        } finally {
            channel.close().sync();
        }
    }

    private Channel connect(SslContext context) throws InterruptedException {
        return new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                .handler(
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline()
                                        .addLast(
                                                context.newHandler(
                                                        channel.alloc(),
                                                        mesh.sni(),
                                                        mesh.eastBillingPort));
                            }
                        })
                .connect("127.0.0.1", mesh.eastBillingPort)
                .sync()
                .channel();
    }

    @ParameterizedTest
    @ValueSource(strings = {"X25519MLKEM768", "X25519", "P-256"})
    void hybridAndWhatOthersKnowAreTaken(String group) throws Exception {
        assertThat(isAgreedOn("TLSv1.3", group)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = "P-521")
    void otherGroupsAreNot(String group) throws Exception {
        assertThat(isAgreedOn("TLSv1.3", group)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = "TLSv1.2")
    void olderProtocolIsNot(String protocol) throws Exception {
        assertThat(isAgreedOn(protocol, "X25519")).isFalse();
    }

    /// Takes any certificate, and says that one came.
    private static final class Watching extends SimpleTrustManagerFactory {
        private final CompletableFuture<String> shown;

        Watching(CompletableFuture<String> shown) {
            this.shown = shown;
        }

        @Override
        protected void engineInit(KeyStore keyStore) {}

        @Override
        protected void engineInit(ManagerFactoryParameters parameters) {}

        @Override
        protected TrustManager[] engineGetTrustManagers() {
            return new TrustManager[] {
                new X509TrustManager() {
                    @Override
                    public void checkClientTrusted(X509Certificate[] chain, String type) {}

                    @Override
                    public void checkServerTrusted(X509Certificate[] chain, String type) {
                        shown.complete(chain[0].getSubjectX500Principal() + " ");
                    }

                    @Override
                    public X509Certificate[] getAcceptedIssuers() {
                        return new X509Certificate[0];
                    }
                }
            };
        }
    }
}
