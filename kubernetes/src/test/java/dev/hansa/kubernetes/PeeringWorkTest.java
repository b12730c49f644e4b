package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.kubernetes.api.StoredPeering;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What a status says of a peer that is not heard, whoever leads.
class PeeringWorkTest {
    private static final String HEARD = "2026-01-01T10:00:00Z";
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:10Z");

    private static Custom object(String peeringId, String heard) {
        var resource = new GenericKubernetesResource();
        resource.setMetadata(new ObjectMetaBuilder().withName("lke").withNamespace("shop").build());
        resource.setAdditionalProperty(
                "status", Map.of("peeringId", peeringId, "lastHeartbeat", heard));
        return Custom.of(ApiGroup.HANSA, ResourceKind.PEERING_DIALER, resource).orElseThrow();
    }

    private static StoredPeering failing(Optional<Instant> heard) {
        return new StoredPeering("lke", "one", "FAILING", Map.of(), "lke", 0, 0, heard);
    }

    private static void assertHeard(Custom object, StoredPeering peering, String at) {
        assertThat(PeeringWork.fields(object, peering, NOW)).containsEntry("lastHeartbeat", at);
        assertThat(PeeringWork.ready(object, peering, NOW).message())
                .startsWith(
                        "the peer has not been heard since "
                                + (at.isEmpty() ? "the leader" : at + ":"));
    }

    @Test
    void peerWasHeardWhenTheStatusSaysSoThoughANewLeaderKnowsNothingOfIt() {
        assertHeard(object("one", HEARD), failing(Optional.empty()), HEARD);
    }

    @Test
    void laterOfWhatTheServerAndTheStatusSayCounts() {
        var earlier = failing(Optional.of(Instant.parse("2026-01-01T09:00:00Z")));
        var later = failing(Optional.of(Instant.parse("2026-01-01T11:00:30Z")));

        assertHeard(object("one", HEARD), earlier, HEARD);
        assertHeard(object("one", HEARD), later, "2026-01-01T11:00:00Z");
    }

    @Test
    void whatWasHeardOfAnotherPeeringOrIsNoMomentDoesNotCount() {
        for (var object : new Custom[] {object("another", HEARD), object("one", "soon")}) {
            var peering = failing(Optional.empty());

            assertThat(PeeringWork.fields(object, peering, NOW)).containsEntry("lastHeartbeat", "");
            assertThat(PeeringWork.ready(object, peering, NOW).message())
                    .isEqualTo(
                            "the peer has not been heard since the leader of the servers here began to lead");
        }
    }

    /// Else a peer that is gone would look fresh until the moment has come, and its age be less
    /// than nothing.
    @Test
    void momentThatLiesAheadIsNotWhenAPeerWasHeard() {
        var ahead = Optional.of(Instant.parse("2026-01-01T15:00:00Z"));

        assertHeard(object("one", "2026-01-01T14:00:00Z"), failing(Optional.empty()), "");
        assertHeard(object("one", HEARD), failing(ahead), HEARD);
        assertHeard(object("one", ""), failing(ahead), "2026-01-01T12:00:00Z");
        var active = new StoredPeering("lke", "one", "ACTIVE", Map.of(), "lke", 0, 0, ahead);
        assertThat(PeeringWork.fields(object("one", HEARD), active, NOW))
                .containsEntry("lastHeartbeat", "2026-01-01T12:00:00Z");
    }
}
