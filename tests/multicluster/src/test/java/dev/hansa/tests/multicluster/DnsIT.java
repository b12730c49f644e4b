package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// What servers that are processes answer by DNS while others die.
class DnsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /// From the death of a process to the answer that it is not there; here two datacenters are
    /// busy on one machine.
    private static final Duration NOTICED = Duration.ofSeconds(1);

    private static final String HERE = "echo.service.consul.";
    private static final String IMPORTED = "echo.service.lke.peer.consul.";
    private static final String VIRTUAL_HERE = "echo.virtual.consul.";
    private static final String VIRTUAL_IMPORTED = "echo.virtual.lke.consul.";
    private static final int TIMEOUT_MILLIS = 2000;

    private static Message ask(String server, String name) throws IOException {
        var query = new Message(1);
        query.addRecord(
                Record.newRecord(Name.fromString(name), Type.A, DClass.IN), Section.QUESTION);
        var bytes = query.toWire();
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.send(
                    new DatagramPacket(bytes, bytes.length, InetAddress.getByName(server), 8600));
            var answer = new DatagramPacket(new byte[2048], 2048);
            socket.receive(answer);
            return new Message(Arrays.copyOf(answer.getData(), answer.getLength()));
        }
    }

    private static List<String> addresses(String server, String name) throws IOException {
        try {
            return ask(server, name).getSection(Section.ANSWER).stream()
                    .map(Record::rdataToString)
                    .toList();
        } catch (SocketTimeoutException _) {
            return List.of("no answer");
        }
    }

    private static boolean isAbsent(String server, String name) throws IOException {
        return ask(server, name).getRcode() == Rcode.NXDOMAIN;
    }

    @Test
    void killedInstanceIsOutWithinASecondAndAtThePeerToo(@TempDir Path folder) throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
            pair.start();
            var eks = PeeredPair.EKS + ".1";
            var lke = PeeredPair.LKE + ".1";
            var address = List.of(PeeredPair.LKE + ".10");
            await().atMost(PATIENCE).until(() -> addresses(lke, HERE).equals(address));
            await().atMost(PATIENCE).until(() -> addresses(eks, IMPORTED).equals(address));
            // what is imported has no name among our own
            assertThat(isAbsent(eks, HERE)).isTrue();
            assertThat(isAbsent(eks, VIRTUAL_HERE)).isTrue();
            await().atMost(PATIENCE).until(() -> isVirtual(addresses(lke, VIRTUAL_HERE)));
            await().atMost(PATIENCE).until(() -> isVirtual(addresses(eks, VIRTUAL_IMPORTED)));
            var virtualOwn = addresses(lke, VIRTUAL_HERE);
            var virtualImported = addresses(eks, VIRTUAL_IMPORTED);
            assertThat(
                            pair.call(PeeredPair.EKS, "GET", "/v1/health/connect/echo?peer=lke", "")
                                    .at("/0/Service/TaggedAddresses/consul-virtual/Address")
                                    .asText())
                    .isEqualTo(virtualImported.getFirst());

            pair.kill("lke-sidecar");
            var killed = System.nanoTime();
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(NOTICED)
                    .until(() -> isAbsent(lke, HERE));
            var own = System.nanoTime() - killed;
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(NOTICED)
                    .until(() -> isAbsent(eks, IMPORTED));
            // its name stands for it wherever it will run
            assertThat(addresses(lke, VIRTUAL_HERE)).isEqualTo(virtualOwn);
            assertThat(addresses(eks, VIRTUAL_IMPORTED)).isEqualTo(virtualImported);
            System.out.printf(
                    "a killed instance is out of DNS after %d ms, at the peer after %d ms%n",
                    own / 1_000_000, (System.nanoTime() - killed) / 1_000_000);

            pair.startSidecar("lke", PeeredPair.LKE, "echo", "");
            await().atMost(PATIENCE).until(() -> addresses(lke, HERE).equals(address));
            await().atMost(PATIENCE).until(() -> addresses(eks, IMPORTED).equals(address));
            // a lost peer empties nothing
            pair.kill("lke-server");
            assertThat(addresses(eks, IMPORTED)).isEqualTo(address);
            pair.kill("eks-server");
            pair.startAgain("eks-server");
            pair.awaitServer(PeeredPair.EKS);
            await().atMost(PATIENCE)
                    .until(() -> addresses(eks, VIRTUAL_IMPORTED).equals(virtualImported));
        }
    }

    private static boolean isVirtual(List<String> addresses) {
        return addresses.size() == 1 && addresses.getFirst().startsWith("240.0.0.");
    }

    @Test
    void eachServerAnswersAndGoesOnWithoutALeader(@TempDir Path folder) throws Exception {
        try (var eks = new ServerGroup("eks", "127.119.0", folder, 3, List.of())) {
            eks.start();
            eks.must(
                    1,
                    "PUT",
                    "/v1/catalog/register",
                    ServerGroup.text(
                            Map.of(
                                    "Node",
                                    "db1",
                                    "Address",
                                    "192.0.2.7",
                                    "Service",
                                    Map.of("ID", "db", "Service", "db", "Port", 5432))));
            for (var number : eks.running()) {
                await().atMost(PATIENCE)
                        .until(() ->
                                addresses(eks.host(number), "db.service.consul.")
                                        .equals(List.of("192.0.2.7")));
                assertThat(addresses(eks.host(number), "consul.service.consul.")).hasSize(3);
            }

            // an entry says where its callers go, though nothing of it runs here
            eks.must(
                    1,
                    "PUT",
                    "/v1/config",
                    ServerGroup.text(Map.of("Kind", "service-resolver", "Name", "shop")));
            for (var number : eks.running()) {
                await().atMost(PATIENCE)
                        .until(() ->
                                addresses(eks.host(number), "shop.virtual.consul.")
                                        .equals(List.of("240.0.0.1")));
            }

            var leader = eks.awaitLeader();
            var other = leader == 0 ? 1 : 0;
            eks.kill(leader);
            eks.kill(3 - leader - other);

            // a minority takes no write any more, and answers
            assertThat(addresses(eks.host(other), "db.service.consul."))
                    .containsExactly("192.0.2.7");
            assertThat(addresses(eks.host(other), "shop.virtual.consul."))
                    .containsExactly("240.0.0.1");
        }
    }
}
