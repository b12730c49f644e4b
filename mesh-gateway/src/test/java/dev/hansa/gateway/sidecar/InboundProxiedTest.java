package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.Networks;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A way in that a gateway tells who calls, by PROXY protocol v2.
@Timeout(60)
class InboundProxiedTest {
    /// 198.51.100.7:4711 to 203.0.113.2:443.
    private static final byte[] HEADER =
            HexFormat.of().parseHex("0d0a0d0a000d0a515549540a2111000cc6336407cb007102126701bb");

    private TestingInbound mesh;
    private EchoServer application;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingInbound();
        application = new EchoServer(0);
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
        application.close();
    }

    @Test
    void callerIsWhoTheGatewaySaysItIs() throws Exception {
        mesh.listen(mesh.start(application.port(), 2), Networks.parse("127.0.0.1"));
        // one after another: nothing of the first is left when it has gone
        for (var i = 0; i < 3; i++) {
            var connection = mesh.stranger();
            connection.getOutputStream().write(HEADER);
            try (var caller = mesh.caller(connection)) {
                TestingInbound.say(caller, 1);
            }
            var count = i + 1;
            await().until(() -> records().size() == count);
        }
        assertThat(records())
                .allSatisfy(record -> {
                    assertThat(record.refusal()).isEmpty();
                    assertThat(record.downstream()).isEqualTo("198.51.100.7:4711");
                });
    }

    @Test
    void gatewayThatSaysNothingIsRefused() throws Exception {
        mesh.listen(mesh.start(application.port(), 2), Networks.parse("127.0.0.1"));
        try (var caller = mesh.caller()) {
            assertThatThrownBy(caller::startHandshake).isInstanceOf(IOException.class);
        }
        await().until(() -> mesh.refused("bad_proxy_header").size() == 1);
    }

    @Test
    void nobodyElseMaySayWhoCalls() throws Exception {
        mesh.listen(mesh.start(application.port(), 2), Networks.parse("127.0.0.2"));
        try (var connection = mesh.stranger()) {
            connection.getOutputStream().write(HEADER);
            assertThat(connection.getInputStream().read()).isEqualTo(-1);
        }
        await().until(() -> mesh.refused("not_tls").size() == 1);
        try (var caller = mesh.caller()) {
            TestingInbound.say(caller, 1);
        }
    }

    private List<ConnectionRecord> records() {
        return mesh.events.stream()
                .flatMap(event ->
                        event instanceof GatewayEvent.ConnectionEnded(var record)
                                ? Stream.of(record)
                                : Stream.empty())
                .toList();
    }
}
