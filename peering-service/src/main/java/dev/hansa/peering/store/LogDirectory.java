package dev.hansa.peering.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Where a server keeps the log: `raft/<group>` in its data directory.
///
/// @param used whether there is a log already
record LogDirectory(Path path, UUID group, boolean used) {
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

    /// A directory that was not finished when the server died holds no log.
    private static List<UUID> groups(Path path) throws IOException {
        try (var entries = Files.list(path)) {
            return entries.filter(entry -> Files.exists(entry.resolve("current/raft-meta")))
                    .map(entry -> UUID.fromString(entry.getFileName().toString()))
                    .toList();
        }
    }
}
