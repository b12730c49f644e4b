package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.GrpcUtil;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.Test;

/// What a member says that it reads.
class MemberFormTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static NettyServerBuilder listening(GrpcTlsConfig tls) throws Exception {
        return NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sslContext(GrpcUtil.buildSslContextForServer(tls));
    }

    private static String address(Server server) {
        return "127.0.0.1:" + server.getPort();
    }

    @Test
    void thisVersionSaysItsFormAndAnOlderOneIsKnownBySayingNothing() throws Exception {
        var tls = LogTransport.tls(TestStore.tls(TestStore.authority()));
        try (var calls = new MemberCalls(tls, _ -> {})) {
            var present = listening(tls).addService(calls.definition()).build().start();
            var older = listening(tls).build().start();
            assertThat(calls.form(address(present), SOON)).isEqualTo(CommandCodec.FORM);
            assertThat(calls.form(address(older), SOON)).isZero();
            present.shutdownNow().awaitTermination();
            var gone = address(older);
            older.shutdownNow().awaitTermination();
            assertThatThrownBy(() -> calls.form(gone, SOON)).isInstanceOf(StoreFailure.class);
        }
    }
}
