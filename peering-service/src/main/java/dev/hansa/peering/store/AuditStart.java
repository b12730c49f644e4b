package dev.hansa.peering.store;

import java.time.Duration;

/// Waits until the audit log may begin: until all members can read what its records rest on, which
/// an older build cannot and would stop at. Then whoever leads begins it, once for all times.
final class AuditStart implements AutoCloseable {
    /// How late it begins at most, after the last member was upgraded.
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final RaftStore store;
    private final Thread thread;

    private AuditStart(RaftStore store) {
        this.store = store;
        this.thread = Thread.ofVirtual().name("audit-start").unstarted(this::run);
    }

    static AuditStart of(RaftStore store) {
        var waiting = new AuditStart(store);
        waiting.thread.start();
        return waiting;
    }

    private void run() {
        try {
            while (!store.hasAudit()) {
                look();
                Thread.sleep(LOOK_EVERY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// A server that is alone begins with its first act.
    private void look() {
        var members = store.members();
        try {
            var leadership = members.leadership().get();
            if (leadership.own() && !members.isAlone() && members.readAlike()) {
                store.beginAudit(leadership.term());
            }
        } catch (StoreFailure _) {
            // another leads by now, or nobody: the next look finds who
            return;
        }
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
