package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.InboundPolicy;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.discovery.ProxyCertificate;
import dev.hansa.gateway.discovery.TestingControl;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.tls.PeerVerifier.Reason;
import dev.hansa.trustbundle.tls.PeerVerifier.Rejected;
import dev.hansa.trustbundle.tls.PeerVerifier.Verdict;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// When contexts are made anew, and when they stay; whose certificate is still believed then.
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
        return ends(before, own, BundleSet.EMPTY.with(bundle), target, Map.of());
    }

    private TlsEnds ends(
            Optional<TlsEnds> before,
            ProxyCertificate own,
            BundleSet bundles,
            Target target,
            Map<TrustDomain, PeerName> peers)
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
                        bundles,
                        Optional.of(new InboundPolicy(peers, new IntentionTable(true, List.of())))),
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

    private static Reason reason(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Rejected.class);
        return ((Rejected) verdict).reason();
    }

    @Test
    void chainThatWasBelievedIsRememberedWhenHealthAndOwnCertificateHaveChanged() throws Exception {
        var before =
                ends(
                        Optional.empty(),
                        certificate,
                        control.bundle(),
                        target("cart", HealthView.GOOD));
        var chain = control.certificate("cart").chain();
        var asCaller = before.caller(chain);
        var asServer = before.server(only(before), chain);

        var after =
                ends(
                        Optional.of(before),
                        control.certificate("web"),
                        control.bundle(),
                        target("cart", HealthView.bad("critical")));

        assertThat(asCaller.trusted()).contains(control.service("cart"));
        assertThat(after.caller(chain)).isSameAs(asCaller);
        assertThat(after.server(only(after), chain)).isSameAs(asServer);
    }

    @Test
    void callerWhoseRootIsGoneIsNotRemembered() throws Exception {
        var before =
                ends(
                        Optional.empty(),
                        certificate,
                        control.bundle(),
                        target("cart", HealthView.GOOD));
        var chain = control.certificate("cart").chain();
        assertThat(before.caller(chain).trusted()).isPresent();
        assertThat(before.server(only(before), chain).trusted()).isPresent();

        var after =
                ends(
                        Optional.of(before),
                        certificate,
                        other.bundle(),
                        target("cart", HealthView.GOOD));

        assertThat(reason(after.caller(chain))).isEqualTo(Reason.NO_PATH_TO_ROOT);
        assertThat(reason(after.server(only(after), chain))).isEqualTo(Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void callerWhosePeeringIsGoneIsNotRemembered() throws Exception {
        try (var peer = new TestingControl("lke", Clock.systemUTC())) {
            var both = BundleSet.EMPTY.with(control.bundle()).with(peer.bundle());
            var exported = Map.of(peer.trustDomain(), new PeerName("lke"));
            var cart = target("cart", HealthView.GOOD);
            var chain = peer.certificate("web").chain();
            var before = ends(Optional.empty(), certificate, both, cart, exported);
            assertThat(before.caller(chain).trusted()).contains(peer.service("web"));

            // its bundle may stay for what is called there
            var unexported = ends(Optional.of(before), certificate, both, cart, Map.of());
            var unpeered = ends(Optional.of(before), certificate, control.bundle(), cart);

            assertThat(reason(unexported.caller(chain))).isEqualTo(Reason.UNKNOWN_TRUST_DOMAIN);
            assertThat(reason(unpeered.caller(chain))).isEqualTo(Reason.UNKNOWN_TRUST_DOMAIN);
        }
    }

    @Test
    void callerIsNotRememberedAsAServer() throws Exception {
        var authority =
                CaMaterial.create(control.trustDomain(), control.datacenter(), Instant.now());
        var bundle = new TrustBundle(control.trustDomain(), List.of(authority.root()));
        var ends = ends(Optional.empty(), certificate, bundle, target("cart", HealthView.GOOD));
        var chain = List.of(onlyAClient(authority, "cart"), authority.intermediate());

        assertThat(ends.caller(chain).trusted()).contains(control.service("cart"));
        assertThat(reason(ends.server(only(ends), chain))).isEqualTo(Reason.WRONG_USAGE);
    }

    /// With a certificate that no authority of ours would issue.
    private X509Certificate onlyAClient(CaMaterial authority, String service) throws Exception {
        var builder =
                new JcaX509v3CertificateBuilder(
                        X500Name.getInstance(
                                authority.intermediate().getSubjectX500Principal().getEncoded()),
                        BigInteger.ONE,
                        Date.from(Instant.now().minusSeconds(60)),
                        Date.from(Instant.now().plusSeconds(3600)),
                        new X500Name(""),
                        CertificateRequest.newKey().getPublic());
        builder.addExtension(
                Extension.subjectAlternativeName,
                true,
                new GeneralNames(
                        new GeneralName(
                                GeneralName.uniformResourceIdentifier,
                                control.service(service).uri())));
        builder.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(
                                new JcaContentSignerBuilder("SHA256withECDSA")
                                        .build(authority.intermediateKey())));
    }

    @Test
    void serviceThatWasBelievedIsNotTakenForAnother() throws Exception {
        var before =
                ends(
                        Optional.empty(),
                        certificate,
                        control.bundle(),
                        target("cart", HealthView.GOOD));
        var chain = control.certificate("cart").chain();
        assertThat(before.server(only(before), chain).trusted()).isPresent();

        var after =
                ends(
                        Optional.of(before),
                        certificate,
                        control.bundle(),
                        target("another", HealthView.GOOD));

        assertThat(reason(after.server(only(after), chain))).isEqualTo(Reason.WRONG_IDENTITY);
    }
}
