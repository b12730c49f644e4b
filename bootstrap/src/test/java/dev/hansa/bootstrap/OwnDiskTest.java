package dev.hansa.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnDiskTest {
    @TempDir Path folder;

    @Test
    void fileIsItsOwnersAloneAndReplacedWhole() throws Exception {
        var file = folder.resolve("a");

        OwnDisk.write(file, new byte[] {1});
        OwnDisk.write(file, new byte[] {2});

        assertThat(file).hasBinaryContent(new byte[] {2});
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(folder).isDirectoryNotContaining("glob:**.new");
    }

    /// A process that is killed while it writes leaves a file under a name that no later one has.
    @Test
    void whatAKilledProcessLeftIsRemovedByALaterWriteAndWhatIsBeingWrittenIsNot() throws Exception {
        var left = Files.writeString(folder.resolve("a.4711.new"), "a key");
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofMinutes(11))));
        var written = Files.writeString(folder.resolve("a.4712.new"), "a key");
        var other = Files.writeString(folder.resolve("b.4711.new"), "of another file");
        Files.setLastModifiedTime(
                other, FileTime.from(Instant.now().minus(Duration.ofMinutes(11))));

        OwnDisk.write(folder.resolve("a"), new byte[] {1});

        assertThat(left).doesNotExist();
        assertThat(written).exists();
        assertThat(other).exists();
    }

    private static String permissions(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void folderOfOursBecomesOurs() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThat(OwnDisk.ownFolder(folder)).isEmpty();
        assertThat(permissions(folder)).isEqualTo("rwx------");
    }

    /// Nobody may change what is in `/proc`, and others may look into it.
    @Test
    void folderThatIsNotOursToChangeStaysAsItIs() throws Exception {
        var process = Path.of("/proc/self");
        assumeTrue(Files.isDirectory(process), "no /proc");

        assertThat(OwnDisk.ownFolder(process)).isEmpty();
        assertThat(permissions(process)).isEqualTo("r-xr-xr-x");
    }

    @Test
    void fileIsOursFromTheBeginningAndOneThatIsThereBecomesSo() throws Exception {
        var file = OwnDisk.ownFile(folder.resolve("a"));
        assertThat(permissions(file)).isEqualTo("rw-------");

        Files.writeString(file, "a");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        assertThat(OwnDisk.ownFile(file)).isEqualTo(file).hasContent("a");
        assertThat(permissions(file)).isEqualTo("rw-------");
    }
}
