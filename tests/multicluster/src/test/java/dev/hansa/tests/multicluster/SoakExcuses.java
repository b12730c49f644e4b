package dev.hansa.tests.multicluster;

import java.time.Duration;
import java.util.List;

/// Which of the requests that failed had to: all others are violations. All times are of
/// `System.nanoTime`.
///
/// @param localDeaths when the local instance was killed
/// @param away while it was away, and until all have found back to it: who connected then was
///   carried to the peer
/// @param broken while the way to the peer was broken, until what broke it was started again or
///   taken away
record SoakExcuses(List<Long> localDeaths, List<Window> away, List<Window> broken) {
    /// An instance that dies takes what was on its way to it along. Its kernel resets its
    /// connections at once, so that callers hear of it and wait for no timeout: a request that
    /// fails later has failed of something else, whenever it began.
    static final Duration LOCAL_DEATH = Duration.ofSeconds(1);

    /// What was sent while the way was broken is sent again by TCP, after a pause that has doubled
    /// each time: a request that begins later than this finds a way that is whole.
    static final Duration MENDED = Duration.ofSeconds(1);

    record Window(long began, long ended) {
        boolean contains(long at) {
            return at - began >= 0 && at - ended <= 0;
        }
    }

    enum Excuse {
        /// The one that the issue has.
        LOCAL_DEATH,

        /// A connection that began while the local instance was away stays with the peer's: there
        /// is no way to move it to the other instance once that is back. It ends with the gateway
        /// or the link that carries it, and what was under way on it then had no healthy way left.
        /// The next connection has to find one.
        WAY_TO_THE_PEER,

        NONE
    }

    SoakExcuses {
        localDeaths = List.copyOf(localDeaths);
        away = List.copyOf(away);
        broken = List.copyOf(broken);
    }

    Excuse of(SoakClients.Failure failure) {
        if (localDeaths.stream().anyMatch(death -> failedOf(death, failure))) {
            return Excuse.LOCAL_DEATH;
        }
        return failure.connected().isPresent()
                        && away.stream()
                                .anyMatch(
                                        window -> window.contains(failure.connected().getAsLong()))
                        && broken.stream().anyMatch(window -> wasUnderWay(window, failure))
                ? Excuse.WAY_TO_THE_PEER
                : Excuse.NONE;
    }

    private static boolean failedOf(long death, SoakClients.Failure failure) {
        var after = failure.ended() - death;
        return after >= 0 && after <= LOCAL_DEATH.toNanos();
    }

    private static boolean wasUnderWay(Window window, SoakClients.Failure failure) {
        return failure.ended() - window.began() >= 0
                && failure.began() - window.ended() <= MENDED.toNanos();
    }
}
