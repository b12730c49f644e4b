package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A former leader that lives, and neither answers what it was asked before nor ends what it was
/// telling.
class FormerLeaderTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path folder;
    private final Trio trio = new Trio(LogSettings.DEFAULT);
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

    /// Who asks it, or listens to it.
    private final Semaphore come = new Semaphore(0);

    private final Semaphore mayAnswer = new Semaphore(0);

    private int former;
    private LeaderCalls calls;
    private Leadership led;

    @BeforeEach
    void open() throws Exception {
        trio.openAll(folder);
        former = trio.leader();
        trio.member(former)
                .members()
                .serve(
                        new MemberService() {
                            @Override
                            public byte[] answer(byte[] question) throws InterruptedException {
                                come.release();
                                mayAnswer.acquire();
                                return question;
                            }

                            @Override
                            public void tell(byte[] hello, Listener listener)
                                    throws InterruptedException {
                                listener.accept(hello);
                                new Semaphore(0).acquire();
                            }
                        });
        var members = trio.member((former + 1) % 3).members();
        calls = members.toLeader();
        led = members.leadership().await(now -> now.leader().isPresent(), SOON);
        assertThat(led.leader()).contains("s" + former);
    }

    @AfterEach
    void close() {
        trio.close();
        callers.close();
    }

    private void elect(int next) throws InterruptedException {
        assertThat(come.tryAcquire(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        trio.member(former).members().transfer(Optional.of("s" + next), SOON);
    }

    @Test
    void listenerLeavesItAtOnceWhenAnotherIsElected() throws Exception {
        var listening =
                callers.submit(() -> {
                    calls.follow(led, new byte[] {1}, _ -> come.release());
                    return "ended";
                });
        elect((former + 2) % 3);

        assertThatThrownBy(() -> listening.get(SOON.toSeconds(), TimeUnit.SECONDS))
                .hasCauseInstanceOf(NotLeadingFailure.class)
                .hasMessageContaining("found that another was elected");
    }

    @Test
    void askerLeavesItOnceItHasHadTimeForALastWord() throws Exception {
        var asking = callers.submit(() -> calls.ask(led, new byte[] {1}, Duration.ofMinutes(12)));
        elect((former + 2) % 3);

        assertThatThrownBy(() -> asking.get(SOON.toSeconds(), TimeUnit.SECONDS))
                .hasCauseInstanceOf(NotLeadingFailure.class)
                .hasMessageContaining("found that another was elected");
    }

    /// What has been done must not be told as if nobody knew.
    @Test
    void lastWordIsHeard() throws Exception {
        var asking = callers.submit(() -> calls.ask(led, new byte[] {1}, Duration.ofMinutes(12)));
        elect((former + 2) % 3);
        trio.member((former + 1) % 3).members().leadership().await(led::isOver, SOON);
        mayAnswer.release();

        assertThat(asking.get(SOON.toSeconds(), TimeUnit.SECONDS)).containsExactly(1);
    }

    /// As one that asks it by what it knows a little late.
    @Test
    void nobodyListensToAFormerLeader() throws Exception {
        come.release();
        elect((former + 2) % 3);
        var members = trio.member((former + 1) % 3).members();
        members.leadership().await(led::isOver, SOON);

        assertThatThrownBy(() -> calls.follow(led, new byte[] {1}, _ -> come.release()))
                .isInstanceOf(NotLeadingFailure.class);
        assertThat(come.availablePermits()).isZero();
    }

    @Test
    void oneTimeOfLeadingIsOverOnceAnotherBegins() {
        var first = new Leadership(3, false, Optional.of("s0"));

        assertThat(first.isOver(first)).isFalse();
        assertThat(first.isOver(new Leadership(4, false, Optional.empty()))).isFalse();
        assertThat(first.isOver(new Leadership(4, false, Optional.of("s0")))).isTrue();
        assertThat(first.isOver(new Leadership(4, false, Optional.of("s1")))).isTrue();
        assertThat(first.isOver(new Leadership(4, true, Optional.of("s2")))).isTrue();
    }
}
