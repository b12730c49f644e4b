package dev.hansa.gateway.route;

import dev.hansa.exportedservices.Endpoint;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What a proxy sees itself of the ways that it takes: how long each usually needs to answer, and
/// which has failed. The rule:
///
/// - A way that failed is suspect until it answers again within its head start, or until the server
///   says something new about it. Suspect ways are tried after all others, never left out.
/// - While there are others, one connection at a time tries it beside one of them ([#tryProbe]), at
///   the earliest after [#FIRST_BACK_OFF], then after twice as long each time, up to
///   [#MAX_BACK_OFF].
/// - The next way may start beside this one after its head start: four times what it usually needs,
///   within [#MIN_HEAD_START] and [#MAX_HEAD_START]; [#UNKNOWN_HEAD_START] where nothing is known.
///   A way that was late of late gets more, twice its [#peak][Seen#peak]: a machine that is busy
///   now and then makes its peers wait, and who waits for it a little longer stays at home.
/// - Behind a way to a peer's gateway are several instances, which cannot be told apart from here.
///   What may be the failure of one of them ([Sign#isOfTheAddress] is false) makes the way suspect
///   only when nobody has had an answer in time from the same target since the attempt began; or,
///   when others of its addresses have given one, when it is the second in a row here
///   ([#failedBehind]).
/// - One of those that were overtaken goes on ([#tryLinger]), so that a way that was only late is
///   good again as soon as it has answered, and has taught how late it can be.
///
/// Times are those of [System#nanoTime], passed in. Safe for all event loops; nothing here waits.
public final class PassiveHealth {
    /// A busy machine's loop may be late by so much, and is not dead.
    public static final Duration MIN_HEAD_START = Duration.ofMillis(20);

    /// As browsers give an address before they try the next (RFC 8305); two round trips to another
    /// continent, which is what a first handshake needs.
    public static final Duration UNKNOWN_HEAD_START = Duration.ofMillis(250);

    /// Who usually needs longer than a quarter of this is not waited for longer than this.
    public static final Duration MAX_HEAD_START = Duration.ofSeconds(1);

    /// What is kept of the latest answer is this at most: what lies between two datacenters of one
    /// continent, or a pause of a process that is well. Twice this is less than what one waits for
    /// the unknown.
    public static final Duration MAX_PEAK = Duration.ofMillis(100);

    /// A peak is worth half after this long: a machine that stalls once a minute is waited for, one
    /// that did so at its start no longer.
    public static final Duration PEAK_HALF_LIFE = Duration.ofSeconds(20);

    private static final int PEAK_TIMES = 2;

    public static final Duration FIRST_BACK_OFF = Duration.ofMillis(250);

    /// A way that has come back is in use again after at most this, for one probe in this time.
    public static final Duration MAX_BACK_OFF = Duration.ofSeconds(10);

    /// Handshakes that the usual time is the median of: one slow one changes nothing, four do.
    private static final int WINDOW = 8;

    private static final int HEAD_START_TIMES = 4;

    /// Failures behind one address, with no answer between, while its target answers by others: of
    /// three instances one is met twice by one caller in nine, and an address that is dead itself
    /// costs two head starts.
    static final int IN_A_ROW = 2;

    /// More than a datacenter's gateways and one service's instances; others are tried as if
    /// nothing was known.
    static final int MAX_WAYS = 4096;

    private final Watcher watcher;
    private final Map<Way, Seen> ways = new LinkedHashMap<>();
    private Map<Way, Boolean> listed = Map.of();
    private int suspects;

    /// One address as one target's: the same gateway may reach one peer and not another.
    ///
    /// @param target its label; empty where the address alone counts
    public record Way(String target, Endpoint address) {
        @Override
        public String toString() {
            return target.isEmpty() ? address.toString() : target + " at " + address;
        }
    }

    /// How an attempt has failed.
    public enum Sign {
        /// The connection was refused: nobody listens there.
        REFUSED,
        /// Nobody answered the connection at all.
        UNREACHED,
        /// Connected, and then closed or reset before the end of the handshake.
        CLOSED,
        /// A TLS alert, or somebody else's certificate.
        REJECTED,
        /// Connected, and then no handshake while another way had its own.
        SILENT;

        /// Whether it tells of the address that was connected to, whatever is behind it.
        public boolean isOfTheAddress() {
            return switch (this) {
                case REFUSED, UNREACHED -> true;
                case CLOSED, REJECTED, SILENT -> false;
            };
        }

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Why a way is suspect.
    ///
    /// @param failures one after another
    /// @param since ago
    /// @param nextProbe from now; zero when the next connection makes it
    public record Suspicion(Sign sign, int failures, Duration since, Duration nextProbe) {}

    /// What is known of a way.
    ///
    /// @param usual empty while it has not answered
    public record View(Optional<Duration> usual, Optional<Suspicion> suspicion) {
        static final View UNKNOWN = new View(Optional.empty(), Optional.empty());
    }

    /// Told when a way becomes suspect or is so no longer; must not wait.
    @FunctionalInterface
    public interface Watcher {
        /// @param sign empty: no longer
        /// @param suspects how many there are now
        void changed(Way way, Optional<Sign> sign, int suspects);
    }

    public PassiveHealth(Watcher watcher) {
        this.watcher = watcher;
    }

    /// A way has answered.
    ///
    /// @param tookNanos from the attempt's beginning
    public synchronized void answered(Way way, long tookNanos, long now) {
        var seen = seen(way);
        if (seen == null) {
            return;
        }
        var was = seen.sign;
        seen.add(tookNanos, now);
        var inTime = tookNanos <= seen.headStart(now);
        if (inTime) {
            seen.goodAt = OptionalLong.of(now);
            seen.vouchers = Math.min(seen.vouchers + 1, WINDOW);
            seen.missed = 0;
        }
        if (was == null) {
            return;
        }
        if (inTime) {
            clear(way, seen);
        } else {
            // it lives, and would be overtaken again
            suspect(way, seen, Sign.SILENT, now);
        }
    }

    /// A way has failed, or was overtaken after its head start.
    ///
    /// @param began when the attempt did: those that were under way together fail as one
    public synchronized void failed(Way way, Sign sign, long began, long now) {
        var seen = seen(way);
        if (seen == null) {
            return;
        }
        if (seen.sign != null && began - seen.lastSign < 0) {
            seen.sign = sign;
            return;
        }
        suspect(way, seen, sign, now);
    }

    /// An attempt by a way that leads to several instances has failed, or was overtaken after its
    /// head start; see the rule above.
    ///
    /// @param began when the first of the attempts did that one connection made by it in a row
    public synchronized void failedBehind(Way way, Sign sign, long began, long now) {
        var seen = seen(way);
        if (seen == null) {
            return;
        }
        if (seen.sign == null && !sign.isOfTheAddress()) {
            if (seen.isGoodSince(began)) {
                return;
            }
            seen.miss(began, now);
            if (seen.missed < IN_A_ROW && isTargetGoodSince(way.target(), began)) {
                return;
            }
        }
        failed(way, sign, began, now);
    }

    /// Whether an attempt that says nothing has met a bad instance of a way that leads to several:
    /// somebody else has had an answer in time by it since. Each answer vouches for one attempt, so
    /// a way gets at most twice the connections that it answers in time.
    ///
    /// @param began when the first of the attempts did that one connection made by it in a row
    public synchronized boolean tryVouched(Way way, long began) {
        var seen = ways.get(way);
        if (seen == null || seen.sign != null || seen.vouchers == 0 || !seen.isGoodSince(began)) {
            return false;
        }
        seen.vouchers--;
        return true;
    }

    private boolean isTargetGoodSince(String target, long began) {
        return ways.entrySet().stream()
                .anyMatch(entry ->
                        entry.getKey().target().equals(target)
                                && entry.getValue().isGoodSince(began));
    }

    private void suspect(Way way, Seen seen, Sign sign, long now) {
        var first = seen.sign == null;
        if (first) {
            seen.firstSign = now;
            suspects++;
        }
        seen.sign = sign;
        seen.lastSign = now;
        seen.failures++;
        seen.nextProbe = now + backOff(seen.failures);
        if (first) {
            watcher.changed(way, Optional.of(sign), suspects);
        }
    }

    private static long backOff(int failures) {
        // doubled so often it is beyond the limit
        var doublings = Math.min(failures - 1, 16);
        return Math.min(FIRST_BACK_OFF.toNanos() << doublings, MAX_BACK_OFF.toNanos());
    }

    private void clear(Way way, Seen seen) {
        seen.sign = null;
        seen.failures = 0;
        seen.missed = 0;
        seen.probing = false;
        suspects--;
        watcher.changed(way, Optional.empty(), suspects);
    }

    public synchronized boolean isSuspect(Way way) {
        var seen = ways.get(way);
        return seen != null && seen.sign != null;
    }

    /// Whether the caller may try a suspect way beside a good one, now; if so, nobody else may
    /// until [#probed].
    public synchronized boolean tryProbe(Way way, long now) {
        var seen = ways.get(way);
        if (seen == null || seen.sign == null || seen.probing || now - seen.nextProbe < 0) {
            return false;
        }
        seen.probing = true;
        return true;
    }

    /// Whether an attempt that was overtaken may go on, for the health of its way alone; if so, it
    /// is that way's probe until [#probed].
    public synchronized boolean tryLinger(Way way) {
        var seen = ways.get(way);
        if (seen == null || seen.sign == null || seen.probing) {
            return false;
        }
        seen.probing = true;
        return true;
    }

    /// A probe has ended, whatever it has come to.
    public synchronized void probed(Way way) {
        var seen = ways.get(way);
        if (seen != null) {
            seen.probing = false;
        }
    }

    /// How long a way may be silent before the next one starts, in nanoseconds.
    public synchronized long headStart(Way way, long now) {
        var seen = ways.get(way);
        return seen == null ? UNKNOWN_HEAD_START.toNanos() : seen.headStart(now);
    }

    /// A snapshot was taken. What it says anew of a way counts for more than what was seen before.
    ///
    /// @param now every way that it names, and whether it calls it healthy
    public synchronized void taken(Map<Way, Boolean> now) {
        var before = listed;
        listed = Map.copyOf(now);
        for (var way : ways.keySet().toArray(Way[]::new)) {
            var seen = ways.get(way);
            var said = listed.get(way);
            var changed = said == null || !said.equals(before.getOrDefault(way, said));
            if (seen != null && changed && seen.sign != null) {
                clear(way, seen);
            }
            if (said == null) {
                ways.remove(way);
            }
        }
    }

    public synchronized View view(Way way, long now) {
        var seen = ways.get(way);
        return seen == null ? View.UNKNOWN : seen.view(now);
    }

    private @Nullable Seen seen(Way way) {
        var known = ways.get(way);
        if (known != null || ways.size() >= MAX_WAYS) {
            return known;
        }
        var added = new Seen();
        ways.put(way, added);
        return added;
    }

    private static final class Seen {
        private final long[] times = new long[WINDOW];
        private int count;
        private long usual;
        private long peak;
        private long peakAt;
        private @Nullable Sign sign;
        private int failures;
        private long firstSign;
        private long lastSign;
        private long nextProbe;
        private boolean probing;

        /// The latest answer in time.
        private OptionalLong goodAt = OptionalLong.empty();

        /// Answers in time that have not vouched for anybody yet, at most [#WINDOW]: where more
        /// wait at once, the next answers come soon.
        private int vouchers;

        /// Failures behind it in a row; those that were under way together count as one.
        private int missed;

        private long lastMiss;

        boolean isGoodSince(long began) {
            return goodAt.isPresent() && goodAt.getAsLong() - began > 0;
        }

        void miss(long began, long now) {
            if (missed == 0 || began - lastMiss >= 0) {
                missed++;
            }
            lastMiss = now;
        }

        void add(long took, long now) {
            var late = Math.min(took, MAX_PEAK.toNanos());
            if (count == 0 || late >= peak(now)) {
                peak = late;
                peakAt = now;
            }
            times[count % WINDOW] = took;
            // keeps its place in the window whatever it comes to
            count = count + 1 == 2 * WINDOW ? WINDOW : count + 1;
            var sorted = Arrays.copyOf(times, Math.min(count, WINDOW));
            Arrays.sort(sorted);
            usual = sorted[sorted.length / 2];
        }

        /// The longest answer of late, fading.
        private long peak(long now) {
            var halves = (now - peakAt) / (double) PEAK_HALF_LIFE.toNanos();
            return (long) (peak * Math.pow(0.5, Math.max(0, halves)));
        }

        long headStart(long now) {
            return count == 0
                    ? UNKNOWN_HEAD_START.toNanos()
                    : Math.clamp(
                            Math.max(HEAD_START_TIMES * usual, PEAK_TIMES * peak(now)),
                            MIN_HEAD_START.toNanos(),
                            MAX_HEAD_START.toNanos());
        }

        View view(long now) {
            return new View(
                    count == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(usual)),
                    sign == null
                            ? Optional.empty()
                            : Optional.of(
                                    new Suspicion(
                                            sign,
                                            failures,
                                            Duration.ofNanos(now - firstSign),
                                            Duration.ofNanos(Math.max(0, nextProbe - now)))));
        }
    }
}
