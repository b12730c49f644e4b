package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.GatewayEvent;
import java.net.Socket;
import java.util.ArrayList;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InboundLimitTest {
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
    void callerBeyondTheLimitIsToldSoByAnAlertAndThoseWithinGoOn() throws Exception {
        var inbound = mesh.start(application.port(), 2);
        try (var first = mesh.caller();
                var second = mesh.caller()) {
            TestingInbound.say(first, 1);
            TestingInbound.say(second, 1);

            try (var third = mesh.caller()) {
                assertThatThrownBy(third::startHandshake)
                        .isInstanceOf(SSLException.class)
                        .hasMessageContaining("internal_error");
            }
            await().until(() -> mesh.refused("too_many_connections").size() == 1);
            assertThat(mesh.refused("too_many_connections").getFirst().sentence())
                    .isEqualTo("expected at most 2 connections to 'billing'");
            assertThat(mesh.events)
                    .filteredOn(GatewayEvent.InboundDenied.class::isInstance)
                    .hasSize(1);

            TestingInbound.say(first, 2);
            TestingInbound.say(second, 2);
        }
        await().until(() -> inbound.open() == 0);
        try (var later = mesh.caller()) {
            TestingInbound.say(later, 1);
        }
    }

    /// Those that are being turned away take no place, and are bounded themselves.
    @Test
    void floodBeyondTheLimitIsClosedUnreadAndTakesNoPlace() throws Exception {
        var inbound = mesh.start(application.port(), 1);
        var flood = new ArrayList<Socket>();
        try (var first = mesh.caller()) {
            TestingInbound.say(first, 1);
            for (var i = 0; i < Inbound.MOST_TURNED_AWAY; i++) {
                flood.add(mesh.stranger());
            }
            try (var tooMany = mesh.stranger()) {
                assertThat(tooMany.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(inbound.open()).isEqualTo(1);
        } finally {
            for (var socket : flood) {
                socket.close();
            }
        }
        await().until(() -> inbound.open() == 0);
        try (var later = mesh.caller()) {
            TestingInbound.say(later, 1);
        }
    }
}
