package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `hansa services export`, `exported-services`, `imported-services`, `peering exported-services`.
class ExportCommandsTest {
    private static final String ENTRY = "GET /v1/config/exported-services/default";

    private TestingServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestingServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void firstExportMakesTheEntryIfNobodyElseDoes() {
        server.on(ENTRY, 404, "Config entry not found").on("PUT /v1/config?cas=0", 200, "true");

        assertThat(Ran.hansa(server, "services", "export", "-name=web", "-consumer-peers=lke,gke"))
                .isEqualTo(
                        new Ran(
                                0,
                                "Successfully exported service \"web\" to cluster peers \"lke,gke\"\n",
                                ""));
        assertThat(server.asked().getLast().body())
                .isEqualTo(
                        "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"web\",\"Consumers\":[{\"Peer\":\"lke\"},{\"Peer\":\"gke\"}]}]}");
    }

    @Test
    void whatIsThereStaysAndNothingIsWrittenTwice() {
        server.on(
                        ENTRY,
                        200,
                        "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"db\",\"Consumers\":null},{\"Name\":\"web\",\"Consumers\":[{\"Peer\":\"lke\"}]}],\"Meta\":{\"a\":\"b\"},\"CreateIndex\":5,\"ModifyIndex\":7}")
                .on("PUT /v1/config?cas=7", 200, "true");

        assertThat(
                        Ran.hansa(server, "services", "export", "-name=web", "-consumer-peers=lke")
                                .status())
                .isZero();
        assertThat(server.onlyAsked().line()).isEqualTo(ENTRY);
        assertThat(
                        Ran.hansa(server, "services", "export", "-name=db", "-consumer-peers=lke")
                                .status())
                .isZero();
        assertThat(server.asked().getLast().body())
                .isEqualTo(
                        "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"db\",\"Consumers\":[{\"Peer\":\"lke\"}]},{\"Name\":\"web\",\"Consumers\":[{\"Peer\":\"lke\"}]}],\"Meta\":{\"a\":\"b\"}}");
    }

    @Test
    void entryThatOthersKeepChangingIsGivenUp() {
        server.on(ENTRY, 404, "").on("PUT /v1/config?cas=0", 200, "false");

        var ran = Ran.hansa(server, "services", "export", "-name=web", "-consumer-peers=lke");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err()).contains("found it changed 5 times");
        assertThat(server.asked()).hasSize(10);
        assertThat(Ran.hansa(server, "services", "export", "-name=web").status()).isEqualTo(2);
        assertThat(
                        Ran.hansa(server, "services", "export", "-name=web", "-consumer-peers=a,,b")
                                .status())
                .isEqualTo(2);
    }

    @Test
    void exportsAreListedByServiceAndByPeer() {
        server.on(
                        "GET /v1/exported-services",
                        200,
                        "[{\"Service\":\"web\",\"Consumers\":{\"Peers\":[\"gke\",\"lke\"]}}]")
                .on(
                        "GET /v1/peering/lke",
                        200,
                        "{\"Name\":\"lke\",\"StreamStatus\":{\"ExportedServices\":[\"web\"]}}")
                .on("GET /v1/peering/gke", 200, "{\"Name\":\"gke\"}")
                .on("GET /v1/peering/aks", 404, "");

        assertThat(Ran.hansa(server, "services", "exported-services").out())
                .isEqualTo("Service  Consumer Peers\nweb      gke, lke\n");
        assertThat(Ran.hansa(server, "peering", "exported-services", "-name=lke").out())
                .isEqualTo("Service Name\nweb\n");
        assertThat(
                        Ran.hansa(
                                        server,
                                        "peering",
                                        "exported-services",
                                        "-name=lke",
                                        "-format=json")
                                .out())
                .contains("\"web\"");
        assertThat(Ran.hansa(server, "peering", "exported-services", "-name=gke").out())
                .isEqualTo("No service is exported to peer 'gke'.\n");
        assertThat(
                        Ran.hansa(
                                        server,
                                        "peering",
                                        "exported-services",
                                        "-name=gke",
                                        "-format=table")
                                .out())
                .isEqualTo("Service Name\n");
        assertThat(Ran.hansa(server, "peering", "exported-services", "-name=aks"))
                .isEqualTo(new Ran(1, "", "hansa: No peering with name aks found.\n"));
    }

    @Test
    void importsAreListedWithTheirState() {
        server.on(
                "GET /v1/hansa/imported-services",
                200,
                "[{\"Service\":\"db\",\"Peer\":\"lke\",\"Instances\":2,\"Healthy\":0,\"Stale\":false,\"HeardAt\":\"t\"},{\"Service\":\"web\",\"Peer\":\"lke\",\"Instances\":1,\"Healthy\":1,\"Stale\":true}]");

        assertThat(Ran.hansa(server, "services", "imported-services").out())
                .isEqualTo(
                        """
                        Service  Peer  Instances  Healthy  State     Heard At
                        db       lke   2          0        critical  t
                        web      lke   1          1        stale
                        """);
        server.on("GET /v1/hansa/imported-services", 200, "[]");
        assertThat(Ran.hansa(server, "services", "imported-services").out())
                .isEqualTo("No imported services found\n");
    }
}
