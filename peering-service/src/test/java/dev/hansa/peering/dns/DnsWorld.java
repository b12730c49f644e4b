package dev.hansa.peering.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Closer;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.peering.ConnectionDoor;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.config.DnsSettings;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/// A live catalog of datacenter eks, the DNS that is made of it on real sockets, and a client.
final class DnsWorld implements AutoCloseable {
    static final Datacenter EKS = new Datacenter("eks");
    static final PeerName LKE = new PeerName("lke");

    private static final int PATIENCE_MILLIS = 10_000;

    final LiveCatalog live = new LiveCatalog();
    final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final Map<UpstreamName, VirtualAddress> virtual = new ConcurrentHashMap<>();
    private final Closer closer = new Closer();
    private final DnsServer server;
    private int nextId = 1;

    DnsWorld() throws InterruptedException {
        this(Duration.ZERO, 1232, 16);
    }

    DnsWorld(Duration ttl, int udpMost, int connections) throws InterruptedException {
        server =
                closer.add(
                        start(
                                new DnsSettings(
                                        InetSocketAddress.createUnresolved("127.0.0.1", 0),
                                        "consul",
                                        ttl,
                                        udpMost,
                                        connections)));
        var self =
                new ServerInfo(
                        "founder",
                        "eks-server",
                        new Endpoint("192.0.2.1", 8503),
                        new Endpoint("192.0.2.1", 8502),
                        new Endpoint("192.0.2.1", 8500));
        live.publish(self.owner(), List.of(self.instance(EKS, Optional.empty())));
    }

    private DnsServer start(DnsSettings settings) throws InterruptedException {
        return DnsServer.start(
                settings,
                EKS,
                "eks-server",
                live.snapshots(),
                name -> Optional.ofNullable(virtual.get(name)),
                new ConnectionDoor(),
                () -> false,
                events::add);
    }

    InetSocketAddress at() {
        var bound = server.bound().orElseThrow();
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), bound.getPort());
    }

    /// An instance whose node has its address, with one check.
    static ServiceInstance instance(String service, String address, int port, CheckStatus status) {
        return instance(
                service, "node-" + address.replace('.', '-'), address, address, port, status);
    }

    static ServiceInstance instance(
            String service,
            String node,
            String nodeAddress,
            String address,
            int port,
            CheckStatus status,
            String... tags) {
        return new ServiceInstance(
                new NodeRecord("", node, nodeAddress, "eks", Map.of(), Map.of()),
                service + "-" + node + "-" + address,
                service,
                service.endsWith(ServiceName.SIDECAR_SUFFIX)
                        ? ServiceKind.CONNECT_PROXY
                        : ServiceKind.TYPICAL,
                List.of(tags),
                address,
                port,
                Map.of(),
                Map.of(),
                10,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("c", "check", status, "", "tcp")),
                0,
                0);
    }

    void publish(ServiceInstance... instances) {
        live.publish("test", List.of(instances));
    }

    void virtual(String service, Optional<PeerName> peer, int number) {
        virtual.put(new UpstreamName(new ServiceName(service), peer), new VirtualAddress(number));
    }

    void imported(String service, ServiceInstance... instances) {
        live.imported(
                LKE, held -> held.with(service, List.of(instances)).heard(Instant.EPOCH, true));
    }

    Message query(String name, int type) throws IOException {
        var message = new Message(nextId++);
        message.addRecord(Record.newRecord(Name.fromString(name + "."), type, 1), Section.QUESTION);
        return message;
    }

    Message queryWithPayload(String name, int type, int payload) throws IOException {
        var message = query(name, type);
        message.addRecord(new OPTRecord(payload, 0, 0), Section.ADDITIONAL);
        return message;
    }

    Message ask(String name, int type) throws IOException {
        return new Message(overUdp(query(name, type).toWire()));
    }

    byte[] overUdp(byte[] query) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.send(new DatagramPacket(query, query.length, at()));
            return received(socket);
        }
    }

    static byte[] received(DatagramSocket socket) throws IOException {
        var packet = new DatagramPacket(new byte[65_536], 65_536);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    Socket connect() throws IOException {
        var socket = new Socket();
        socket.connect(at(), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    Message askTcp(Message query) throws IOException {
        try (var socket = connect()) {
            socket.getOutputStream().write(framed(query.toWire()));
            return readFrame(socket);
        }
    }

    static byte[] framed(byte[] message) {
        var frame = new byte[message.length + 2];
        frame[0] = (byte) (message.length >> 8);
        frame[1] = (byte) message.length;
        System.arraycopy(message, 0, frame, 2, message.length);
        return frame;
    }

    static Message readFrame(Socket socket) throws IOException {
        var input = new DataInputStream(socket.getInputStream());
        return new Message(input.readNBytes(input.readUnsignedShort()));
    }

    /// Owner, type and data of a section, sorted.
    static List<String> section(Message message, int section) {
        var lines = new ArrayList<String>();
        for (var record : message.getSection(section)) {
            if (!(record instanceof OPTRecord)) {
                lines.add(
                        record.getName()
                                + " "
                                + org.xbill.DNS.Type.string(record.getType())
                                + " "
                                + record.rdataToString());
            }
        }
        return lines.stream().sorted().toList();
    }

    static List<String> answers(Message message) {
        return section(message, Section.ANSWER);
    }

    /// How the packets were dealt with, in order.
    List<String> outcomes() {
        return events.stream()
                .filter(PeeringEvent.DnsAnswered.class::isInstance)
                .map(event -> ((PeeringEvent.DnsAnswered) event).outcome())
                .toList();
    }

    void noFailures() {
        assertThat(events).noneMatch(PeeringEvent.BackgroundFailure.class::isInstance);
    }

    @Override
    public void close() throws Exception {
        closer.close();
        noFailures();
    }
}
