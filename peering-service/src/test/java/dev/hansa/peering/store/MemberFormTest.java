package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.GrpcUtil;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.Test;

/// What a member says that it reads, and of what was refused.
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

    /// Who was asked as if he led says so; of a defect of his, he tells himself.
    @Test
    void refusalIsToldToWhoAskedAndIsNoFailureHere() throws Exception {
        var tls = LogTransport.tls(TestStore.tls(TestStore.authority()));
        var failures = new LinkedBlockingQueue<Throwable>();
        try (var calls = new MemberCalls(tls, failures::add)) {
            calls.serve(
                    new MemberService() {
                        @Override
                        public byte[] answer(byte[] question) {
                            throw new StoreFailure("expected the server that leads", null);
                        }

                        @Override
                        public void tell(byte[] hello, Listener listener) {
                            if (hello.length > 0) {
                                throw new IllegalStateException("a defect");
                            }
                            throw new StoreFailure("expected the server that leads", null);
                        }
                    });
            var member = listening(tls).addService(calls.definition()).build().start();
            var at = address(member);
            var reason = MemberCalls.Reason.NONE;
            assertThatThrownBy(() -> calls.ask(at, new byte[0], SOON, reason))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("expected the server that leads");
            assertThatThrownBy(() -> calls.follow(at, new byte[0], _ -> {}, reason))
                    .hasMessageContaining("expected the server that leads");
            assertThatThrownBy(() -> calls.follow(at, new byte[1], _ -> {}, reason))
                    .hasMessageContaining("a defect");
            // they are told in order, and the defect was the last one
            assertThat(failures.poll(20, TimeUnit.SECONDS)).hasMessage("a defect");
            assertThat(failures).isEmpty();
            member.shutdownNow().awaitTermination();
        }
    }
}
