package dev.hansa.peering.audit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// How often what was refused or denied may have a record: whoever may do little can be refused a
/// thousand times in a second, and must neither keep the disk busy nor fill the log. Each caller
/// has an allowance, and all of a server together have one; what is above it is counted.
public final class Pace {
    /// Ten at once, and one more each six seconds: whoever reads the log sees what somebody tries.
    private static final int BURST = 10;

    private static final long PAUSE_NANOS = 6_000_000_000L;

    /// Three such callers at a time, however many names or addresses they go by: with three servers
    /// 20,000 records last for two hours and more of it.
    private static final int ALL = 3;

    /// Callers that are told apart at a time; who was away for longest begins anew.
    private static final int CALLERS = 1_000;

    private final LongSupplier nanos;
    private final Allowance all;
    private final Map<String, Allowance> callers =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Allowance> eldest) {
                    return size() > CALLERS;
                }
            };

    /// @param nanos as `System.nanoTime`
    public Pace(LongSupplier nanos) {
        this.nanos = nanos;
        this.all = new Allowance(ALL, nanos.getAsLong());
    }

    private static final class Allowance {
        private final int share;
        private long left;
        private long lastLook;
        private long untold;

        Allowance(int share, long now) {
            this.share = share;
            this.left = BURST * PAUSE_NANOS;
            this.lastLook = now;
        }

        boolean has(long now) {
            left = Math.min(BURST * PAUSE_NANOS, left + (now - lastLook));
            lastLook = now;
            return left >= PAUSE_NANOS / share;
        }

        void take() {
            left -= PAUSE_NANOS / share;
        }
    }

    /// What a caller's next refusal may say.
    public final class Ticket {
        private final Allowance caller;
        private final boolean quiet;
        private final long untold;

        private Ticket(Allowance caller, boolean quiet, long untold) {
            this.caller = caller;
            this.quiet = quiet;
            this.untold = untold;
        }

        /// Whether it is to have no record.
        public boolean quiet() {
            return quiet;
        }

        /// How many had none since the last that had one.
        public long untold() {
            return untold;
        }

        /// It was refused.
        public void refused() {
            synchronized (Pace.this) {
                if (quiet) {
                    caller.untold++;
                } else {
                    caller.take();
                    all.take();
                }
            }
        }

        /// It was, and there was no room for a record of it.
        public void lost() {
            synchronized (Pace.this) {
                caller.untold += untold + 1;
            }
        }

        /// It was not, or nobody knows: the next one tells what this would have.
        public void unused() {
            synchronized (Pace.this) {
                caller.untold += untold;
            }
        }
    }

    /// For what a caller asks now.
    public synchronized Ticket ticket(String caller) {
        var now = nanos.getAsLong();
        var own = callers.computeIfAbsent(caller, _ -> new Allowance(1, now));
        // both look, so that both know the time
        var mayOwn = own.has(now);
        var quiet = !all.has(now) || !mayOwn;
        var ticket = new Ticket(own, quiet, quiet ? 0 : own.untold);
        if (!quiet) {
            own.untold = 0;
        }
        return ticket;
    }
}
