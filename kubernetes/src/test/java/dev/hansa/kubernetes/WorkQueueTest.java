package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
    private static final Duration NONE = Duration.ZERO;
    private static final Duration SOON = Duration.ofSeconds(20);

    private final WorkQueue<Subject> queue = new WorkQueue<>(2);
    private final Subject one = TestingCluster.subject(ResourceKind.MESH, "one");
    private final Subject two = TestingCluster.subject(ResourceKind.MESH, "two");

    @Test
    void subjectIsTakenOnceHoweverOftenItIsAdded() throws InterruptedException {
        queue.add(one);
        queue.add(one);

        assertThat(queue.take(SOON)).contains(one);
        assertThat(queue.take(NONE)).isEmpty();
        queue.done(one, Optional.empty());
        assertThat(queue.take(NONE)).isEmpty();
        assertThat(queue.size()).isZero();
    }

    @Test
    void whatChangesDuringTheWorkIsWorkedOnAgain() throws InterruptedException {
        queue.add(one);
        queue.take(SOON);
        queue.add(one);
        assertThat(queue.take(NONE)).isEmpty();

        queue.done(one, Optional.empty());

        assertThat(queue.take(SOON)).contains(one);
    }

    @Test
    void fullQueueRefusesAndSaysSo() {
        assertThat(queue.add(one)).isTrue();
        assertThat(queue.add(two)).isTrue();

        assertThat(queue.add(TestingCluster.subject(ResourceKind.MESH, "three"))).isFalse();
        assertThat(queue.add(two)).isTrue();
    }

    @Test
    void whatFailsComesBackLaterEachTimeUpToACap() throws InterruptedException {
        queue.add(one);
        queue.take(SOON);

        assertThat(queue.failed(one)).isEqualTo(WorkQueue.FIRST_DELAY);
        assertThat(queue.take(SOON)).contains(one);
        assertThat(queue.failed(one)).isEqualTo(WorkQueue.FIRST_DELAY.multipliedBy(2));
        assertThat(WorkQueue.delay(100)).isEqualTo(WorkQueue.LONGEST_DELAY);
        // its own status changes: that is no reason to hurry; its author's change is
        queue.add(one);
        assertThat(queue.take(NONE)).isEmpty();
        queue.addAfresh(one);
        assertThat(queue.take(NONE)).contains(one);
    }

    @Test
    void mendThatComesWhileAnAttemptFailsIsTriedAtOnce() throws InterruptedException {
        queue.add(one);
        for (var i = 0; i < 4; i++) {
            queue.take(SOON);
            if (i < 3) {
                queue.failed(one);
            }
        }
        queue.addAfresh(one);

        queue.failed(one);

        assertThat(queue.take(NONE)).contains(one);
    }

    @Test
    void whatIsLookedAtLaterIsTakenNowWhenItChanges() throws InterruptedException {
        queue.add(one);
        queue.take(SOON);
        queue.done(one, Optional.of(Duration.ofHours(1)));
        assertThat(queue.take(NONE)).isEmpty();

        queue.add(one);

        assertThat(queue.take(NONE)).contains(one);
    }
}
