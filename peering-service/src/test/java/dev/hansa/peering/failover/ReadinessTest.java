package dev.hansa.peering.failover;

import static dev.hansa.peering.failover.FailoverWorld.ECHO;
import static dev.hansa.peering.failover.FailoverWorld.LKE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final FailoverWorld world = FailoverWorld.ofTwo();

    private List<Readiness> readiness() {
        return Readiness.of(world.view(), world.asked());
    }

    @Test
    void serviceWithASecondHealthyTargetIsReady() {
        assertThat(readiness())
                .containsExactly(
                        new Readiness(
                                ECHO,
                                Optional.of("echo"),
                                Optional.of("echo.peer.lke"),
                                false,
                                Optional.empty()));
    }

    @Test
    void brokenLinkOfTheOtherTargetIsTheObstacle() {
        world.exported(LKE, "echo", CheckStatus.CRITICAL);

        assertThat(readiness().getFirst().obstacle())
                .contains(
                        "echo.peer.lke: no healthy instance at peer 'lke': echo-there is critical");
    }

    @Test
    void serviceThatHasFailedOverHasToBeAbleToDoItAgain() {
        world.here("echo", CheckStatus.CRITICAL);

        assertThat(readiness())
                .singleElement()
                .satisfies(echo -> {
                    assertThat(echo.live()).contains("echo.peer.lke");
                    assertThat(echo.away()).isTrue();
                    assertThat(echo.obstacle().orElseThrow())
                            .startsWith("echo: no healthy instance: echo-1-sidecar-proxy");
                });
    }

    @Test
    void serviceWithoutFailoverIsNotListed() {
        world.here("other", CheckStatus.PASSING)
                .entry("{\"Kind\":\"service-resolver\",\"Name\":\"other\"}");

        assertThat(readiness()).extracting(Readiness::service).containsExactly(ECHO);
    }
}
