package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogSettingsTest {
    /// Seen in a soak only: a member whose one append had failed took none for a quarter of an
    /// hour.
    @Test
    void failedAppendFailsNoneAfterIt(@TempDir Path folder) {
        var properties =
                LogSettings.DEFAULT.properties(
                        folder, InetSocketAddress.createUnresolved("127.0.0.1", 8300), false);

        assertThat(RaftServerConfigKeys.Log.appendEntriesComposeEnabled(properties)).isFalse();
    }
}
