package dev.hansa.cli.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SidecarHomeTest {
    @TempDir private Path all;

    @Test
    void longIdHasAFolderThatLeavesRoomForASocket() throws Exception {
        var dots = "a.".repeat(100);
        var other = "b.".repeat(100);

        var home = SidecarHome.of(all, dots);
        var _ = SidecarHome.of(all, other);
        var _ = SidecarHome.of(all, "web.1");

        var folder = all.relativize(home.settingsFile()).getName(0).toString();
        // the path of a socket has at most 107 bytes
        assertThat(("/var/lib/hansa/agent/sidecars/" + folder + "/data/hand-over.sock").length())
                .isLessThanOrEqualTo(107);
        assertThat(SidecarHome.ids(all)).containsExactlyInAnyOrder(dots, other, "web.1");
    }

    @Test
    void everyProcessThatLivesIsOnTheDisk() throws Exception {
        var home = SidecarHome.of(all, "web");
        var marks = List.of(new SidecarHome.Mark(7, 70, "new"), new SidecarHome.Mark(6, 60, "old"));

        home.mark(marks);

        assertThat(SidecarHome.of(all, "web").marks()).isEqualTo(marks);
    }
}
