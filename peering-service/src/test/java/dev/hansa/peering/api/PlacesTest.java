package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who waits for a change, and who wants an answer now.
@Timeout(60)
class PlacesTest {
    private static final InetAddress ADA = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress BOB = InetAddress.ofLiteral("192.0.2.2");

    private final Places places = new Places(new ReaderLimits(3, 2));
    private final CountDownLatch change = new CountDownLatch(1);

    private Places.Stay enter(InetAddress client) {
        return places.enter(client).orElseThrow();
    }

    /// All others are taken, by as many clients.
    private void leaveOnlyOnePlace() {
        for (var i = 1; i < Places.MAX_RUNNING; i++) {
            enter(InetAddress.ofLiteral("198.18." + i / 256 + "." + i % 256));
        }
    }

    /// Runs `then` while so many of `client` wait.
    private void whileWaiting(InetAddress client, int count, Runs then) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var begun = new CountDownLatch(count);
            for (var i = 0; i < count; i++) {
                threads.submit(() -> {
                    try (var stay = enter(client)) {
                        stay.await(() -> {
                            begun.countDown();
                            change.await();
                        });
                    }
                    return 0;
                });
            }
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            try {
                then.run();
            } finally {
                change.countDown();
            }
        }
    }

    @FunctionalInterface
    private interface Runs {
        void run() throws Exception;
    }

    @Test
    void whoWaitsTakesNoPlaceOfThoseWhoWantAnAnswerNow() throws Exception {
        leaveOnlyOnePlace();

        whileWaiting(
                ADA,
                1,
                () -> {
                    assertThat(places.enter(BOB)).isPresent();
                    assertThat(places.enter(BOB)).isEmpty();
                });
    }

    @Test
    void oneClientLeavesAQuarterOfThePlacesToTheOthers() {
        var his = new ArrayList<Places.Stay>();
        for (var i = 0; i < Places.RUNNING_OF_ONE_CLIENT; i++) {
            his.add(enter(BOB));
        }
        assertThat(places.enter(BOB)).isEmpty();
        for (var i = Places.RUNNING_OF_ONE_CLIENT; i < Places.MAX_RUNNING; i++) {
            enter(ADA);
        }
        assertThat(places.enter(ADA)).isEmpty();

        his.getFirst().close();
        enter(BOB);
        assertThat(places.enter(BOB)).isEmpty();
        his.get(1).close();
        enter(ADA);
    }

    @Test
    void oneClientMayHaveAllPlacesWhereAsManyOfItsCallersMayWait() {
        var open = new Places(new ReaderLimits(11_000, 10_000));
        for (var i = 0; i < Places.MAX_RUNNING; i++) {
            assertThat(open.enter(BOB)).isPresent();
        }
    }

    @Test
    void oneClientHasItsLimitAndAnotherStillItsOwn() throws Exception {
        whileWaiting(
                ADA,
                2,
                () -> {
                    assertThatThrownBy(() -> enter(ADA).await(() -> {}))
                            .isInstanceOf(RefusedRequestException.class)
                            .hasMessage(
                                    "blocking query: expected at most 2 waiting callers from one address; found as many already waiting");
                    enter(BOB).await(() -> {});
                });

        enter(ADA).await(() -> {});
    }

    @Test
    void allTogetherHaveALimitToo() throws Exception {
        whileWaiting(
                ADA,
                2,
                () ->
                        whileWaiting(
                                BOB,
                                1,
                                () -> {
                                    assertThatThrownBy(() -> enter(BOB).await(() -> {}))
                                            .hasMessageContaining(
                                                    "expected at most 3 waiting callers;");
                                    assertThatThrownBy(() -> places.passedOn().await(() -> {}))
                                            .hasMessageContaining(
                                                    "expected at most 3 waiting callers;");
                                    places.ours().await(() -> {});
                                }));
    }

    /// Who has a network of IPv6 has as many addresses as he likes.
    @Test
    void networkOfIpv6IsOneClient() throws Exception {
        whileWaiting(
                InetAddress.ofLiteral("2001:db8::1"),
                2,
                () -> {
                    assertThatThrownBy(() ->
                                    enter(InetAddress.ofLiteral("2001:db8::2")).await(() -> {}))
                            .hasMessageContaining("from one address");
                    enter(InetAddress.ofLiteral("2001:db8:0:1::1")).await(() -> {});
                });
    }

    @Test
    void whoHangsUpWaitsNoLongerAndItsThreadGoesOnUninterrupted() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var stay = enter(ADA)) {
            var waiting = new CountDownLatch(1);
            var ended =
                    threads.submit(() -> {
                        stay.await(() -> {
                            waiting.countDown();
                            change.await();
                        });
                        return Thread.currentThread().isInterrupted();
                    });
            assertThat(waiting.await(30, TimeUnit.SECONDS)).isTrue();

            stay.hungUp();

            assertThat(ended.get(30, TimeUnit.SECONDS)).isFalse();
            assertThat(stay.isGone()).isTrue();
        }
    }

    @Test
    void placeIsGivenBackWhereNoThreadIsToBeHad() {
        leaveOnlyOnePlace();
        var stay = enter(ADA);
        var ended = new AtomicInteger();
        stay.afterWork(ended::incrementAndGet);

        assertThatThrownBy(() ->
                        stay.work(
                                _ -> {
                                    throw new IllegalStateException("no thread");
                                },
                                () -> {}))
                .hasMessage("no thread");

        assertThat(ended).hasValue(1);
        assertThat(places.enter(ADA)).isPresent();
        assertThat(places.enter(ADA)).isEmpty();
    }

    @Test
    void placeIsGivenBackWhenTheWorkIsDoneHoweverItEnds() throws Exception {
        leaveOnlyOnePlace();
        var threads = new ArrayList<Thread>();
        var ended = new AtomicInteger();
        var stay = enter(ADA);
        stay.afterWork(ended::incrementAndGet);
        stay.work(
                work -> {
                    threads.add(
                            Thread.ofVirtual()
                                    .uncaughtExceptionHandler((_, _) -> {})
                                    .unstarted(work));
                    return threads.getFirst();
                },
                () -> {
                    throw new IllegalStateException("a defect");
                });
        threads.getFirst().join();

        assertThat(ended).hasValue(1);
        assertThat(places.enter(ADA)).isPresent();
    }

    @Test
    void whoHasHungUpAlreadyDoesNotWait() throws Exception {
        try (var stay = enter(ADA)) {
            stay.hungUp();

            stay.await(change::await);

            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
    }

    @Test
    void whoHasWaitedIsToldWhenHisTurnToBeAnsweredDoesNotCome() throws Exception {
        var few = new Places(new ReaderLimits(1, 1), Duration.ofMillis(20));
        for (var i = 0; i < Places.MAX_WOKEN; i++) {
            few.passedOn().await(() -> {});
        }

        assertThatThrownBy(() -> few.passedOn().await(() -> {}))
                .isInstanceOfSatisfying(
                        RefusedRequestException.class,
                        refused -> assertThat(refused.status()).isEqualTo(503))
                .hasMessage(
                        "blocking query: expected its turn to be answered within 20 ms of the change; found 256 others before it");
    }
}
