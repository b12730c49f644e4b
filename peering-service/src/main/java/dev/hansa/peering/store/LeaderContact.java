package dev.hansa.peering.store;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.DivisionInfo;

/// Keeps when this server has heard the one that leads, and the one before. Looked at on one
/// thread, asked on any.
final class LeaderContact {
    /// What a process has sent before it died may be read after its connections have ended. One
    /// that lives says something twice in [LogSettings#election].
    private static final Duration STILL_COMING = Duration.ofMillis(100);

    private volatile long heardAt = System.nanoTime();
    private volatile long formerHeardAt = System.nanoTime();
    private volatile Ended ended = new Ended("", heardAt);
    private Leadership last = Leadership.NONE;

    private record Ended(String leader, long at) {}

    /// @param now what was found out of who leads, as of `info`
    void look(DivisionInfo info, Leadership now) {
        if (last.isOver(now)) {
            formerHeardAt = heardAt;
        }
        if (now.leader().isPresent()) {
            last = now;
        }
        if (now.own()) {
            heardAt = System.nanoTime();
        } else if (now.leader().isPresent()) {
            var role = info.getRoleInfoProto();
            if (role.hasFollowerInfo()) {
                var silence = role.getFollowerInfo().getLeaderInfo().getLastRpcElapsedTimeMs();
                heardAt = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(silence);
            }
        }
    }

    /// Since the one was heard that led before the one that leads, or led the last time.
    Duration silenceOfFormer() {
        return Duration.ofNanos(System.nanoTime() - formerHeardAt);
    }

    /// The connection has ended that this one told over, on any thread.
    void ended(String leader) {
        ended = new Ended(leader, System.nanoTime());
    }

    /// Whether that has happened, and nothing was heard of it since.
    ///
    /// @param silence since it was heard last
    boolean hasEnded(String leader, Duration silence) {
        var last = ended;
        var since = System.nanoTime() - last.at();
        return last.leader().equals(leader)
                && silence.compareTo(STILL_COMING) >= 0
                && since - silence.toNanos() <= STILL_COMING.toNanos();
    }

    Contact of(Leadership now) {
        return now.own()
                ? Contact.LEADING
                : new Contact(
                        now.leader().isPresent(), Duration.ofNanos(System.nanoTime() - heardAt));
    }
}
