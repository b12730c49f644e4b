package dev.hansa.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkDirectoryTest {
    /// Beyond the largest process id that Linux gives.
    private static final String DEAD = "hansa-demo-4194999";

    @TempDir private Path temporary;

    @Test
    void directoryIsGoneAtTheEnd() throws IOException {
        var work = WorkDirectory.create(temporary, false);
        Files.writeString(Files.createDirectory(work.path().resolve("eks")).resolve("a.log"), "x");

        work.close();

        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void directoryOfADeadDemoGoesAtTheNextStartAndOtherThingsStay() throws IOException {
        Files.writeString(Files.createDirectory(temporary.resolve(DEAD)).resolve("a.log"), "x");
        Files.createDirectory(temporary.resolve("hansa-demo-notes"));
        Files.createDirectory(temporary.resolve("hansa-demo-1"));

        var work = WorkDirectory.create(temporary, false);

        assertThat(temporary.resolve(DEAD)).doesNotExist();
        assertThat(temporary.resolve("hansa-demo-notes")).exists();
        assertThat(temporary.resolve("hansa-demo-1")).as("pid 1 lives").exists();
        work.close();
    }

    @Test
    void keptDirectoryStays() throws IOException {
        var work = WorkDirectory.create(temporary, true);
        work.close();

        assertThat(work.path()).exists();
    }
}
