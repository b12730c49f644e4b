package dev.hansa.cli.agent;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.peering.api.InvalidServiceFileException;
import dev.hansa.peering.api.ServiceFile;
import dev.hansa.peering.api.ServiceFile.Definition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The folder with the definitions of services. A file that is broken counts as it last was, so
/// that a slip of the hand takes nothing out of service; one that is gone counts no more.
final class ServiceFolder {
    /// More is no machine that somebody keeps by hand.
    private static final int MAX_FILES = 1024;

    /// Each may be a process, and is told to a server.
    private static final int MAX_SERVICES = 1024;

    private static final int MAX_BYTES = 512 * 1024;

    private static final Read NOTHING =
            new Read(new Stamp(FileTime.fromMillis(0), -1, null), Optional.empty());

    private final Path folder;
    private final NodeRecord node;
    private final Consumer<AgentEvent> events;
    private final Map<Path, Read> files = new HashMap<>();
    private final Set<Path> missed = new HashSet<>();
    private Set<String> twice = Set.of();
    private Map<String, Definition> last = Map.of();
    private boolean wasListed;
    private boolean isComplete;
    private String complaint = "";
    private boolean isCutShort;

    /// What one file said.
    ///
    /// @param stamp by which it is known whether it is another now
    /// @param good the last version that was one; empty: there was none
    private record Read(Stamp stamp, Optional<List<Definition>> good) {}

    private record Stamp(FileTime changed, long size, @Nullable Object key) {}

    ServiceFolder(Path folder, NodeRecord node, Consumer<AgentEvent> events) {
        this.folder = folder;
        this.node = node;
        this.events = events;
    }

    /// All services, by their ids. A file that is gone counts until two looks in a row have missed
    /// it: an editor that writes it anew takes it away for a moment. While a file was never read
    /// well, no service goes: that file may have it now.
    ///
    /// @param all whether files are read that look as they did before
    /// @throws IOException when the folder has never been readable: nobody knows what is in it
    synchronized Map<String, Definition> read(boolean all) throws IOException {
        Set<Path> names;
        try {
            names = names();
            complaint = "";
            wasListed = true;
        } catch (IOException | DirectoryIteratorException e) {
            var sentence = "expected a folder that can be read; found '" + e + "'";
            if (!wasListed) {
                throw new IOException("services-dir: " + folder + ": " + sentence, e);
            }
            complain(sentence);
            // a disk that fails for a moment has not taken the services away
            return last;
        }
        files.keySet().removeIf(file -> !names.contains(file) && !missed.add(file));
        missed.removeIf(file -> names.contains(file) || !files.containsKey(file));
        for (var file : names) {
            var stamp = stamp(file);
            var before = files.get(file);
            if (all || before == null || !before.stamp().equals(stamp)) {
                var good = before == null ? Optional.<List<Definition>>empty() : before.good();
                files.put(file, new Read(stamp, read(file).or(() -> good)));
            }
        }
        last = joined(names);
        return last;
    }

    synchronized int count() {
        return files.size();
    }

    /// Whether every file has been read well once, so that there are no other services than those
    /// that the last look has found.
    synchronized boolean isComplete() {
        return isComplete;
    }

    private Set<Path> names() throws IOException {
        var names = new TreeSet<Path>();
        try (var found = Files.newDirectoryStream(folder, "*.{hcl,json,yaml,yml}")) {
            for (var file : found) {
                if (names.size() == MAX_FILES) {
                    throw new IOException("expected at most " + MAX_FILES + " files; found more");
                }
                names.add(file);
            }
        }
        return names;
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
            return NOTHING.stamp();
        }
    }

    private Optional<List<Definition>> read(Path file) {
        try {
            return Optional.of(
                    ServiceFile.read(node, text(file), String.valueOf(file.getFileName())));
        } catch (InvalidServiceFileException e) {
            events.accept(new AgentEvent.FileRefused(file, e.sentence()));
        } catch (IOException | RuntimeException e) {
            // a mistake of a reader's is this file's alone
            events.accept(
                    new AgentEvent.FileRefused(
                            file,
                            "expected to be readable; found '"
                                    + e.getClass().getSimpleName()
                                    + ": "
                                    + e.getMessage()
                                    + "'"));
        }
        return Optional.empty();
    }

    /// Nothing that has no end, or that waits for somebody to write.
    private static String text(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("expected a file; found something else, or nothing");
        }
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("expected at most " + MAX_BYTES + " bytes; found more");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        }
    }

    /// An id, and the id of a check whose owner says how it is, belong to the first file that has
    /// them; to one that was missed only when no other has them.
    private Map<String, Definition> joined(Set<Path> names) {
        var all = new TreeMap<String, Definition>();
        var from = new HashMap<String, Path>();
        var ofChecks = new HashMap<String, Path>();
        var complaints = new HashSet<String>();
        var isCut = false;
        for (var file : names) {
            var read = files.get(file);
            if (read == null) {
                continue;
            }
            for (var one : read.good().orElse(List.of())) {
                var id = one.instance().id();
                var check = ownersChecks(one).filter(ofChecks::containsKey).findFirst();
                if (all.containsKey(id)) {
                    complainTwice(
                            complaints, file, "service '" + id + "'", from.getOrDefault(id, file));
                } else if (check.isPresent()) {
                    complainTwice(
                            complaints,
                            file,
                            "TTL check '" + check.get() + "' of service '" + id + "'",
                            ofChecks.getOrDefault(check.get(), file));
                } else if (all.size() < MAX_SERVICES) {
                    all.put(id, one);
                    from.put(id, file);
                    ownersChecks(one).forEach(each -> ofChecks.put(each, file));
                } else {
                    isCut = true;
                }
            }
        }
        twice = complaints;
        if (isCut && !isCutShort) {
            events.accept(
                    new AgentEvent.FileRefused(
                            folder, "expected at most " + MAX_SERVICES + " services; found more"));
        }
        isCutShort = isCut;
        isComplete = !isCut && files.values().stream().allMatch(one -> one.good().isPresent());
        for (var file : missed) {
            for (var one : files.getOrDefault(file, NOTHING).good().orElse(List.of())) {
                all.putIfAbsent(one.instance().id(), one);
            }
        }
        if (!isComplete) {
            last.forEach(all::putIfAbsent);
        }
        return all;
    }

    /// Ids of its checks whose owners say how they are, by these ids alone.
    private static Stream<String> ownersChecks(Definition one) {
        return one.instance().checks().stream()
                .filter(check ->
                        check.definition()
                                .flatMap(CheckDefinition::way)
                                .filter(way -> way.kind() == CheckDefinition.Kind.TTL)
                                .isPresent())
                .map(HealthCheck::id);
    }

    private void complainTwice(Set<String> complaints, Path file, String what, Path other) {
        var isNew = complaints.add(file + " " + what);
        if (isNew && !twice.contains(file + " " + what)) {
            events.accept(
                    new AgentEvent.FileRefused(
                            file,
                            what
                                    + ": expected an id that nothing before it has; found it in '"
                                    + other
                                    + "'"));
        }
    }
}
