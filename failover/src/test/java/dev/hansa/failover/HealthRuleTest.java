package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The rows of the table "What makes a target healthy" in docs/OPERATIONS.md.
class HealthRuleTest {
    private static final ServiceName CART = new ServiceName("cart");

    private static ServiceInstance instance(
            String id, String name, CheckStatus status, int passing, int warning) {
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.1", "eks", Map.of(), Map.of()),
                id,
                name,
                ServiceKind.TYPICAL,
                List.of(),
                "192.0.2.2",
                20000,
                Map.of(),
                Map.of(),
                passing,
                warning,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck(id + ":c", "c", status, "", "tcp")),
                1,
                1);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // sidecar, application, weights when passing and when warning, only passing,
                // verdict
                "passing, passing, 1, 1, false, passing",
                "passing, -, 1, 1, false, passing",
                "critical, passing, 1, 1, false, p is critical",
                "maintenance, passing, 1, 1, false, p is maintenance",
                "passing, critical, 1, 1, false, a is critical",
                "passing, maintenance, 1, 1, false, a is maintenance",
                "warning, passing, 1, 1, false, passing",
                "passing, warning, 1, 1, false, passing",
                "passing, warning, 1, 1, true, 'a is warning, and the subset takes only passing instances'",
                "warning, passing, 1, 1, true, 'p is warning, and the subset takes only passing instances'",
                "passing, passing, 0, 1, false, a has weight 0 while passing",
                "passing, warning, 1, 0, false, a has weight 0 while warning",
            })
    void instanceIsUsedAsTheTableSays(
            String sidecar,
            String application,
            int passing,
            int warning,
            boolean onlyPassing,
            String verdict) {
        var view =
                HealthRule.instance(
                        instance("p", "cart-sidecar-proxy", CheckStatus.of(sidecar), 1, 1),
                        Optional.ofNullable(application)
                                .map(status ->
                                        instance(
                                                "a",
                                                "cart",
                                                CheckStatus.of(status),
                                                passing,
                                                warning)),
                        onlyPassing);

        assertThat(view.evidence()).isEqualTo(verdict);
        assertThat(view.healthy()).isEqualTo(verdict.equals("passing"));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // bundle, the service's checks, the peer's gateway, our gateway, verdict
                "true, passing, passing, passing, passing",
                "true, warning, passing, passing, passing",
                "true, -, passing, passing, passing",
                "false, passing, passing, passing, there is no trust bundle of peer 'lke'",
                "true, -, -, passing, service 'cart' is not exported to us by peer 'lke'",
                "true, passing, -, passing, peer 'lke' sent no mesh gateway for 'cart'",
                "true, critical, passing, passing, no healthy instance at peer 'lke': c1 is critical",
                "true, maintenance, passing, passing, no healthy instance at peer 'lke': c1 is maintenance",
                "true, passing, critical, passing, no healthy mesh gateway at peer 'lke': g is critical",
                "true, passing, passing, -, none of ours",
                "true, passing, passing, critical, no healthy instance: down",
            })
    void targetAtAPeerIsHealthyAsTheTableSays(
            boolean bundle, String service, String theirs, String ours, String verdict) {
        assertThat(atPeer(bundle, service, theirs, ours, true).evidence()).isEqualTo(verdict);
        assertThat(atPeer(bundle, service, theirs, ours, true).healthy())
                .isEqualTo(verdict.equals("passing"));
    }

    @Test
    void ageOfThePeersWordIsEvidenceAndNeverAReason() {
        var well = atPeer(true, "passing", "passing", "passing", false);
        var ill = atPeer(true, "critical", "passing", "passing", false);

        assertThat(well.healthy()).isTrue();
        assertThat(well.evidence())
                .isEqualTo("passing, as of 2026-01-01T10:00:00Z when peer 'lke' was last heard");
        assertThat(ill.healthy()).isFalse();
        assertThat(ill.evidence()).contains("is critical", "as of 2026-01-01T10:00:00Z");
    }

    private static HealthView atPeer(
            boolean bundle, String service, String theirs, String ours, boolean connected) {
        var imported = new HashMap<String, List<ServiceInstance>>();
        var meta = new PeerMeta(List.of("sni"), List.of("spiffe://lke.consul/x"), "tcp");
        if (service != null) {
            imported.put("cart", List.of(instance("c1", "cart", CheckStatus.of(service), 1, 1)));
        }
        if (theirs != null) {
            imported.put(
                    "cart-sidecar-proxy",
                    List.of(
                            instance("g", "cart-sidecar-proxy", CheckStatus.of(theirs), 1, 1)
                                    .withPeerMeta(meta)));
        }
        return HealthRule.atPeer(
                new HealthRule.AtPeer(
                        new PeerName("lke"),
                        CART,
                        new ImportedCatalog(
                                imported, Instant.parse("2026-01-01T10:00:00.5Z"), connected),
                        theirs == null ? Optional.empty() : Optional.of(meta),
                        bundle ? Optional.of(new TrustDomain("lke.consul")) : Optional.empty(),
                        ours == null
                                ? List.of()
                                : List.of(
                                        new TargetEndpoint(
                                                new Endpoint("192.0.2.3", 8443),
                                                ours.equals("passing")
                                                        ? HealthView.GOOD
                                                        : HealthView.bad("down")))),
                "none of ours");
    }
}
