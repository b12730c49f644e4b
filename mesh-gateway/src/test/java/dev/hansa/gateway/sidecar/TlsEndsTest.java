package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.discovery.ProxyCertificate;
import dev.hansa.gateway.discovery.TestingControl;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// When contexts are made anew, and when they stay.
class TlsEndsTest {
    private static final ServiceName CART = new ServiceName("cart");

    private TestingControl control;
    private TestingControl other;
    private ProxyCertificate certificate;

    @BeforeEach
    void start() throws IOException {
        control = new TestingControl("west", Clock.systemUTC());
        other = new TestingControl("west", Clock.systemUTC());
        certificate = control.certificate("web");
    }

    @AfterEach
    void stop() throws Exception {
        control.close();
        other.close();
    }

    private Target target(String identity, HealthView health) {
        return new Target.LocalTarget(
                CART,
                "cart.sni",
                List.of(
                        SpiffeId.service(control.trustDomain(), control.datacenter(), identity)
                                .uri()),
                control.trustDomain(),
                List.of(new TargetEndpoint(new Endpoint("192.0.2.1", 20000), health)),
                health);
    }

    private TlsEnds ends(
            Optional<TlsEnds> before, ProxyCertificate own, TrustBundle bundle, Target target)
            throws SSLException {
        var route =
                new Route(
                        new UpstreamName(CART, Optional.empty()),
                        Route.DEFAULT_CONNECT_TIMEOUT,
                        List.of(target));
        return new TlsEnds(
                before,
                own,
                new RouteSnapshot(
                        1,
                        control.datacenter(),
                        control.trustDomain(),
                        List.of(route),
                        List.of(),
                        BundleSet.EMPTY.with(bundle),
                        Optional.empty()),
                TlsVersion.V1_3,
                Clock.systemUTC());
    }

    private static Target only(TlsEnds ends) {
        return ends.snapshot().routes().getFirst().targets().getFirst();
    }

    /// Of the first ends and of those that come after them.
    private record Both(SslContext client, SslContext server, TlsEnds after) {
        SslContext clientAfter() throws SSLException {
            return after.client(only(after));
        }
    }

    private Both then(ProxyCertificate own, TrustBundle bundle, Target target) throws SSLException {
        var before =
                ends(
                        Optional.empty(),
                        certificate,
                        control.bundle(),
                        target("cart", HealthView.GOOD));
        var client = before.client(only(before));
        return new Both(client, before.server(), ends(Optional.of(before), own, bundle, target));
    }

    @Test
    void contextsStayWhenHealthAloneHasChanged() throws Exception {
        var both = then(certificate, control.bundle(), target("cart", HealthView.bad("critical")));

        assertThat(both.clientAfter()).isSameAs(both.client());
        assertThat(both.after().server()).isSameAs(both.server());
    }

    @Test
    void contextsGoWithTheRootsThatTheyBelieved() throws Exception {
        var both = then(certificate, other.bundle(), target("cart", HealthView.GOOD));

        assertThat(both.clientAfter()).isNotSameAs(both.client());
        assertThat(both.after().server()).isNotSameAs(both.server());
    }

    @Test
    void contextsGoWithTheCertificateThatTheyShow() throws Exception {
        var both =
                then(control.certificate("web"), control.bundle(), target("cart", HealthView.GOOD));

        assertThat(both.clientAfter()).isNotSameAs(both.client());
        assertThat(both.after().server()).isNotSameAs(both.server());
    }

    @Test
    void contextGoesWithTheIdentityThatItExpects() throws Exception {
        var both = then(certificate, control.bundle(), target("another", HealthView.GOOD));

        assertThat(both.clientAfter()).isNotSameAs(both.client());
        assertThat(both.after().server()).isSameAs(both.server());
    }
}
