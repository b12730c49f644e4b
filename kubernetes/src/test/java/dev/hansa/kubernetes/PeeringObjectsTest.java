package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two datacenters and two clusters: a token goes from one to the other in a Secret.
class PeeringObjectsTest {
    private static final String SPEC = "{'peer': {'secret': {'name': 'token', 'key': 'data'}}}";

    /// A text that is in no sentence.
    private static final String NO_TOKEN =
            Base64.getEncoder().encodeToString("7391-nobodys".getBytes(StandardCharsets.UTF_8));

    @TempDir private Path folder;

    private static void untilWord(
            TestingCluster cluster, Subject subject, String synced, String ready) {
        await().atMost(TestingCluster.PATIENCE)
                .untilAsserted(() ->
                        assertThat(cluster.synced(subject) + " " + cluster.ready(subject))
                                .as(() -> cluster.status(subject).toString())
                                .isEqualTo(synced + " " + ready));
    }

    private static String data(TestingCluster cluster) {
        return cluster.secret("token")
                .map(Secret::getData)
                .orElse(Map.of())
                .getOrDefault("data", "");
    }

    private static void carry(TestingCluster from, TestingCluster to) {
        to.client()
                .resource(
                        new SecretBuilder()
                                .withNewMetadata()
                                .withName("token")
                                .withNamespace("shop")
                                .endMetadata()
                                .addToData("data", data(from))
                                .build())
                .createOr(existing -> existing.update());
    }

    @Test
    void tokenIsMadeOnceCarriedUsedRenewedOnRequestAndEndsWithItsObject() throws Exception {
        try (var eks = TestingDatacenter.start("eks", folder);
                var lke = TestingDatacenter.start("lke", folder);
                var acceptors = new TestingCluster(folder).operate(eks, Map.of());
                var dialers = new TestingCluster(folder).operate(lke, Map.of())) {
            var acceptor =
                    acceptors.create(
                            ResourceKind.PEERING_ACCEPTOR,
                            "lke",
                            "{'peer': {'secret': {'name': 'token', 'key': 'data', 'backend': 'kubernetes'}, 'ttl': '2h', 'meta': {'team': 'net'}}}");
            untilWord(acceptors, acceptor, "True", "Pending");
            var first = data(acceptors);
            assertThat(AcceptorWork.text(first)).isNotEmpty();
            assertThat(Instant.parse(acceptors.status(acceptor).path("tokenExpires").asText()))
                    .isBetween(Instant.now().plusSeconds(7000), Instant.now().plusSeconds(7210));
            assertThat(acceptors.status(acceptor).toString())
                    .doesNotContain(AcceptorWork.text(first));
            assertThat(eks.peering("lke").path("Meta").path("team").asText()).isEqualTo("net");

            // lost: said, and not made anew, until somebody asks
            acceptors.client().secrets().inNamespace("shop").withName("token").delete();
            acceptors.edit(acceptor, one -> one.annotated("any", "1"));
            untilWord(acceptors, acceptor, "SecretGone", "Pending");
            assertThat(acceptors.secret("token")).isEmpty();
            acceptors.edit(acceptor, one -> one.annotated("hansa.dev/renew-token", "1"));
            untilWord(acceptors, acceptor, "True", "Pending");
            assertThat(data(acceptors)).isNotEmpty().isNotEqualTo(first);
            assertThat(acceptors.status(acceptor).path("renewedFor").asText()).isEqualTo("1");

            var dialer = dialers.create(ResourceKind.PEERING_DIALER, "eks", SPEC);
            untilWord(dialers, dialer, "SecretMissing", "SecretMissing");
            carry(acceptors, dialers);
            untilWord(dialers, dialer, "True", "True");
            assertThat(dialers.status(dialer).path("state").asText()).isEqualTo("ACTIVE");
            assertThat(dialers.status(dialer).path("fingerprint").asText())
                    .isEqualTo(acceptors.status(acceptor).path("fingerprint").asText());
            acceptors.edit(acceptor, one -> one.annotated("any", "2"));
            untilWord(acceptors, acceptor, "True", "True");

            // deleted at the server behind its back: said, and a used token is not tried again
            lke.ask("DELETE", "/v1/peering/eks", "");
            dialers.edit(dialer, one -> one.annotated("any", "3"));
            untilWord(dialers, dialer, "PeeringGone", "PeeringGone");
            acceptors.edit(acceptor, one -> one.annotated("any", "3"));
            untilWord(acceptors, acceptor, "True", "Terminated");

            acceptors.delete(acceptor);
            until(() -> acceptors.now(acceptor).isEmpty());
            assertThat(acceptors.secret("token")).isEmpty();
            until(() -> eks.peering("lke").isMissingNode());
            dialers.delete(dialer);
            until(() -> dialers.now(dialer).isEmpty());
            assertThat(dialers.secret("token")).isPresent();
        }
    }

    @Test
    void objectIsReadyWhileThePeerIsHeardAndSaysSinceWhenItIsNot() throws Exception {
        try (var eks = TestingDatacenter.start("eks", folder);
                var acceptors = new TestingCluster(folder).operate(eks, Map.of())) {
            var acceptor = acceptors.create(ResourceKind.PEERING_ACCEPTOR, "lke", SPEC);
            untilWord(acceptors, acceptor, "True", "Pending");
            try (var lke = TestingDatacenter.start("lke", folder);
                    var dialers = new TestingCluster(folder).operate(lke, Map.of())) {
                carry(acceptors, dialers);
                var dialer = dialers.create(ResourceKind.PEERING_DIALER, "eks", SPEC);
                untilWord(dialers, dialer, "True", "True");
                acceptors.edit(acceptor, one -> one.annotated("any", "1"));
                untilWord(acceptors, acceptor, "True", "True");
                assertThat(acceptors.status(acceptor).has("lastError")).isFalse();
            }
            until(() -> eks.peering("lke").path("State").asText().equals("FAILING"));
            acceptors.edit(acceptor, one -> one.annotated("any", "2"));
            untilWord(acceptors, acceptor, "True", "Failing");

            var status = acceptors.status(acceptor);
            var heard = status.path("lastHeartbeat").asText();
            assertThat(Instant.parse(heard)).isBefore(Instant.now());
            var ready = acceptors.condition(acceptor, "Ready");
            assertThat(ready.path("message").asText())
                    .startsWith("the peer has not been heard since " + heard)
                    .isEqualTo(status.path("lastError").asText());
            assertThat(status.path("state").asText()).isEqualTo("FAILING");
            assertThat(ready.path("observedGeneration").asLong())
                    .isEqualTo(acceptors.now(acceptor).orElseThrow().generation());
        }
    }

    @Test
    void secretAndPeeringOfSomebodyElseAreLeftAlone() throws Exception {
        try (var eks = TestingDatacenter.start("gke", folder);
                var cluster = new TestingCluster(folder)) {
            cluster.client()
                    .resource(
                            new SecretBuilder()
                                    .withNewMetadata()
                                    .withName("token")
                                    .withNamespace("shop")
                                    .endMetadata()
                                    .addToData("data", NO_TOKEN)
                                    .build())
                    .create();
            eks.ask("POST", "/v1/peering/token", "{\"PeerName\":\"theirs\"}");
            cluster.operate(eks, Map.of());

            var one = cluster.create(ResourceKind.PEERING_ACCEPTOR, "lke", SPEC);
            var two = cluster.create(ResourceKind.PEERING_ACCEPTOR, "theirs", SPEC);
            var dialer = cluster.create(ResourceKind.PEERING_DIALER, "aks", SPEC);

            untilWord(cluster, one, "SecretNotOurs", "SecretNotOurs");
            untilWord(cluster, two, "NotOurs", "NotOurs");
            untilWord(cluster, dialer, "Refused", "Refused");
            assertThat(cluster.status(dialer).toString())
                    .contains("token")
                    .doesNotContain(AcceptorWork.text(NO_TOKEN), NO_TOKEN);
            assertThat(data(cluster)).isEqualTo(NO_TOKEN);
            for (var object : new Subject[] {one, two, dialer}) {
                cluster.delete(object);
                until(() -> cluster.now(object).isEmpty());
            }
            assertThat(eks.peering("theirs").isMissingNode()).isFalse();
            assertThat(cluster.secret("token")).isPresent();
        }
    }

    @Test
    void tokenIsMadeOnlyWhereItsSecretWouldBeTaken() throws Exception {
        try (var eks = TestingDatacenter.start("oke", folder);
                var cluster = new TestingCluster(folder)) {
            cluster.refuseSecrets(422, "POST");
            cluster.operate(eks, Map.of());

            var acceptor = cluster.create(ResourceKind.PEERING_ACCEPTOR, "lke", SPEC);

            untilWord(cluster, acceptor, "KubernetesRefused", "KubernetesRefused");
            assertThat(eks.peering("lke").isMissingNode()).isTrue();
        }
    }

    @Test
    void secretThatMayNotBeReadAnyMoreHoldsNoObject() throws Exception {
        try (var eks = TestingDatacenter.start("ske", folder);
                var cluster = new TestingCluster(folder)) {
            cluster.operate(eks, Map.of());
            var acceptor = cluster.create(ResourceKind.PEERING_ACCEPTOR, "lke", SPEC);
            untilWord(cluster, acceptor, "True", "Pending");

            // as where a namespace is deleted, and its RoleBinding goes first
            cluster.refuseSecrets(403, "GET", "DELETE");
            cluster.delete(acceptor);

            until(() -> cluster.now(acceptor).isEmpty());
            until(() -> eks.peering("lke").isMissingNode());
        }
    }
}
