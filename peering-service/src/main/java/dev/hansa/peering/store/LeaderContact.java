package dev.hansa.peering.store;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.DivisionInfo;

/// Keeps when this server has heard the one that leads, and the one before. Looked at on one
/// thread, asked on any.
final class LeaderContact {
    private volatile long heardAt = System.nanoTime();
    private volatile long formerHeardAt = System.nanoTime();
    private Leadership last = Leadership.NONE;

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

    Contact of(Leadership now) {
        return now.own()
                ? Contact.LEADING
                : new Contact(
                        now.leader().isPresent(), Duration.ofNanos(System.nanoTime() - heardAt));
    }
}
