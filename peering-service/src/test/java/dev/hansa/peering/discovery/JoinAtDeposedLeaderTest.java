package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.peering.store.CutTrio;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreThrough;
import dev.hansa.peering.store.TestStore;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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

            assertThat(at(ofFormer).join(request))
                    .isInstanceOfSatisfying(
                            CertificateDesk.Unavailable.class,
                            told ->
                                    assertThat(told.reason())
                                            .startsWith("store: expected a leader that 2 of 3"));
            assertThat(at(ofNext).join(request)).isInstanceOf(CertificateDesk.Given.class);
            // whoever leads knows
            assertThat(at(ofNext).join(request("another")))
                    .isInstanceOf(CertificateDesk.Denied.class);
        }
    }

    /// One whose other members take their time.
    private static final class Slow extends StoreThrough {
        private final Semaphore asked = new Semaphore(0);
        private final CountDownLatch answer = new CountDownLatch(1);

        Slow(Store store) {
            super(store);
        }

        @Override
        public void confirm() {
            asked.release();
            try {
                assertThat(answer.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            super.confirm();
        }
    }

    @Test
    void strangersWithUnknownSecretsTakeFewOfTheThreadsThatOthersRenewOn(@TempDir Path folder)
            throws Exception {
        try (var store = TestStore.open(folder.resolve("data"));
                var strangers = Executors.newVirtualThreadPerTaskExecutor()) {
            var slow = new Slow(store);
            var desk = at(slow);
            var first = new ArrayList<Future<CertificateDesk.Answer>>();
            for (var number = 0; number < CertificateDesk.MOST_CONFIRMING; number++) {
                first.add(strangers.submit(() -> desk.join(request("guessed"))));
            }
            assertThat(slow.asked.tryAcquire(CertificateDesk.MOST_CONFIRMING, 60, TimeUnit.SECONDS))
                    .isTrue();

            assertThat(desk.join(request("guessed")))
                    .isEqualTo(
                            new CertificateDesk.Unavailable(
                                    "join secret: expected at most 4 unknown ones at a time; found"
                                            + " as many already"));

            slow.answer.countDown();
            for (var answer : first) {
                assertThat(answer.get(60, TimeUnit.SECONDS))
                        .isInstanceOf(CertificateDesk.Denied.class);
            }
            assertThat(desk.join(request("guessed"))).isInstanceOf(CertificateDesk.Denied.class);
        }
    }
}
