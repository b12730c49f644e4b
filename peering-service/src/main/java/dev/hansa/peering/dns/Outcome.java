package dev.hansa.peering.dns;

import java.util.Locale;

/// How a packet was dealt with; what it is counted under.
public enum Outcome {
    /// There is something of that name and type.
    ANSWERED,
    /// Answered in part, since it was too long.
    TRUNCATED,
    /// The name is there, with nothing of that type.
    NO_DATA,
    /// There is no such name, or nothing of it may be called.
    NO_NAME,
    /// Not a name of ours, or not a thing that is handed out.
    REFUSED,
    /// A kind of query that nobody needs here.
    NOT_IMPLEMENTED,
    /// A version of EDNS that is not known yet.
    BAD_VERSION,
    /// No query.
    MALFORMED,
    /// Not answered, as it must not be.
    IGNORED,
    /// Not answered, as too many answers wait to be sent.
    DROPPED,
    /// A defect of ours.
    FAILED;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
