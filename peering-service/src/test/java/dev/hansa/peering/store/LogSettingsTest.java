package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogSettingsTest {
    @TempDir Path folder;

    private RaftProperties properties() {
        return LogSettings.DEFAULT.properties(
                folder, InetSocketAddress.createUnresolved("127.0.0.1", 8300), false);
    }

    /// Seen in a soak only: a member whose one append had failed took none for a quarter of an
    /// hour.
    @Test
    void failedAppendFailsNoneAfterIt() {
        assertThat(RaftServerConfigKeys.Log.appendEntriesComposeEnabled(properties())).isFalse();
    }

    /// A member that looks twice, and two that stood at the same time and stand once more: less
    /// than the 5 s that writes may wait when a leader dies, with a second for the rest.
    @Test
    void electionThatHasToBeRepeatedTakesLessThanWritesMayWait() {
        var longest = LogSettings.DEFAULT.longest();

        assertThat(longest.multipliedBy(3)).isLessThan(Duration.ofSeconds(4));
        assertThat(RaftServerConfigKeys.Rpc.timeoutMax(properties()).toLong(TimeUnit.MILLISECONDS))
                .isEqualTo(longest.toMillis());
        assertThat(LogSettings.DEFAULT.confirmation()).isGreaterThan(longest.multipliedBy(2));
    }

    /// Where it has the most of the log, nobody else can.
    @Test
    void oneThatHasLostItsMajorityMayStandAgainBeforeWritesWait() {
        assertThat(
                        RaftServerConfigKeys.LeaderElection.leaderStepDownWaitTime(properties())
                                .toLong(TimeUnit.MILLISECONDS))
                .isEqualTo(2_400);
        // one that nobody else could lead for is left alone when it was paused
        assertThat(
                        RaftServerConfigKeys.LeaderElection.leaderStepDownWaitTime(
                                        LogSettings.DEFAULT.properties(
                                                folder,
                                                InetSocketAddress.createUnresolved(
                                                        "127.0.0.1", 8300),
                                                true))
                                .toLong(TimeUnit.SECONDS))
                .isEqualTo(10);
        assertThat(
                        RaftServerConfigKeys.sleepDeviationThreshold(properties())
                                .toLong(TimeUnit.MILLISECONDS))
                .isEqualTo(1_200);
    }

    /// The library sends one in half of it, so that one may be lost.
    @Test
    void leaderThatIsLateWithOneHeartbeatIsNotReplaced() {
        assertThat(RaftServerConfigKeys.Rpc.timeoutMin(properties()).toLong(TimeUnit.MILLISECONDS))
                .isEqualTo(800);
    }

    /// A restore of a gigabyte takes minutes on a slow disk, which no test waits for.
    @Test
    void writeIsRememberedForLongerThanAnybodyAsksForItAgain() {
        var remembered =
                RaftServerConfigKeys.RetryCache.expiryTime(properties())
                        .toLong(TimeUnit.MILLISECONDS);

        assertThat(Duration.ofMillis(remembered))
                .isGreaterThan(RaftStore.RESTORE_LIMIT)
                .isGreaterThan(RaftStore.WRITE_LIMIT);
    }
}
