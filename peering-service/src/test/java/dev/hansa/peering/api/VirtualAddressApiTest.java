package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.VirtualRecord;
import dev.hansa.trustbundle.PeerName;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where Consul's clients look for the address that stands for a service.
class VirtualAddressApiTest {
    private static final PeerName LKE = new PeerName("lke");
    private static final ObjectMapper JSON = new ObjectMapper();

    private ApiWorld world;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        world = new ApiWorld(folder);
        world.catalog.publish("a", List.of(service("web"), sidecar("web")));
        world.catalog.imported(
                LKE,
                before ->
                        before.with("pay", List.of(service("pay")))
                                .with("pay-sidecar-proxy", List.of(sidecar("pay"))));
        assertThat(
                        world.store.apply(
                                new StoreCommand.AssignVirtual(
                                        List.of(
                                                new VirtualRecord("web", "", 0),
                                                new VirtualRecord("pay", "lke", 0)))))
                .isInstanceOf(StoreAnswer.Applied.class);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private static ServiceInstance service(String name) {
        return instance(name, ServiceKind.TYPICAL, Optional.empty());
    }

    private static ServiceInstance sidecar(String name) {
        return instance(
                name + "-sidecar-proxy",
                ServiceKind.CONNECT_PROXY,
                Optional.of(new ServiceName(name)));
    }

    private static ServiceInstance instance(
            String name, ServiceKind kind, Optional<ServiceName> carries) {
        return new ServiceInstance(
                new NodeRecord("", "n1", "192.0.2.1", "eks", Map.of(), Map.of()),
                name + "-1",
                name,
                kind,
                List.of(),
                "",
                8443,
                Map.of(),
                Map.of(),
                1,
                1,
                carries,
                Optional.empty(),
                List.of(new HealthCheck("c", "c", CheckStatus.PASSING, "", "tcp")),
                1,
                1);
    }

    private JsonNode get(String path) throws Exception {
        HttpResponse<String> answer = world.get(path);
        assertThat(answer.statusCode()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static String shown(String address) {
        return "{\"consul-virtual\":{\"Address\":\"" + address + "\",\"Port\":8443}}";
    }

    @Test
    void proxyOfAServiceIsTaggedWithIt() throws Exception {
        assertThat(get("/v1/health/connect/web").at("/0/Service/TaggedAddresses").toString())
                .isEqualTo(shown("240.0.0.1"));
        assertThat(
                        get("/v1/health/connect/pay?peer=lke")
                                .at("/0/Service/TaggedAddresses")
                                .toString())
                .isEqualTo(shown("240.0.0.2"));
        assertThat(get("/v1/health/service/web").at("/0/Service").has("TaggedAddresses")).isFalse();
    }

    @Test
    void catalogShowsIt() throws Exception {
        assertThat(get("/v1/catalog/connect/web").at("/0/ServiceTaggedAddresses").toString())
                .isEqualTo(shown("240.0.0.1"));
        assertThat(
                        get("/v1/catalog/connect/pay?peer=lke")
                                .at("/0/ServiceTaggedAddresses")
                                .toString())
                .isEqualTo(shown("240.0.0.2"));
        assertThat(
                        get("/v1/catalog/node/n1")
                                .at("/Services/web-sidecar-proxy-1/TaggedAddresses")
                                .toString())
                .isEqualTo(shown("240.0.0.1"));
    }

    @Test
    void chainNamesItAndNullWhereThereIsNone() throws Exception {
        assertThat(get("/v1/discovery-chain/web").at("/Chain/AutoVirtualIPs").toString())
                .isEqualTo("[\"240.0.0.1\"]");
        assertThat(get("/v1/discovery-chain/pay").at("/Chain/AutoVirtualIPs").isNull()).isTrue();
    }

    @Test
    void chainNamesTheAddressesThatKubernetesHasGivenToo() throws Exception {
        assertThat(get("/v1/discovery-chain/web").at("/Chain/ManualVirtualIPs").isNull()).isTrue();
        assertThat(
                        world.put(
                                        "/v1/config",
                                        """
                                        {"Kind": "cluster-ips", "Name": "eks", "Cluster": "eks/1", "Services": [
                                          {"Name": "web", "Addresses": ["10.96.0.10", "fd00::a"], "Ports": [80]},
                                          {"Name": "pay", "Addresses": ["10.96.0.11"], "Ports": [80]}]}\
                                        """)
                                .statusCode())
                .isEqualTo(200);

        assertThat(get("/v1/discovery-chain/web").at("/Chain/ManualVirtualIPs").toString())
                .isEqualTo("[\"10.96.0.10\",\"fd00:0:0:0:0:0:0:a\"]");
    }
}
