package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A leader that is cut off from its group, whose other members go on without it.
class DeposedLeaderTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    /// A leader gives up after half as long again: long enough for both others to be closed.
    private static final LogSettings PATIENT =
            new LogSettings(10_000, 10_000, Duration.ofSeconds(4));

    @TempDir Path folder;
    private CutTrio trio;

    @BeforeEach
    void open() {
        trio = new CutTrio(folder);
    }

    @AfterEach
    void close() {
        trio.close();
    }

    private static StoreCommand put(String name) {
        return new StoreCommand.PutConfig("k", name, "{}", OptionalLong.empty());
    }

    private static boolean has(RaftStore member, String name) {
        return member.now().config("k", name).isPresent();
    }

    /// It has been confirmed at this very index of the log before: nobody has written since.
    @Test
    void leaderWithoutItsGroupConfirmsNothingWhileItStillBelievesThatItLeads() throws Exception {
        try (var three = new Trio(PATIENT);
                var closing = Executors.newVirtualThreadPerTaskExecutor()) {
            three.openAll(folder.resolve("patient"));
            var number = three.leader();
            var left = three.member(number);
            assertThatCode(left::confirm).doesNotThrowAnyException();

            var first = closing.submit(() -> three.close((number + 1) % 3));
            three.close((number + 2) % 3);
            first.get(SOON.toSeconds(), TimeUnit.SECONDS);

            assertThat(left.leads()).isTrue();
            assertThatThrownBy(left::confirm)
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageStartingWith("store: expected a leader that 2 of 3 servers follow");
        }
    }

    /// Until connections to a member that is back stand, it cannot be asked.
    @Test
    void readThatComesWhileTheOthersAreAwayIsAnsweredOnceOneOfThemIsBack() throws Exception {
        try (var three = new Trio(PATIENT);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var disks = folder.resolve("back");
            three.openAll(disks);
            var number = three.leader();
            var left = three.member(number);
            var led = left.members().leadership().get();
            var first = threads.submit(() -> three.close((number + 1) % 3));
            three.close((number + 2) % 3);
            first.get(SOON.toSeconds(), TimeUnit.SECONDS);

            var reading = threads.submit(left::confirm);
            three.openTwo(disks, (number + 2) % 3);

            assertThatCode(() -> reading.get(SOON.toSeconds(), TimeUnit.SECONDS))
                    .doesNotThrowAnyException();
            // as the same leader's, and not as the next one's
            assertThat(left.members().leadership().get()).isEqualTo(led);
        }
    }

    @Test
    void deposedLeaderConfirmsNothingAndWritesNothingWhateverTheOthersDoMeanwhile() {
        var former = trio.leader();
        var ofFormer = CutTrio.inItsTerm(former);
        trio.cutOff(former);
        var next = trio.leader();
        next.apply(put("new"));

        // what it would answer with, if it did
        assertThat(has(former, "new")).isFalse();
        assertThatThrownBy(ofFormer::confirm).isInstanceOf(StoreFailure.class);
        assertThatThrownBy(() -> ofFormer.apply(put("lost"))).isInstanceOf(StoreFailure.class);
        assertThatCode(next::confirm).doesNotThrowAnyException();

        trio.join(former);
        await().atMost(SOON).until(() -> has(former, "new"));
        assertThatThrownBy(ofFormer::confirm).isInstanceOf(StoreFailure.class);
        assertThatThrownBy(() -> ofFormer.apply(put("late"))).isInstanceOf(NotLeadingFailure.class);
        next.apply(put("last"));
        await().atMost(SOON).until(() -> has(former, "last"));
        for (var member : new RaftStore[] {former, next, trio.follower()}) {
            assertThat(has(member, "lost")).isFalse();
            assertThat(has(member, "late")).isFalse();
        }
    }
}
