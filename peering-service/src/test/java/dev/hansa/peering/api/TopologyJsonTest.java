package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.discovery.CertificateLife;
import dev.hansa.peering.discovery.ProxyPlace;
import dev.hansa.peering.discovery.RoutePublisher.Certified;
import dev.hansa.peering.discovery.RoutePublisher.Told;
import dev.hansa.peering.topology.Flows;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TopologyJsonTest {
    private static Told proxy(Optional<CertificateLife> life) {
        return new Told(
                new ServiceName("echo"),
                new ProxyPlace("n", "echo-1"),
                List.of(),
                Optional.empty(),
                life);
    }

    @Test
    void proxyIsToldWithItsPlaceAndTheLifeOfItsCertificate() {
        var life =
                new CertificateLife(
                        Instant.parse("2026-11-29T10:00:00Z"),
                        Instant.parse("2026-12-02T10:00:00Z"));

        var told = TopologyJson.proxies(List.of(proxy(Optional.of(life)), proxy(Optional.empty())));

        assertThat(told.toString())
                .isEqualTo(
                        "{\"All\":2,\"Proxies\":[{\"Node\":\"n\",\"ServiceID\":\"echo-1\",\"NotBefore\":\"2026-11-29T10:00:00Z\",\"NotAfter\":\"2026-12-02T10:00:00Z\"},{\"Node\":\"n\",\"ServiceID\":\"echo-1\",\"NotBefore\":null,\"NotAfter\":null}]}");
    }

    private static CertificateLife until(String end) {
        return new CertificateLife(Instant.EPOCH, Instant.parse(end));
    }

    @Test
    void proxiesOfAllServicesAreToldByTheEndOfTheirCertificates() {
        var told =
                TopologyJson.certificates(
                        List.of(
                                new Certified("a", new ProxyPlace("n", "a-1"), Optional.empty()),
                                new Certified(
                                        "b",
                                        new ProxyPlace("n", "b-1"),
                                        Optional.of(until("2026-12-02T10:00:00Z"))),
                                new Certified(
                                        "mesh-gateway",
                                        new ProxyPlace("g", "g-1"),
                                        Optional.of(until("2026-12-01T10:00:00Z")))));

        assertThat(told.path("Proxies").findValuesAsText("ServiceID"))
                .containsExactly("g-1", "b-1", "a-1");
        assertThat(told.path("Proxies").path(0).toString())
                .isEqualTo(
                        "{\"Service\":\"mesh-gateway\",\"Node\":\"g\",\"ServiceID\":\"g-1\",\"NotBefore\":\"1970-01-01T00:00:00Z\",\"NotAfter\":\"2026-12-01T10:00:00Z\"}");
        assertThat(told.path("Proxies").path(2).path("NotAfter").isNull()).isTrue();
        assertThat(told.path("All").asInt()).isEqualTo(3);
    }

    /// It is as long as a datacenter is large.
    @Test
    void ofProxiesOfAllServicesThoseThatEndFirstAreListed() {
        var one = new Certified("a", new ProxyPlace("n", "a-1"), Optional.empty());
        var told = TopologyJson.certificates(Collections.nCopies(Flows.MOST_EDGES + 1, one));

        assertThat(told.path("All").asInt()).isEqualTo(Flows.MOST_EDGES + 1);
        assertThat(told.path("Proxies")).hasSize(Flows.MOST_EDGES);
    }

    @Test
    void ofManyProxiesTheFirstAreListedAndAllAreCounted() {
        var told =
                TopologyJson.proxies(
                        Collections.nCopies(Flows.MOST_EDGES + 1, proxy(Optional.empty())));

        assertThat(told.path("All").asInt()).isEqualTo(Flows.MOST_EDGES + 1);
        assertThat(told.path("Proxies")).hasSize(Flows.MOST_EDGES);
    }
}
