package dev.hansa.gateway.route;

import java.util.Locale;

/// What became of a TCP connection that was opened ahead of its first caller. The word is a
/// metric's label.
public enum AheadOutcome {
    /// A caller's hello went out on it.
    USED,
    /// It was used, and ended without a byte of an answer: it may have been dead already.
    UNANSWERED,
    /// A caller came for one, and none stood; it was connected as ever.
    MISSED,
    /// Too old to be used safely: closed, and replaced.
    AGED,
    /// The other end has closed it, or has spoken first, before it was used.
    LOST,
    /// Closed since its endpoint is suspect, or is not listed any more.
    DROPPED,
    /// It could not be opened.
    FAILED;

    /// Whether there is one less that stands, and waits for its caller, after it.
    public boolean endsStanding() {
        return switch (this) {
            case USED, AGED, LOST, DROPPED -> true;
            case UNANSWERED, MISSED, FAILED -> false;
        };
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
