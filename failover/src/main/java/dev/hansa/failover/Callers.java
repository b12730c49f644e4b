package dev.hansa.failover;

import dev.hansa.trustbundle.SpiffeId;
import java.util.HashSet;
import java.util.List;

/// Who has called the service of one sidecar since it started, of those who were let in.
///
/// @param each at most [#MOST], each identity once
/// @param beyond all that there was no place for, together
public record Callers(List<OfCaller> each, Count beyond) {
    /// A service has a handful of callers. A peer's authority can make any number of names, and
    /// what one sidecar tells must stay small.
    public static final int MOST = 128;

    /// Of an identity as a URI: a trust domain, a path of four short names. A longer one is counted
    /// among those beyond.
    public static final int MAX_IDENTITY = 512;

    public static final Callers NONE = new Callers(List.of(), Count.NONE);

    /// @throws IllegalArgumentException for more than [#MOST], and for one that is there twice
    public Callers {
        each = List.copyOf(each);
        if (each.size() > MOST) {
            throw new IllegalArgumentException(
                    "callers: expected at most " + MOST + "; found " + each.size());
        }
        var names = new HashSet<SpiffeId>();
        for (var one : each) {
            if (!names.add(one.id())) {
                throw new IllegalArgumentException(
                        "callers: expected each once; found '" + one.id() + "' again");
            }
        }
    }

    public record OfCaller(SpiffeId id, Count count) {}

    /// Connections.
    ///
    /// @param open those that stand
    /// @param carried all that there have been; only grows
    public record Count(long open, long carried) {
        /// No proxy lives to see more, a reader of JSON counts no further exactly, and two of them
        /// can be added.
        public static final long MOST = 1L << 53;

        public static final Count NONE = new Count(0, 0);

        /// @throws IllegalArgumentException for a count below 0 or above [#MOST]
        public Count {
            if (Math.min(open, carried) < 0 || Math.max(open, carried) > MOST) {
                throw new IllegalArgumentException(
                        "callers: expected counts from 0 to "
                                + MOST
                                + "; found "
                                + open
                                + " open and "
                                + carried
                                + " carried");
            }
        }

        /// At most [#MOST] of each: what one sidecar says must not fail the sum.
        public Count plus(Count other) {
            return new Count(
                    Math.min(MOST, open + other.open), Math.min(MOST, carried + other.carried));
        }
    }
}
