package dev.hansa.cli.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.NodeRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceFolderTest {
    private final List<AgentEvent> events = new ArrayList<>();
    private final Path folder;
    private ServiceFolder services;

    ServiceFolderTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void open() {
        services =
                new ServiceFolder(
                        folder,
                        new NodeRecord("", "vm-1", "192.0.2.7", "", Map.of(), Map.of()),
                        events::add);
    }

    private void write(String file, String text) throws Exception {
        Files.writeString(folder.resolve(file), text);
    }

    private static String service(String name) {
        return "service { name = \"" + name + "\" port = 1 }";
    }

    @Test
    void fileThatIsMissedOnceMayBeWrittenAnew() throws Exception {
        write("a.hcl", service("a"));
        assertThat(services.read(false)).containsOnlyKeys("a");

        Files.delete(folder.resolve("a.hcl"));
        assertThat(services.read(false)).containsOnlyKeys("a");
        write("a.hcl", service("a"));
        assertThat(services.read(false)).containsOnlyKeys("a");

        Files.delete(folder.resolve("a.hcl"));
        assertThat(services.read(false)).containsOnlyKeys("a");
        assertThat(services.read(false)).isEmpty();
    }

    @Test
    void fileOfAnotherNameHasItsServicesAtOnceAndWithoutAComplaint() throws Exception {
        write("a.hcl", service("a"));
        var _ = services.read(false);

        Files.move(folder.resolve("a.hcl"), folder.resolve("b.hcl"));

        assertThat(services.read(false)).containsOnlyKeys("a");
        assertThat(services.read(false)).containsOnlyKeys("a");
        assertThat(events).isEmpty();
    }

    @Test
    void nothingGoesWhileAFileWasNeverReadWell() throws Exception {
        write("a.hcl", service("a"));
        var _ = services.read(false);
        assertThat(services.isComplete()).isTrue();

        write("b.hcl", "service { name = ");
        Files.delete(folder.resolve("a.hcl"));
        var _ = services.read(false);
        assertThat(services.read(false)).containsOnlyKeys("a");
        assertThat(services.isComplete()).isFalse();

        Files.delete(folder.resolve("b.hcl"));
        var _ = services.read(false);
        assertThat(services.read(false)).isEmpty();
        assertThat(services.isComplete()).isTrue();
    }

    @Test
    void whatIsNoFileIsRefusedByItselfAlone() throws Exception {
        Files.createDirectory(folder.resolve("a.hcl"));
        Files.createSymbolicLink(folder.resolve("b.hcl"), Path.of("/dev/zero"));
        write("c.hcl", service("c"));

        assertThat(services.read(false)).containsOnlyKeys("c");
        assertThat(services.isComplete()).isFalse();
        assertThat(events).hasSize(2).allMatch(one -> one.toString().contains("expected a file"));
    }

    @Test
    void idByWhichACheckIsToldOfIsOneServices() throws Exception {
        var check = "check { id = \"beat\" ttl = \"1h\" } }";
        write("a.hcl", "service { name = \"a\" " + check);
        write("b.hcl", "service { name = \"b\" " + check);

        assertThat(services.read(false)).containsOnlyKeys("a");
        assertThat(services.read(false)).containsOnlyKeys("a");
        assertThat(events)
                .singleElement()
                .asString()
                .contains("TTL check 'beat' of service 'b'")
                .contains("a.hcl");
    }

    @Test
    void secondDocumentOfAFileIsRefused() throws Exception {
        write("a.yaml", "service: {name: a, port: 1}\n---\nservice: {name: b, port: 1}\n");
        write("b.json", "{\"service\":{\"name\":\"c\"}} {\"service\":{\"name\":\"d\"}}");

        assertThat(services.read(false)).isEmpty();
        assertThat(events).hasSize(2);
    }
}
