package dev.hansa.gateway.sidecar;

import java.util.Optional;

/// What an application's answers have come to. Hard evidence counts at once, silence and recovery
/// after so many in a row. For one thread.
final class Verdict {
    private final CheckSettings settings;
    private boolean passing;
    private boolean hasPassed;
    private int silent;
    private int good;

    Verdict(CheckSettings settings) {
        this.settings = settings;
    }

    /// Takes one more answer.
    ///
    /// @return true passing, false critical; empty while the answers in a row do not suffice to say
    ///   otherwise than before
    Optional<Boolean> after(Answer answer) {
        return switch (answer) {
            case Answer.Good _ -> {
                silent = 0;
                good++;
                if (passing || !hasPassed || good >= settings.successBeforePassing()) {
                    passing = true;
                    hasPassed = true;
                    yield Optional.of(true);
                }
                yield Optional.empty();
            }
            case Answer.Bad _ -> critical();
            case Answer.Silent _ -> {
                good = 0;
                silent++;
                yield silent >= settings.failuresBeforeCritical() ? critical() : Optional.empty();
            }
        };
    }

    private Optional<Boolean> critical() {
        good = 0;
        passing = false;
        return Optional.of(false);
    }

    /// Has it ever passed: who has not says nothing of an application that may just not be there
    /// yet.
    boolean hasPassed() {
        return hasPassed;
    }
}
