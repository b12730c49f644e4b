package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceFileTest {
    private static final NodeRecord NODE =
            new NodeRecord("", "vm-1", "192.0.2.7", "", Map.of(), Map.of());

    private static final String HCL =
            """
            service {
              name = "db"
              id   = "db-1"
              port = 6379
              tags = ["primary"]
              meta = { version = "7" }
              checks = [
                { tcp = "127.0.0.1:6379", interval = "5s", timeout = "1s", failures_before_critical = 2 },
                { check_id = "word", ttl = "30s" }
              ]
              connect {
                sidecar_service {
                  port = 20000
                  proxy {
                    upstreams = [
                      { destination_name = "ship", destination_peer = "lke", local_bind_port = 5001 }
                    ]
                  }
                }
              }
            }
            """;

    @Test
    void definitionIsReadAsConsulWritesIt() throws Exception {
        var all = ServiceFile.read(NODE, HCL, "db.hcl");

        assertThat(all).hasSize(1);
        var service = all.getFirst().instance();
        assertThat(service.id()).isEqualTo("db-1");
        assertThat(service.tags()).containsExactly("primary");
        assertThat(service.checks()).hasSize(2);
        var tcp = service.checks().getFirst();
        assertThat(tcp.id()).isEqualTo("service:db-1:1");
        assertThat(tcp.status()).isEqualTo(CheckStatus.CRITICAL);
        var way = tcp.definition().orElseThrow().way().orElseThrow();
        assertThat(way.kind()).isEqualTo(Kind.TCP);
        assertThat(way.thresholds().critical()).isEqualTo(2);
        assertThat(service.checks().getLast().id()).isEqualTo("word");
        assertThat(all.getFirst().sidecar())
                .contains(
                        new ServiceFile.Sidecar(
                                "",
                                20000,
                                Optional.of(new Endpoint("127.0.0.1", 6379)),
                                List.of(
                                        new ServiceFile.Upstream(
                                                new ServiceName("ship"),
                                                Optional.of(new PeerName("lke")),
                                                "",
                                                5001))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mode = \"transparent\" | 15001",
                "mode = \"transparent\" transparent_proxy { outbound_listener_port = 15002 } | 15002",
                "mode = \"direct\" | 0",
                "'' | 0"
            })
    void modeSaysWhetherConnectionsAreRedirected(String proxy, int port) throws Exception {
        var text =
                "service { name = \"a\" port = 1 connect { sidecar_service { proxy { "
                        + proxy
                        + " } } } }";

        assertThat(
                        ServiceFile.read(NODE, text, "a.hcl")
                                .getFirst()
                                .sidecar()
                                .orElseThrow()
                                .outboundPort())
                .isEqualTo(port);
    }

    @Test
    void formIsOnesOwnToChoose() throws Exception {
        var json = ServiceFile.read(NODE, "{\"service\":{\"Name\":\"web\",\"Port\":80}}", "a.json");
        var yaml = ServiceFile.read(NODE, "services:\n- name: web\n  port: 80\n", "a.yaml");

        assertThat(yaml).isEqualTo(json);
        assertThat(json.getFirst().sidecar()).isEmpty();
    }

    /// What an agent sends is what the server holds, so that nothing is sent twice.
    @Test
    void digestIsOfWhatIsSaidAndNotOfResults() throws Exception {
        var service = ServiceFile.read(NODE, HCL, "db.hcl").getFirst().instance();
        var sent =
                ServiceDefinition.read(
                        NODE,
                        JsonFields.read(ServiceFile.registration(service), "body")
                                .fields("Service")
                                .orElseThrow(),
                        "Service",
                        CheckReader::results);

        assertThat(ServiceFile.digest(sent)).isEqualTo(ServiceFile.digest(service));
        assertThat(
                        ServiceFile.digest(
                                ServiceFile.read(NODE, HCL.replace("primary", "x"), "db.hcl")
                                        .getFirst()
                                        .instance()))
                .isNotEqualTo(ServiceFile.digest(service));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | expected a service, or services of at most 256; found 0",
                "service { name = \"a\" prot = 80 } | service: expected keys that are known; found 'prot'",
                "service { port = 80 } | Missing service name",
                "service { name = \"a\" check { htp = \"x\" } } | check: expected keys that are known; found 'htp'",
                "service { name = \"a\" check { status = \"passing\" } } | expected TTL, HTTP, TCP or GRPC, by which it is found out; found none",
                "service { name = \"a\" check { args = [\"x\"] } } | check: expected keys that are known; found 'args'",
                "service { name = \"a\" connect { sidecar_service { } } } | expected a port, or upstreams of a service that only calls; found neither",
                "service { name = \"a\" port = 1 connect { sidecar_service { proxy { mode = \"x\" } } } } | mode: expected 'direct' or 'transparent'; found 'x'",
                "service { name = \"a\" port = 1 connect { sidecar_service { proxy { transparent_proxy { dialed_directly = true } } } } } | transparent_proxy: expected keys that are known; found 'dialed_directly'",
                "service { name = \"a\" port = 1 tags = [\"x,y\"] connect { sidecar_service { } } } | expected no ','; found 'x,y'",
                "services = [{ name = \"a\" }, { name = \"a\" }] | expected each id once; found 'a' twice",
                "service { name = | line 1"
            })
    void fileThatIsNoDefinitionIsRefusedByName(String text, String sentence) {
        assertThatThrownBy(() -> ServiceFile.read(NODE, text, "a.hcl"))
                .isInstanceOf(InvalidServiceFileException.class)
                .hasMessageContaining(sentence);
    }
}
