package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.peering.store.CutTrio;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A join secret that a leader does not know, since it is none any more. A proxy that is denied
/// gives up; one that is told of a failure asks the next server.
class JoinAtDeposedLeaderTest {
    private static final TrustDomain DOMAIN = new TrustDomain("eks.consul");
    private static final Datacenter EKS = new Datacenter("eks");

    private final Clock clock = Clock.systemUTC();
    private final CertificateAuthority authority =
            new CertificateAuthority(CaMaterial.create(DOMAIN, EKS, clock.instant()), clock);

    private CertificateDesk at(Store store) {
        return new CertificateDesk(
                authority,
                store,
                EKS,
                () -> List.of(new Endpoint("127.0.0.1", 8502)),
                () -> {
                    throw new IllegalStateException("expected no server to join; found one");
                },
                Duration.ofHours(1),
                clock,
                _ -> {});
    }

    private static JoinRequest request(String secret) {
        var web = SpiffeId.service(DOMAIN, EKS, "web");
        return JoinRequest.newBuilder()
                .setJoinSecret(secret)
                .setIdentityPath(web.path())
                .setCsr(
                        ByteString.copyFrom(
                                CertificateRequest.encode(CertificateRequest.newKey(), web)))
                .build();
    }

    @Test
    void secretThatWasMadeSinceItWasDeposedIsNotDenied(@TempDir Path folder) {
        try (var trio = new CutTrio(folder)) {
            var former = trio.leader();
            var ofFormer = CutTrio.inItsTerm(former);
            trio.cutOff(former);
            var ofNext = CutTrio.inItsTerm(trio.leader());
            var token =
                    JoinToken.decode(
                            at(ofNext)
                                    .token(
                                            Set.of(new ServiceName("web")),
                                            false,
                                            false,
                                            Duration.ofHours(1)));
            var request = request(token.secret().value());

            assertThatThrownBy(() -> at(ofFormer).join(request)).isInstanceOf(StoreFailure.class);
            assertThat(at(ofNext).join(request)).isInstanceOf(CertificateDesk.Given.class);
            // whoever leads knows
            assertThat(at(ofNext).join(request("another")))
                    .isInstanceOf(CertificateDesk.Denied.class);
        }
    }
}
