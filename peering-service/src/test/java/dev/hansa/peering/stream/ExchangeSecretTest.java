package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.PeeringSecrets;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.stream.PeerConnector.Exchange;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/// ExchangeSecret as a caller sees it who has a secret and no scruples: Consul's
/// TestStreamResources_Server_ExchangeSecret and what a token's terms add to it.
class ExchangeSecretTest extends RawCaller {
    private static final Exchange DENIED =
            new Exchange.Denied("invalid peering establishment secret");

    private void issue(String secret, String tokenId, Instant expiresAt) {
        assertThat(
                        eks.store.apply(
                                new StoreCommand.IssueEstablishment(
                                        ID,
                                        new PeeringSecrets.Establishment(
                                                StreamSecrets.hash(secret), tokenId, expiresAt))))
                .isInstanceOf(StoreAnswer.Applied.class);
    }

    private Exchange exchange(String peerId, String secret) throws InterruptedException {
        return lke.connector.exchangeSecret(
                new PeerConnector.Remote(
                        eks.address, eks.context.own().serverName(), eks.ca.bundle().pems()),
                peerId,
                new Secret(secret),
                Duration.ofSeconds(5));
    }

    private static Instant inAMinute() {
        return Instant.now().plusSeconds(60);
    }

    @Test
    void expiredSecretIsRefused() throws Exception {
        issue("late", "jti", Instant.now().minusSeconds(1));

        assertThat(exchange(ID, "late")).isEqualTo(DENIED);
        assertThat(eks.events)
                .anyMatch(event ->
                        event instanceof PeeringEvent.SecretRefused(_, var reason)
                                && reason.startsWith("peering establishment secret expired at"));
        assertThat(eks.store.now().secrets(ID).pendingStream()).isEmpty();
    }

    @Test
    void revokedSecretIsRefused() throws Exception {
        issue("revoked", "jti", inAMinute());
        eks.store.apply(new StoreCommand.RevokeEstablishment(ID, "jti"));

        assertThat(exchange(ID, "revoked")).isEqualTo(DENIED);
    }

    @Test
    void supersededSecretIsRefusedAndTheLaterOneIsNot() throws Exception {
        issue("earlier", "jti-1", inAMinute());
        issue("later", "jti-2", inAMinute());

        assertThat(exchange(ID, "earlier")).isEqualTo(DENIED);
        assertThat(exchange(ID, "later")).isInstanceOf(Exchange.Granted.class);
    }

    @Test
    void usedSecretIsRefused() throws Exception {
        issue("once", "jti", inAMinute());

        assertThat(exchange(ID, "once")).isInstanceOf(Exchange.Granted.class);
        assertThat(exchange(ID, "once")).isEqualTo(DENIED);
    }

    @Test
    void secretOfAnotherPeeringOrOfNoneIsRefused() throws Exception {
        issue("ours", "jti", inAMinute());

        assertThat(exchange("another", "ours")).isEqualTo(DENIED);
        assertThat(exchange("", "ours")).isEqualTo(DENIED);
        assertThat(exchange(ID, "")).isEqualTo(DENIED);
        assertThat(exchange(ID, "ours")).isInstanceOf(Exchange.Granted.class);
    }

    /// What is kept is the hash: whoever reads it has nothing to exchange.
    @Test
    void hashOfTheSecretIsNotTheSecret() throws Exception {
        issue("ours", "jti", inAMinute());

        assertThat(exchange(ID, StreamSecrets.hash("ours"))).isEqualTo(DENIED);
    }

    @Test
    void oneOfManyRacingDialersWins() throws Exception {
        issue("raced", "jti", inAMinute());
        var racer = (Callable<Exchange>) () -> exchange(ID, "raced");

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers =
                    threads.invokeAll(Collections.nCopies(8, racer)).stream()
                            .map(future -> future.resultNow())
                            .toList();

            assertThat(answers).filteredOn(Exchange.Granted.class::isInstance).hasSize(1);
            assertThat(answers).filteredOn(DENIED::equals).hasSize(7);
        }
    }

    /// Consul's TestStateStore_PeeringSecretsWrite, rows on a new token beside a live stream.
    @Test
    void anotherTokenLeavesTheLiveStreamAloneUntilItIsUsedOnOne() throws Exception {
        var live = opened();
        issue("again", "jti-2", inAMinute());
        assertThat(exchange(ID, "again")).isInstanceOf(Exchange.Granted.class);

        live.channel().write(subscription(PeerStreamRpc.TRUST_BUNDLE));

        assertThat(received(live).getResponse().getResourceURL())
                .isEqualTo(PeerStreamRpc.TRUST_BUNDLE);
        assertThat(eks.store.now().secrets(ID).activeStream()).contains(StreamSecrets.hash(SECRET));
    }
}
