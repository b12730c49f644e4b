package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.InboundPolicy;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.discovery.TestingControl;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.Acceptance;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import dev.hansa.gateway.wire.KernelSockets;
import dev.hansa.gateway.wire.Networks;
import dev.hansa.gateway.wire.ProxyHeaderGate;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.MeshNames;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509TrustManager;

/// The way in to one service, `billing`, by real TLS: whoever is called `web` may call it.
final class TestingInbound implements AutoCloseable {
    static final ServiceName BILLING = new ServiceName("billing");

    private static final Clock CLOCK = Clock.systemUTC();

    /// An application that nobody asks.
    static final Liveness UNASKED =
            new Liveness() {
                @Override
                public Optional<String> down() {
                    return Optional.empty();
                }

                @Override
                public Duration patience() {
                    return ApplicationCheck.ACCEPTS_WITHIN;
                }

                @Override
                public void hurry() {
                    // there is nobody to ask it
                }
            };

    private final TestingControl control;
    final Transport transport = new Transport(1);
    private final Optional<KernelSockets> kernel = KernelSockets.open(_ -> {});
    final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final Doors doors = new Doors(transport, false);
    final CallerTally callers;
    private int port;
    private int halfOpen = 1000;

    TestingInbound() throws IOException {
        control = new TestingControl("west", CLOCK);
        callers = new CallerTally(control.trustDomain());
    }

    Optional<TlsEnds> ends() throws IOException {
        return Optional.of(
                new TlsEnds(
                        Optional.empty(),
                        control.certificate(BILLING.value()),
                        new RouteSnapshot(
                                1,
                                control.datacenter(),
                                control.trustDomain(),
                                List.of(),
                                List.of(),
                                BundleSet.EMPTY.with(control.bundle()),
                                Optional.of(
                                        new InboundPolicy(
                                                Map.of(), new IntentionTable(true, List.of())))),
                        TlsVersion.V1_3,
                        CLOCK));
    }

    Inbound start(int application, int maxConnections) throws IOException {
        return start(application, maxConnections, UNASKED);
    }

    Acceptance acceptance() {
        return kernel.isPresent() ? kernel.get() : Acceptance.UNSEEN;
    }

    /// @param undecided at most
    Inbound start(int application, int maxConnections, int undecided) throws IOException {
        halfOpen = undecided;
        return start(application, maxConnections);
    }

    Inbound start(int application, int maxConnections, Liveness liveness) throws IOException {
        var ends = ends();
        var inbound =
                new Inbound(
                        BILLING,
                        new Endpoint("127.0.0.1", application),
                        transport,
                        acceptance(),
                        liveness,
                        callers,
                        () -> ends,
                        maxConnections,
                        Duration.ofHours(1),
                        CLOCK,
                        events::add,
                        _ -> {},
                        _ -> {});
        listen(inbound);
        return inbound;
    }

    void listen(Inbound inbound) throws IOException {
        listen(inbound, Networks.NONE);
    }

    /// @param proxies where gateways are that say who calls
    void listen(Inbound inbound, Networks proxies) throws IOException {
        var channel =
                doors.open(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        Admission.undecided("inbound", halfOpen, events::add),
                        ProxyHeaderGate.of(proxies, inbound::accept));
        port = ((InetSocketAddress) channel.localAddress()).getPort();
    }

    /// A connection that has said nothing.
    Socket stranger() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    /// A caller before its handshake.
    SSLSocket caller() throws IOException {
        return caller(stranger());
    }

    /// The same on a connection on which something may have been said.
    SSLSocket caller(Socket connection) throws IOException {
        var socket =
                (SSLSocket)
                        control.caller("web", new Anybody())
                                .createSocket(connection, "127.0.0.1", port, true);
        socket.setSoTimeout(20_000);
        socket.setSSLParameters(named(socket.getSSLParameters()));
        return socket;
    }

    private SSLParameters named(SSLParameters parameters) {
        parameters.setServerNames(
                List.of(
                        new SNIHostName(
                                MeshNames.service(
                                        BILLING.value(),
                                        control.datacenter(),
                                        control.trustDomain()))));
        return parameters;
    }

    /// A word that goes to the application and comes back.
    static void say(Socket socket, int word) throws IOException {
        socket.getOutputStream().write(word);
        var heard = socket.getInputStream().read();
        if (heard != word) {
            throw new IOException("expected " + word + "; found " + heard);
        }
    }

    List<ConnectionRecord> refused(String reason) {
        return events.stream()
                .filter(GatewayEvent.ConnectionEnded.class::isInstance)
                .map(event -> ((GatewayEvent.ConnectionEnded) event).record())
                .filter(record -> record.refusal().equals(reason))
                .toList();
    }

    @Override
    public void close() throws Exception {
        doors.close();
        transport.close();
        kernel.ifPresent(KernelSockets::close);
        control.close();
    }

    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

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
}
