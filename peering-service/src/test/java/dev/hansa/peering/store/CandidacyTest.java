package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CandidacyTest {
    /// The library's own way takes half of it at least, from one heartbeat to the next, and the
    /// first election of all as long at most.
    private static final Duration ELECTION = Duration.ofSeconds(8);

    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path folder;

    /// As a process leaves it that was killed: a kernel ends its connections, and nobody listens.
    @Test
    void leaderWhoseConnectionsEndIsReplacedBeforeItsSilenceTells() throws Exception {
        try (var trio = new Trio(new LogSettings(10_000, 10_000, ELECTION));
                var followers = Executors.newVirtualThreadPerTaskExecutor()) {
            trio.openAll(folder);
            var leads = trio.leader();
            var heard = new Semaphore(0);
            trio.member(leads).members().serve(telling(new Semaphore(0)));
            for (var number = 0; number < 3; number++) {
                if (number != leads) {
                    follow(trio.member(number).members(), followers, heard);
                }
            }
            assertThat(heard.tryAcquire(2, SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            var term = trio.member(leads).members().leadership().get().term();
            var begun = System.nanoTime();

            trio.close(leads);

            var next = trio.member((leads + 1) % 3);
            var other = trio.member((leads + 2) % 3);
            await().atMost(SOON).until(() -> next.leads() || other.leads());
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isLessThan(ELECTION.dividedBy(2));
            assertThat(next.members().leadership().get().term()).isGreaterThan(term);
        }
    }

    /// One message, and then nothing until the end.
    private static MemberService telling(Semaphore end) {
        return new MemberService() {
            @Override
            public byte[] answer(byte[] question) {
                return question;
            }

            @Override
            public void tell(byte[] hello, Listener listener) throws InterruptedException {
                listener.accept(hello);
                end.acquire();
                throw new StoreFailure("told all", null);
            }
        };
    }

    private static void follow(Members members, ExecutorService followers, Semaphore heard)
            throws InterruptedException {
        var led = members.leadership().await(now -> now.leader().isPresent(), SOON);
        followers.submit(() -> {
            members.toLeader().follow(led, new byte[] {1}, _ -> heard.release());
            return null;
        });
    }

    /// Both have lost it, and the leader, which lives, says that it leads.
    @Test
    void leaderThatOnlyStopsTellingLeadsOn() throws Exception {
        try (var trio = new Trio(new LogSettings(10_000, 10_000, Duration.ofSeconds(4)));
                var followers = Executors.newVirtualThreadPerTaskExecutor()) {
            trio.openAll(folder);
            var leads = trio.leader();
            var leader = trio.member(leads).members();
            var heard = new Semaphore(0);
            var end = new Semaphore(0);
            leader.serve(telling(end));
            for (var number = 0; number < 3; number++) {
                if (number != leads) {
                    follow(trio.member(number).members(), followers, heard);
                }
            }
            assertThat(heard.tryAcquire(2, SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            var before = leader.leadership().get();

            end.release(2);

            // longer than both could be without a heartbeat
            await().during(Duration.ofSeconds(4))
                    .atMost(SOON)
                    .until(() -> leader.leadership().get().equals(before));
        }
    }
}
