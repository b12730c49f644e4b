package dev.hansa.tests.multicluster;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/// What one client of a soak chooses: which server it asks, which key, how long it pauses. All of
/// it comes of the seed, by rounds: the choices of a client's tenth round are the same however many
/// its ninth took, because it had to try again.
final class SoakChoices {
    /// Or the clients would draw what the faults do.
    private static final long OF_CLIENTS = 0x636c_6965_6e74_7301L;

    private final SplittableRandom rounds;
    private SplittableRandom present;

    private SoakChoices(SplittableRandom rounds) {
        this.rounds = rounds;
        this.present = rounds.split();
    }

    SoakChoices(long seed) {
        this(new SplittableRandom(seed ^ OF_CLIENTS));
    }

    /// For another client, or for who works beside this one: whoever asks for several asks in an
    /// order of his own, and not in that of their threads.
    SoakChoices another() {
        return new SoakChoices(present.split());
    }

    void nextRound() {
        present = rounds.split();
    }

    /// From 0 on.
    int of(int count) {
        return present.nextInt(count);
    }

    int server(ServerGroup group) {
        return of(group.count());
    }

    /// @return from half of it to all of it
    int millis(int most) {
        return most / 2 + of(most / 2 + 1);
    }

    /// @param most milliseconds, and at least half of it
    void pause(int most) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis(most));
    }
}
