package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.hansa.exportedservices.CatalogCodec;
import dev.hansa.exportedservices.CatalogUpdate.ServiceReplaced;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.peering.wire.ExchangeSecretResponse;
import dev.hansa.peering.wire.LeaderAddress;
import dev.hansa.peering.wire.Operation;
import dev.hansa.peering.wire.PeeringServerAddresses;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.peering.wire.RemoteInfo;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.peering.wire.ReplicationMessage.Response;
import dev.hansa.peering.wire.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Byte strings that tests/interop/golden.py made, with an encoder and protos that are not ours,
/// mean here what they meant there; and what we make of the meaning is the same bytes.
class GoldenWireTest {
    private static final Path GOLDEN = Checkout.ROOT.resolve("tests/interop/golden");
    private static final String PEER_ID = "9e650110-ac74-4c5a-a6a8-9348b2bed4e9";
    private static final String SECRET = "e4b3d9f6-3f0c-4b6e-8e58-8d7f5d7a9b1c";
    private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";
    private static final String PREFIX = "type.googleapis.com/hashicorp.consul.internal.";
    private static final String SERVICE = PREFIX + "peerstream.ExportedService";

    private static byte[] golden(String name) throws IOException {
        return HexFormat.of()
                .parseHex(Files.readString(GOLDEN.resolve(name + ".hex")).replace("\n", ""));
    }

    private static ReplicationMessage message(String name) throws IOException {
        return ReplicationMessage.parseFrom(golden(name));
    }

    /// With map entries in the order of their keys, as the golden bytes have them.
    private static byte[] bytes(MessageLite message) {
        var bytes = new ByteArrayOutputStream();
        var out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        try {
            message.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static List<String> streamMessages() throws IOException {
        try (Stream<Path> files = Files.list(GOLDEN)) {
            return files.map(file -> file.getFileName().toString().replace(".hex", ""))
                    .filter(name -> !name.startsWith("exchange-") && !name.startsWith("leader-"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("streamMessages")
    void everyStreamMessageComesBackToTheSameBytes(String name) throws IOException {
        assertThat(bytes(message(name))).isEqualTo(golden(name));
    }

    @Test
    void openIsAsOf114() throws IOException {
        var remote = RemoteInfo.newBuilder().setDatacenter("lke");
        var open =
                ReplicationMessage.Open.newBuilder()
                        .setPeerID(PEER_ID)
                        .setStreamSecretID(SECRET)
                        .setRemote(remote);
        var made = ReplicationMessage.newBuilder().setOpen(open).build();

        assertThat(message("open-1.14")).isEqualTo(made);
        assertThat(bytes(made)).isEqualTo(golden("open-1.14"));
    }

    @Test
    void openMayTellALocalityOrNothingOfItsSender() throws IOException {
        var located = message("open-with-locality").getOpen().getRemote();
        var bare = message("open-without-remote").getOpen();

        assertThat(located.getDatacenter()).isEqualTo("lke");
        assertThat(located.getLocality().getRegion()).isEqualTo("eu-west-1");
        assertThat(located.getLocality().getZone()).isEqualTo("b");
        assertThat(bare.getPeerID()).isEqualTo(PEER_ID);
        assertThat(bare.hasRemote()).isFalse();
    }

    @Test
    void subscriptionsAndAnswersToThem() throws IOException {
        var first = message("request-initial").getRequest();
        assertThat(first.getPeerID()).isEqualTo(PEER_ID);
        assertThat(first.getResourceURL()).isEqualTo(SERVICE);
        assertThat(first.getResponseNonce()).isEmpty();
        assertThat(first.hasError()).isFalse();
        var ofAcceptor = message("request-initial-of-acceptor").getRequest();
        assertThat(ofAcceptor.getPeerID()).isEmpty();
        assertThat(ofAcceptor.getResourceURL()).isEqualTo(PREFIX + "peering.PeeringTrustBundle");
        var ack = message("request-ack").getRequest();
        assertThat(ack.getResponseNonce()).isEqualTo("0000002a");
        assertThat(ack.hasError()).isFalse();
        var nack = message("request-nack").getRequest();
        assertThat(nack.getResourceURL()).isEqualTo(PREFIX + "peerstream.ExportedServiceList");
        assertThat(nack.getError())
                .isEqualTo(Status.newBuilder().setCode(13).setMessage("upsert error").build());
    }

    @Test
    void instancesAreOurRecordsAndTheSameBytesAgain() throws IOException {
        var response = response("response-service", "00000001", SERVICE, "mysql");

        assertBothWays(response, "mysql", MYSQL);
    }

    @Test
    void whatOnlyItsOwnDatacenterOrALaterVersionNeedsIsDroppedAndHarmsNothing() throws IOException {
        var all = message("response-service-with-what-is-dropped").getResponse();
        var plain = message("response-service").getResponse().getResource();

        var decoded = CatalogCodec.decode("mysql", exported(all));

        assertThat(decoded).isEqualTo(new ServiceReplaced("mysql", MYSQL));
        assertThat(bytes(CatalogCodec.encode(decoded.instances())))
                .isEqualTo(plain.getValue().toByteArray())
                .isNotEqualTo(all.getResource().getValue().toByteArray());
    }

    @Test
    void proxiesThatStandForAServiceKeepWhatTheyAreReachedAndKnownBy() throws IOException {
        var name = "mysql-sidecar-proxy";
        var response = response("response-sidecar", "00000003", SERVICE, name);

        assertBothWays(
                response,
                name,
                List.of(proxy(0, CheckStatus.PASSING), proxy(1, CheckStatus.MAINTENANCE)));
    }

    @Test
    void noInstancesMeanGone() throws IOException {
        var name = "mysql-sidecar-proxy";
        var response = response("response-service-gone", "00000002", SERVICE, name);

        assertBothWays(response, name, List.of());
    }

    @Test
    void listOfServices() throws IOException {
        var url = PREFIX + "peerstream.ExportedServiceList";
        var resource = response("response-list", "00000004", url, "exported-service-list");
        var list = ExportedServiceList.parseFrom(resource.getValue());

        var names = CatalogCodec.decode(list).names();

        assertThat(names).containsExactly("api", "mysql");
        assertThat(bytes(CatalogCodec.encodeNames(names)))
                .isEqualTo(resource.getValue().toByteArray());
    }

    @Test
    void trustBundle() throws IOException {
        var url = PREFIX + "peering.PeeringTrustBundle";
        var resource = response("response-bundle", "00000005", url, "roots");
        var made =
                PeeringTrustBundle.newBuilder()
                        .setTrustDomain(TRUST_DOMAIN)
                        .addRootPEMs("first root\n")
                        .addRootPEMs("second root\n")
                        .build();

        assertThat(PeeringTrustBundle.parseFrom(resource.getValue())).isEqualTo(made);
        assertThat(bytes(made)).isEqualTo(resource.getValue().toByteArray());
    }

    @Test
    void serverAddresses() throws IOException {
        var url = PREFIX + "peering.PeeringServerAddresses";
        var resource = response("response-addresses", "00000006", url, "server-addrs");
        var made =
                PeeringServerAddresses.newBuilder()
                        .addAddresses("198.51.100.5:8503")
                        .addAddresses("[2001:db8::5]:8503")
                        .build();

        assertThat(PeeringServerAddresses.parseFrom(resource.getValue())).isEqualTo(made);
        assertThat(bytes(made)).isEqualTo(resource.getValue().toByteArray());
    }

    @Test
    void lastWordAndHeartbeat() throws IOException {
        assertThat(message("terminated").hasTerminated()).isTrue();
        assertThat(golden("terminated")).isEqualTo(new byte[] {0x22, 0});
        assertThat(message("heartbeat").hasHeartbeat()).isTrue();
        assertThat(golden("heartbeat")).isEqualTo(new byte[] {0x2a, 0});
        assertThat(message("heartbeat-of-a-later-version").hasHeartbeat()).isTrue();
    }

    @Test
    void exchangeOfTheSecret() throws IOException {
        var request =
                ExchangeSecretRequest.newBuilder()
                        .setPeerID(PEER_ID)
                        .setEstablishmentSecret(SECRET)
                        .build();
        var response = ExchangeSecretResponse.newBuilder().setStreamSecret(SECRET).build();

        assertThat(ExchangeSecretRequest.parseFrom(golden("exchange-secret-request")))
                .isEqualTo(request);
        assertThat(bytes(request)).isEqualTo(golden("exchange-secret-request"));
        assertThat(ExchangeSecretResponse.parseFrom(golden("exchange-secret-response")))
                .isEqualTo(response);
        assertThat(bytes(response)).isEqualTo(golden("exchange-secret-response"));
    }

    /// google.rpc.Status and the peer stream's own have the same three fields.
    @Test
    void leaderIsNamedInTheDetailsOfAStatus() throws IOException {
        var status = Status.parseFrom(golden("leader-address-in-status"));

        assertThat(status.getCode()).isEqualTo(9);
        assertThat(status.getMessage())
                .isEqualTo("cannot establish a peering stream on a follower node");
        Any detail = status.getDetails(0);
        assertThat(detail.getTypeUrl()).isEqualTo(PREFIX + "peerstream.LeaderAddress");
        assertThat(LeaderAddress.parseFrom(detail.getValue()).getAddress())
                .isEqualTo("198.51.100.5:8503");
        assertThat(bytes(status)).isEqualTo(golden("leader-address-in-status"));
    }

    private static Any response(String golden, String nonce, String url, String id)
            throws IOException {
        Response response = message(golden).getResponse();
        assertThat(response.getNonce()).isEqualTo(nonce);
        assertThat(response.getResourceURL()).isEqualTo(url);
        assertThat(response.getResource().getTypeUrl()).isEqualTo(url);
        assertThat(response.getResourceID()).isEqualTo(id);
        assertThat(response.getOperation()).isEqualTo(Operation.OPERATION_UPSERT);
        return response.getResource();
    }

    private static ExportedService exported(Response response)
            throws InvalidProtocolBufferException {
        return ExportedService.parseFrom(response.getResource().getValue());
    }

    private static void assertBothWays(Any resource, String name, List<ServiceInstance> expected)
            throws InvalidProtocolBufferException {
        var decoded = CatalogCodec.decode(name, ExportedService.parseFrom(resource.getValue()));

        assertThat(decoded).isEqualTo(new ServiceReplaced(name, expected));
        assertThat(bytes(CatalogCodec.encode(expected)))
                .isEqualTo(resource.getValue().toByteArray());
    }

    private static final List<ServiceInstance> MYSQL =
            List.of(
                    new ServiceInstance(
                            new NodeRecord(
                                    "af913374-68ea-41e5-82e8-6ffd3dffc461",
                                    "node-1",
                                    "10.0.0.1",
                                    "eks",
                                    Map.of("lan", "10.0.0.1", "wan", "198.51.100.1"),
                                    Map.of("zone", "a", "rack", "7")),
                            "mysql-1",
                            "mysql",
                            ServiceKind.TYPICAL,
                            List.of("primary", "v8"),
                            "10.0.1.1",
                            3306,
                            Map.of(
                                    "lan",
                                    new Endpoint("10.0.1.1", 3306),
                                    "wan",
                                    new Endpoint("198.51.100.9", 13306)),
                            Map.of("version", "8.4"),
                            3,
                            1,
                            Optional.empty(),
                            Optional.empty(),
                            List.of(overall("mysql-1", CheckStatus.CRITICAL)),
                            0,
                            0),
                    new ServiceInstance(
                            new NodeRecord("", "node-2", "2001:db8::2", "eks", Map.of(), Map.of()),
                            "mysql-2",
                            "mysql",
                            ServiceKind.TYPICAL,
                            List.of(),
                            "",
                            3306,
                            Map.of(),
                            Map.of(),
                            1,
                            1,
                            Optional.empty(),
                            Optional.empty(),
                            List.of(),
                            0,
                            0));

    private static ServiceInstance proxy(int index, CheckStatus status) {
        var id = "mysql-sidecar-proxy-instance-" + index;
        var address = "10.0.9." + (index + 1);
        return new ServiceInstance(
                new NodeRecord("", "gateway-" + index, address, "eks", Map.of(), Map.of()),
                id,
                "mysql-sidecar-proxy",
                ServiceKind.CONNECT_PROXY,
                List.of(),
                address,
                8443,
                Map.of("wan", new Endpoint("198.51.100." + (index + 1), 443)),
                Map.of(),
                1,
                1,
                Optional.of(new ServiceName("mysql")),
                Optional.of(
                        new PeerMeta(
                                List.of("mysql.default.default.lke.external." + TRUST_DOMAIN),
                                List.of(
                                        "spiffe://" + TRUST_DOMAIN + "/ns/default/dc/eks/svc/mysql",
                                        "spiffe://" + TRUST_DOMAIN + "/gateway/mesh/dc/eks",
                                        "spiffe://"
                                                + TRUST_DOMAIN
                                                + "/ns/default/dc/west/svc/mysql"),
                                "tcp")),
                List.of(overall(id, status)),
                0,
                0);
    }

    private static HealthCheck overall(String id, CheckStatus status) {
        return new HealthCheck(id + ":overall-check", "overall-check", status, "", "");
    }
}
