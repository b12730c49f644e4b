package dev.hansa.peering.store;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/// The log's limits and times, each with its reason.
///
/// @param entriesBetweenCopies a copy of the state lets the log forget what is before it: a restart
///   replays so many at most
/// @param entriesKept of the log's beginning, for a member that was away for a while and needs no
///   whole copy then
/// @param election a leader that says nothing for so long is replaced: shorter, and a pause of the
///   collector or a busy disk would elect; longer, and writes wait
record LogSettings(int entriesBetweenCopies, int entriesKept, Duration election) {
    static final LogSettings DEFAULT = new LogSettings(10_000, 10_000, Duration.ofMillis(800));

    /// The library has a member sleep for a time by chance, of `election` to so many times as long,
    /// and stand for election when it has heard nobody all the while. A leader mostly dies inside
    /// such a time, so that it takes two of them: 2.4 s at most, with 0.1 s for the votes. Where
    /// two members stand at once nobody wins, and it takes one more: narrower, and that would be
    /// often.
    private static final double SPREAD = 1.5;

    /// A server alone asks nobody.
    private static final Duration ALONE = Duration.ofMillis(1);

    /// The library would close a log whose process was paused for a minute (a stopped VM, SIGSTOP):
    /// it is late then and not wrong, and whoever leads by now says so.
    private static final TimeDuration NO_PAUSE_IS_TOO_LONG =
            TimeDuration.valueOf(36_500, TimeUnit.DAYS);

    private static final int COPIES_KEPT = 2;

    private static final SizeInBytes SEGMENT = SizeInBytes.valueOf("8MB");

    private static final SizeInBytes PREALLOCATED = SizeInBytes.valueOf("1MB");

    /// An entry and its frame have to fit, and four of them.
    private static final SizeInBytes WRITE_BUFFER = SizeInBytes.valueOf("8MB");

    private static final SizeInBytes BATCH = SizeInBytes.valueOf("4MB");

    private static final SizeInBytes MESSAGE = SizeInBytes.valueOf("16MB");

    /// What is cached of the log for members that lag.
    private static final SizeInBytes CACHE = SizeInBytes.valueOf("32MB");

    /// Writes that wait at one time, and their bytes. A leader that is cut off has taken so many at
    /// most before it stops leading, and has to be taken back so many.
    static final int WAITING = 256;

    /// A member whose log ends otherwise than the leader's is asked one entry further back each
    /// time, and each answer counts as an error. The library would wait a second after ten errors
    /// and five after thirty, those of a member that is dead included: one that was cut off while
    /// it led stayed away for minutes, and no majority was left when the next one died. Two hundred
    /// times a second costs a leader whose member is dead a few percent of a processor.
    private static final String AGAIN = "5ms,1000000000";

    /// A write that is asked for again, because its answer is late or its leader has gone, happens
    /// once for as long as its number is remembered, from the moment it was first asked for: longer
    /// than anybody asks again, which is longest for the commit of a restore. The library would
    /// forget after a minute, take such a commit for another one, and refuse it. Each number costs
    /// about half a kilobyte of heap at each member until then: 40 MB where 250 are written a
    /// second, which is the most that two cores were seen to write, and 165 MB where one address
    /// writes as many as `http.max-write-rate` lets it.
    static final Duration REMEMBERED = RaftStore.RESTORE_LIMIT.plusSeconds(30);

    private static final SizeInBytes WAITING_BYTES = SizeInBytes.valueOf("32MB");

    /// Until a read is refused that no majority has confirmed: longer than a leader goes on that
    /// hears nobody, so that what can still be answered by it is; and no longer than an attempt to
    /// ask a leader for a write takes, about.
    Duration confirmation() {
        return election.multipliedBy(4);
    }

    /// Also for how long a leader goes on that hears nobody.
    Duration longest() {
        return Duration.ofMillis((long) (election.toMillis() * SPREAD));
    }

    /// @param alone whether this server is the only member
    RaftProperties properties(Path directory, InetSocketAddress listen, boolean alone) {
        var properties = new RaftProperties();
        RaftServerConfigKeys.setStorageDir(properties, List.of(directory.toFile()));
        times(properties, alone);
        RaftServerConfigKeys.setCloseThreshold(properties, NO_PAUSE_IS_TOO_LONG);
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SEGMENT);
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, PREALLOCATED);
        // The library (3.3.0) would put a member's appends in a row, each behind the one before.
        // One
        // that failed failed all after it, for good: the member stayed behind while the leader sent
        // it everything again 200 times a second. And one that began where another still waited to
        // be written was answered by that one's success, whatever its leader had sent.
        RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(properties, false);
        // an entry for each commit would cost each write a second sync, and a start does without
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, WRITE_BUFFER);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, CACHE);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, entriesKept);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, BATCH);
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, AGAIN);
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, entriesBetweenCopies);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, COPIES_KEPT);
        RaftServerConfigKeys.Write.setElementLimit(properties, WAITING);
        RaftServerConfigKeys.Write.setByteLimit(properties, WAITING_BYTES);
        RaftServerConfigKeys.RetryCache.setExpiryTime(properties, duration(REMEMBERED));
        RaftServerConfigKeys.Read.setOption(
                properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        GrpcConfigKeys.setMessageSizeMax(properties, MESSAGE);
        GrpcConfigKeys.Server.setHost(properties, listen.getHostString());
        GrpcConfigKeys.Server.setPort(properties, listen.getPort());
        return properties;
    }

    private void times(RaftProperties properties, boolean alone) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, duration(election));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, duration(longest()));
        // Who starts has heard no leader whose pause he could mistake for its death. Where there is
        // one, those who hear it refuse to vote before he has changed anything.
        var first = alone ? ALONE : election.dividedBy(2);
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, duration(first));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
                properties, duration(first.multipliedBy(2)));
        RaftServerConfigKeys.Rpc.setRequestTimeout(properties, duration(election));
        if (!alone) {
            // One that has led and lost its majority lets the others stand first, once: longer, and
            // where it has the most of the log nobody could be elected. A leader whose process was
            // paused for so long steps down too, as it would for want of answers.
            RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
                    properties, duration(longest().multipliedBy(2)));
        }
        // Whoever has slept for longer than he wanted would sleep once more before he looks. On a
        // busy machine each does, and he asks the others before he stands.
        RaftServerConfigKeys.setSleepDeviationThreshold(properties, duration(longest()));
    }

    private static TimeDuration duration(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
