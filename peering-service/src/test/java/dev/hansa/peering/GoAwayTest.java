package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.Http2Wire.Frame;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How a server that is stopped takes leave of those who are connected over HTTP/2: a client that
/// is told GOAWAY sends its next request elsewhere, and one that finds the connection gone may have
/// sent it.
@Timeout(120)
class GoAwayTest {
    @TempDir Path directory;

    /// Who the server is is not the question here.
    private static SSLContext trustingAll() throws GeneralSecurityException {
        var context = SSLContext.getInstance("TLS");
        context.init(
                null,
                new TrustManager[] {
                    new X509TrustManager() {
                        @Override
                        public void checkClientTrusted(X509Certificate[] chain, String type) {}

                        @Override
                        public void checkServerTrusted(X509Certificate[] chain, String type) {}

                        @Override
                        public X509Certificate[] getAcceptedIssuers() {
                            return new X509Certificate[0];
                        }
                    }
                },
                null);
        return context;
    }

    private PeeringService start(List<Integer> ports) throws Exception {
        var pems =
                TestTls.pems(
                        CaMaterial.create(
                                new TrustDomain("eks.consul"),
                                new Datacenter("eks"),
                                Clock.systemUTC().instant()),
                        "localhost");
        var settings = TestTls.settings(directory, pems, ports);
        return TestTls.start(settings);
    }

    private static void askToWait(Http2Wire wire) throws IOException {
        wire.write(
                Frame.HEADERS,
                Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                1,
                Http2Wire.get("/v1/config/mesh?index=9000000000000000&wait=600s"));
    }

    @Test
    void operatorsProxiesAndPeersAreToldThatTheServerStops() throws Exception {
        var ports = FreePorts.some(4);
        var wires = new ArrayList<Http2Wire>();
        try (var _ = start(ports)) {
            for (var port : ports.subList(0, 3)) {
                wires.add(new Http2Wire(trustingAll(), port));
            }
            // one of them waits for an answer
            askToWait(wires.getFirst());
        }
        for (var number = 0; number < wires.size(); number++) {
            try (var wire = wires.get(number)) {
                var goodbye = wire.awaitFrame(Frame.GO_AWAY);
                assertThat(goodbye.stream()).isZero();
                assertThat(goodbye.error()).as("port %d of three", number).isZero();
            }
        }
    }
}
