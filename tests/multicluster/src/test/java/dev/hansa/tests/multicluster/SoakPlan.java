package dev.hansa.tests.multicluster;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/// What is done to the two datacenters, as a seed alone decides it: each fault has a generator of
/// its own, so that its kind, its victim, how long it is held and when it is due are the same
/// whatever the run does meanwhile. What a seed cannot repeat: which server leads when the victim
/// is the leader, for how long a fault waits until the one before it at the same place is over, and
/// how the processes interleave. Kinds that a machine cannot make are not drawn, which is another
/// sequence.
final class SoakPlan {
    enum Kind {
        SERVER_KILLED,
        SERVER_PAUSED,
        SERVER_CUT_OFF,
        /// What it sends to the others is lost; it hears them.
        SERVER_HEARING_NOT_HEARD,
        /// What the others send to it is lost; they hear it.
        SERVER_HEARD_NOT_HEARING,
        SERVER_REFUSED,
        SERVER_UNPLUGGED,
        SERVER_LOSES_PACKETS,
        /// Its clock is an hour off, and right again.
        SERVER_CLOCK_OFF,
        /// Nothing is left on its disk, and then there is room again.
        SERVER_DISK_FULL,
        ALL_SERVERS_OF_A_PEER_KILLED,
        GATEWAY_KILLED,
        LOCAL_INSTANCE_KILLED,
        LINK_CUT,
        LINK_REFUSED,
        /// The one end of each connection is gone, and the other end is not told.
        LINK_HALF_OPEN,
        LINK_LOSES_PACKETS,
        LINK_SLOW,
        /// All that one side sends takes longer.
        LINK_DELAYED
    }

    /// @param isInEks of the two datacenters, where a kind may happen in either
    /// @param holdMillis from its beginning to its end, without what starts anew
    /// @param victim the number of a server; from as many as there are on: whoever leads then
    /// @param pauseMillis until the next one is due
    /// @param hoursOff of a clock: 1 ahead or 1 behind
    record Fault(
            Kind kind,
            boolean isInEks,
            int holdMillis,
            int victim,
            int pauseMillis,
            int hoursOff) {}

    private static final int HOLD_MILLIS = 5_000;

    /// At most, and at least half of it. Two faults of five start a process anew, or three, which
    /// takes ten seconds of a slow processor each until it is warm.
    private static final int EVERY_MILLIS = 9_000;

    private final SplittableRandom seeds;
    private final int servers;
    private final List<Kind> kinds;

    /// @param servers in each datacenter
    /// @param impossible what this machine cannot make
    SoakPlan(long seed, int servers, Set<Kind> impossible) {
        this.seeds = new SplittableRandom(seed);
        this.servers = servers;
        this.kinds =
                List.of(Kind.values()).stream().filter(kind -> !impossible.contains(kind)).toList();
    }

    Fault next() {
        var random = seeds.split();
        return new Fault(
                kinds.get(random.nextInt(kinds.size())),
                random.nextBoolean(),
                random.nextInt(HOLD_MILLIS / 10, HOLD_MILLIS),
                // the leader more often than by chance
                random.nextInt(servers * 2),
                random.nextInt(EVERY_MILLIS / 2, EVERY_MILLIS),
                random.nextBoolean() ? 1 : -1);
    }
}
