package dev.hansa.peering.store;

import java.time.Duration;
import org.apache.ratis.protocol.RaftGroupMemberId;

/// The thread that writes the log. It waits for work a second at a time and looks only then whether
/// it is to end, and a server that is told to stop does not want to wait for that.
final class LogWriter {
    /// What was agreed on is applied well before.
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private static final int LOOK_MILLIS = 5;

    private LogWriter() {}

    /// Returns when `closing` has ended. The writer is woken while it waits, never while it writes:
    /// an interrupted write would close the file under it.
    static void wake(RaftGroupMemberId member, ReplicaMachine machine, Thread closing)
            throws InterruptedException {
        machine.awaitEnd(LIMIT);
        var name = member + "-SegmentedRaftLogWorker";
        while (!closing.join(Duration.ofMillis(LOOK_MILLIS))) {
            for (var thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals(name)
                        && thread.getState() == Thread.State.TIMED_WAITING) {
                    thread.interrupt();
                }
            }
        }
    }
}
