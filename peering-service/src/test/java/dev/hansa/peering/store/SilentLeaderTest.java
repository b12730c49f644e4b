package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A leader that is cut off, or paused, while it is asked something.
class SilentLeaderTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path folder;

    /// The time for it has passed while another was elected.
    @Test
    void nobodyWaitsForALastWordOfOneThatWentInSilence() throws Exception {
        try (var trio = new CutTrio(folder);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var former = trio.leader();
            var come = new Semaphore(0);
            former.members()
                    .serve(
                            new MemberService() {
                                @Override
                                public byte[] answer(byte[] question) throws InterruptedException {
                                    come.release();
                                    new Semaphore(0).acquire();
                                    return question;
                                }

                                @Override
                                public void tell(byte[] hello, Listener listener) {}
                            });
            var members = trio.follower().members();
            var led = members.leadership().await(now -> now.leader().isPresent(), SOON);
            assertThat(led.leader()).contains(former.members().self());
            var asking =
                    callers.submit(() ->
                            members.toLeader().ask(led, new byte[] {1}, Duration.ofMinutes(12)));
            assertThat(come.tryAcquire(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

            trio.cutOff(former);
            assertThat(led.isOver(members.leadership().await(led::isOver, SOON))).isTrue();
            var begun = System.nanoTime();

            assertThatThrownBy(() -> asking.get(SOON.toSeconds(), TimeUnit.SECONDS))
                    .hasCauseInstanceOf(NotLeadingFailure.class)
                    .hasMessageContaining("found that another was elected");
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isLessThan(LeaderCalls.LAST_WORD);
        }
    }
}
