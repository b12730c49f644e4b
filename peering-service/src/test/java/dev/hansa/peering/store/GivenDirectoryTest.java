package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A data directory that is another's and our group's to write to, as the root of a volume is in a
/// pod with `fsGroup`. The other user here has no name, and ours is root without what makes it more
/// than others.
class GivenDirectoryTest {
    private static final int ANOTHER = 42_424;

    private static final List<String> AS_ANY_USER =
            List.of(
                    "setpriv",
                    "--inh-caps=-all",
                    "--bounding-set=-chown,-fowner,-dac_override,-dac_read_search");

    @TempDir Path folder;

    @BeforeEach
    void weAreRoot() throws Exception {
        if (!(Files.getAttribute(folder, "unix:uid") instanceof Integer uid && uid == 0)) {
            skip("root, which may give a folder away; found another user");
        }
        try {
            new ProcessBuilder("setpriv", "--version")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            skip("setpriv; found " + e.getMessage());
        }
    }

    private static void skip(String what) {
        System.err.println("*** GivenDirectoryTest SKIPPED, nothing was proved: expected " + what);
        abort(what);
    }

    private List<String> opened(int mode) throws Exception {
        Files.setAttribute(folder, "unix:uid", ANOTHER);
        Files.setAttribute(folder, "unix:mode", mode);
        try {
            var child = ChildJvm.start(AS_ANY_USER, Opener.class, folder);
            try (var lines = child.inputReader()) {
                return lines.lines().toList();
            } finally {
                child.waitFor();
                assertThat((int) Files.getAttribute(folder, "unix:mode") & 07777).isEqualTo(mode);
            }
        } finally {
            Files.setAttribute(folder, "unix:uid", 0);
        }
    }

    /// The first as some drivers make a volume, the second as a kubelet makes it of a new file
    /// system.
    @ParameterizedTest
    @ValueSource(ints = {02770, 02775})
    void serverStartsAndWhatItWritesIsItsOwnAlone(int mode) throws Exception {
        var written = opened(mode);

        assertThat(written)
                .contains(
                        "rw------- hansa.db",
                        "rw------- hansa.db-wal",
                        "rw------- lock",
                        "rwx------ raft",
                        "rw------- secrets.key")
                .allMatch(one -> one.startsWith("rw------- ") || one.startsWith("rwx------ "));
    }

    @Test
    void whereOthersMayWriteItDoesNotStart() throws Exception {
        assertThat(opened(02777))
                .containsExactly(
                        "data directory '"
                                + folder
                                + "': expected one of this process's user, or one that others may not write to;"
                                + " found rwxrwxrwx of '"
                                + ANOTHER
                                + "': name a folder in it");
    }

    static final class Opener {
        public static void main(String[] arguments) throws IOException {
            var folder = Path.of(arguments[0]);
            try (var store = TestStore.open(folder);
                    var all = Files.list(folder)) {
                store.apply(
                        new StoreCommand.PutConfig(
                                "service-resolver", "s", "{}", OptionalLong.empty()));
                for (var one : all.toList()) {
                    System.out.println(
                            PosixFilePermissions.toString(Files.getPosixFilePermissions(one))
                                    + " "
                                    + one.getFileName());
                }
            } catch (StoreFailure e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
