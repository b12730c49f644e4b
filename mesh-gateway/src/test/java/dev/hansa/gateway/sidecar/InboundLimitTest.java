package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.GatewayEvent;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
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

    @Test
    void strangersWhoSayNothingTakeNoPlace() throws Exception {
        var inbound = mesh.start(application.port(), 2);
        var strangers = new ArrayList<Socket>();
        try {
            for (var i = 0; i < 10; i++) {
                strangers.add(mesh.stranger());
            }
            for (var i = 0; i < 5; i++) {
                // of a record's head, and no more
                strangers.get(i).getOutputStream().write(22);
            }
            await().until(() -> inbound.open() == 10);

            try (var first = mesh.caller();
                    var second = mesh.caller()) {
                TestingInbound.say(first, 1);
                TestingInbound.say(second, 1);
            }
        } finally {
            close(strangers);
        }
        await().until(() -> inbound.open() == 0);
    }

    @Test
    void whoHasBeenUndecidedForLongestGoesWhenThereAreTooMany() throws Exception {
        var inbound = mesh.start(application.port(), 10, 3);
        var strangers = new ArrayList<Socket>();
        try {
            for (var i = 0; i < 3; i++) {
                strangers.add(mesh.stranger());
                var expected = i + 1;
                await().until(() -> inbound.open() == expected);
            }
            // a word that is no hello does not help it
            strangers.getFirst().getOutputStream().write(22);

            try (var caller = mesh.caller()) {
                TestingInbound.say(caller, 1);
                await().until(() -> mesh.refused("gave_way").size() == 1);
                assertThat(endsAfter(strangers.get(0))).isTrue();

                // the caller is not one of the undecided any more
                for (var i = 0; i < 4; i++) {
                    strangers.add(mesh.stranger());
                }
                await().until(() -> mesh.refused("gave_way").size() == 4);
                TestingInbound.say(caller, 2);
            }
        } finally {
            close(strangers);
        }
        await().until(() -> inbound.open() == 0);
    }

    private static boolean endsAfter(Socket socket) {
        try {
            while (socket.getInputStream().read() >= 0) {
                // what TLS had answered
            }
            return true;
        } catch (SocketException _) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
    }
}
