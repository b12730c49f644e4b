package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;

/// Where a server keeps the log: `raft/<group>` in its data directory.
///
/// @param used whether there is a log already
record LogDirectory(Path path, UUID group, boolean used) {
    /// The note of the name under which a server was added.
    static final String NAME = "member";

    /// The note of the key with which a server began to join; gone once it has joined.
    static final String JOINING = "joining";

    /// @param wanted the group to be a member of; empty: that of the log that is there, or a new
    ///   one
    /// @throws StoreFailure when there are logs of several groups, or of another one
    static LogDirectory open(Path dataDir, Optional<UUID> wanted) throws IOException {
        var path = Files.createDirectories(dataDir.resolve("raft"));
        OwnDisk.ownerOnly(path, "rwx------");
        var present = groups(path);
        if (present.size() > 1
                || wanted.isPresent() && !wanted.stream().toList().containsAll(present)) {
            throw new StoreFailure(
                    "'"
                            + path
                            + "': expected the log of one group"
                            + wanted.map(group -> ", " + group).orElse("")
                            + "; found "
                            + present,
                    null);
        }
        return present.isEmpty()
                ? new LogDirectory(path, wanted.orElseGet(UUID::randomUUID), false)
                : new LogDirectory(path, present.getFirst(), true);
    }

    /// The names of the members, as the log was told last; empty when it was not told yet.
    List<String> members() throws IOException {
        var file = path.resolve(group.toString()).resolve("current/raft-meta.conf");
        if (!Files.exists(file)) {
            return List.of();
        }
        try (var input = Files.newInputStream(file)) {
            return LogEntryProto.parseFrom(input).getConfigurationEntry().getPeersList().stream()
                    .map(peer -> peer.getId().toStringUtf8())
                    .toList();
        }
    }

    /// A note of this server's own, for its lives to come.
    static Optional<String> note(Path dataDir, String name) throws IOException {
        var file = dataDir.resolve("raft").resolve(name);
        return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
    }

    /// Writes a note down, owner-only.
    static void note(Path dataDir, String name, String text) throws IOException {
        OwnDisk.ownerOnly(Files.createDirectories(dataDir), "rwx------");
        var path = Files.createDirectories(dataDir.resolve("raft"));
        OwnDisk.ownerOnly(path, "rwx------");
        OwnDisk.write(path.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    /// A directory that was not finished when the server died holds no log.
    private static List<UUID> groups(Path path) throws IOException {
        try (var entries = Files.list(path)) {
            return entries.filter(entry -> Files.exists(entry.resolve("current/raft-meta")))
                    .map(entry -> UUID.fromString(entry.getFileName().toString()))
                    .toList();
        }
    }
}
