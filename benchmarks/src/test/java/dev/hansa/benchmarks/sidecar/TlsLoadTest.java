package dev.hansa.benchmarks.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.benchmarks.sidecar.TlsBackend.Manner;
import dev.hansa.benchmarks.sidecar.TlsLoad.Kind;
import dev.hansa.tests.support.FreePorts;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The load against the backend itself, which stands for a proxy here.
@Timeout(60)
class TlsLoadTest {
    @TempDir private Path folder = Path.of("");

    /// The load and the backend as they are in a run, but that both are the same service.
    private final class Pair implements AutoCloseable {
        private final InetSocketAddress plain = free();
        private final InetSocketAddress secured = free();
        private final TlsBackend backend;
        private final TlsLoad load;

        Pair(Manner manner) throws IOException {
            assumeTrue(OpenSsl.isAvailable(), "BoringSSL's library is not there on this platform");
            new Mesh(folder);
            backend = new TlsBackend(folder, plain, secured);
            backend.become(manner);
            load = new TlsLoad(folder, Mesh.BACKEND);
        }

        /// Units and failures.
        long[] order(Kind kind, int count, int millis) throws InterruptedException {
            var to = kind == Kind.PLAIN ? plain : secured;
            var answer = load.obey(TlsLoad.line(kind, to, count, millis));
            return Arrays.stream(answer.split(" ", -1))
                    .limit(2)
                    .mapToLong(Long::parseLong)
                    .toArray();
        }

        @Override
        public void close() {
            load.close();
            backend.close();
        }
    }

    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePorts.one());
    }

    @Test
    void handshakeWithAnAnswerCounts() throws Exception {
        try (var pair = new Pair(Manner.CLASSICAL)) {
            assertThat(pair.order(Kind.FULL, 5, 0)).containsExactly(5, 0);
            assertThat(pair.order(Kind.PLAIN, 5, 0)).containsExactly(5, 0);
        }
    }

    @Test
    void transferCountsInWholePieces() throws Exception {
        try (var pair = new Pair(Manner.CLASSICAL)) {
            assertThat(pair.order(Kind.BULK, 1, 0)).containsExactly(TlsLoad.PIECE, 0);
        }
    }

    @Test
    void connectionThatStandsIsAskedUntilTheTimeIsOver() throws Exception {
        try (var pair = new Pair(Manner.CLASSICAL)) {
            var done = pair.order(Kind.REQUESTS, 1, 300);

            assertThat(done[0]).isGreaterThan(1);
            assertThat(done[1]).isZero();
        }
    }

    @Test
    void callerWithoutACertificateFails() throws Exception {
        try (var pair = new Pair(Manner.CLASSICAL)) {
            assertThat(pair.order(Kind.ANONYMOUS, 3, 0)).containsExactly(0, 3);
        }
    }

    @Test
    void handshakeWithAnotherGroupFails() throws Exception {
        try (var pair = new Pair(Manner.HYBRID)) {
            assertThat(pair.order(Kind.HYBRID, 3, 0)).containsExactly(3, 0);
            assertThat(pair.order(Kind.FULL, 3, 0)).containsExactly(0, 3);
        }
    }

    @Test
    void sessionThatIsNotResumedFails() throws Exception {
        // this backend hands out no tickets
        try (var pair = new Pair(Manner.CLASSICAL)) {
            assertThat(pair.order(Kind.RESUME, 1, 0)).containsExactly(0, 1);
            assertThat(pair.order(Kind.RESUME, 3, 0)).containsExactly(0, 3);
        }
    }

    @Test
    void serverOfAnotherAuthorityFails() throws Exception {
        try (var pair = new Pair(Manner.STRANGER)) {
            assertThat(pair.order(Kind.FULL, 3, 0)).containsExactly(0, 3);
        }
    }

    @Test
    void nobodyThereFailsUntilTheTimeIsOver() throws Exception {
        try (var pair = new Pair(Manner.CLASSICAL)) {
            pair.backend.close();

            var done = pair.order(Kind.FULL, 2, 100);

            assertThat(done[0]).isZero();
            assertThat(done[1]).isGreaterThanOrEqualTo(2);
        }
    }
}
