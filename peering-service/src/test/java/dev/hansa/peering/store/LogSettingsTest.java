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
