package dev.hansa.cli.agent;

import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.peering.api.InvalidServiceFileException;
import dev.hansa.peering.api.ServiceFile;
import dev.hansa.peering.api.ServiceFile.Definition;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The folder with the definitions of services. A file that is broken counts as it last was, so
/// that a slip of the hand takes nothing out of service; one that is gone counts no more.
final class ServiceFolder {
    /// More is no machine that somebody keeps by hand.
    private static final int MAX_FILES = 1024;

    /// Each may be a process, and is told to a server.
    private static final int MAX_SERVICES = 1024;

    private static final long MAX_BYTES = 512 * 1024;

    private final Path folder;
    private final NodeRecord node;
    private final Consumer<AgentEvent> events;
    private final Map<Path, Read> files = new HashMap<>();
    private final Map<Path, String> twice = new HashMap<>();
    private String complaint = "";

    /// What one file said.
    ///
    /// @param stamp by which it is known whether it is another now
    /// @param good the last version that was one
    private record Read(Stamp stamp, List<Definition> good) {}

    private record Stamp(FileTime changed, long size, @Nullable Object key) {}

    ServiceFolder(Path folder, NodeRecord node, Consumer<AgentEvent> events) {
        this.folder = folder;
        this.node = node;
        this.events = events;
    }

    /// All services, by their ids.
    ///
    /// @param all whether files are read that look as they did before
    synchronized Map<String, Definition> read(boolean all) {
        var names = names();
        files.keySet().retainAll(names);
        for (var file : names) {
            var stamp = stamp(file);
            var before = files.get(file);
            if (all || before == null || !before.stamp().equals(stamp)) {
                files.put(
                        file,
                        new Read(stamp, read(file, before == null ? List.of() : before.good())));
            }
        }
        return joined(names);
    }

    synchronized int count() {
        return files.size();
    }

    private List<Path> names() {
        var names = new ArrayList<Path>();
        try (var found = Files.newDirectoryStream(folder, "*.{hcl,json,yaml,yml}")) {
            for (var file : found) {
                if (names.size() == MAX_FILES) {
                    throw new IOException("expected at most " + MAX_FILES + " files; found more");
                }
                names.add(file);
            }
            names.sort(Comparator.naturalOrder());
            complaint = "";
            return names;
        } catch (IOException | DirectoryIteratorException e) {
            complain("expected a folder that can be read; found '" + e + "'");
            // a disk that fails for a moment has not taken the services away
            return files.keySet().stream().sorted().toList();
        }
    }

    private void complain(String sentence) {
        if (!complaint.equals(sentence)) {
            complaint = sentence;
            events.accept(new AgentEvent.FileRefused(folder, sentence));
        }
    }

    private static Stamp stamp(Path file) {
        try {
            var found = Files.readAttributes(file, BasicFileAttributes.class);
            return new Stamp(found.lastModifiedTime(), found.size(), found.fileKey());
        } catch (IOException _) {
            // said when it is read
            return new Stamp(FileTime.fromMillis(0), -1, null);
        }
    }

    private List<Definition> read(Path file, List<Definition> before) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException("expected at most " + MAX_BYTES + " bytes; found more");
            }
            return ServiceFile.read(
                    node, Files.readString(file), String.valueOf(file.getFileName()));
        } catch (InvalidServiceFileException e) {
            events.accept(new AgentEvent.FileRefused(file, e.sentence()));
        } catch (IOException e) {
            events.accept(
                    new AgentEvent.FileRefused(
                            file,
                            "expected to be readable; found '"
                                    + e.getClass().getSimpleName()
                                    + ": "
                                    + e.getMessage()
                                    + "'"));
        }
        return before;
    }

    /// An id, and a name that has a sidecar, belong to the first file that has them.
    private Map<String, Definition> joined(List<Path> names) {
        var all = new TreeMap<String, Definition>();
        var from = new HashMap<String, Path>();
        for (var file : names) {
            for (var one : files.getOrDefault(file, new Read(stamp(file), List.of())).good()) {
                var id = one.instance().id();
                if (all.containsKey(id)) {
                    complainTwice(file, id, from.getOrDefault(id, file));
                } else if (all.size() < MAX_SERVICES) {
                    all.put(id, one);
                    from.put(id, file);
                } else {
                    complain("expected at most " + MAX_SERVICES + " services; found more");
                }
            }
        }
        twice.keySet().retainAll(names);
        return all;
    }

    private void complainTwice(Path file, String id, Path other) {
        if (!id.equals(twice.put(file, id))) {
            events.accept(
                    new AgentEvent.FileRefused(
                            file,
                            "service '"
                                    + id
                                    + "': expected an id that no other file has; found it in '"
                                    + other
                                    + "'"));
        }
    }
}
