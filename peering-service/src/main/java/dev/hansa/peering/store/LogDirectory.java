package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;

/// Where a server keeps the log: `raft/<group>` in its data directory.
///
/// @param used whether there is a log already
record LogDirectory(Path path, UUID group, boolean used) {
    /// The note of the name under which a server was added.
    static final String NAME = "member";

    /// The note of the key with which a server began to join; gone once it has joined.
    static final String JOINING = "joining";

    /// The note of what the token has bought: a certificate, the sealing key and where the members
    /// are; gone once this server has joined.
    static final String BOUGHT = "joining.bought";

    /// Names, and keys in Base64.
    private static final Pattern NOTE = Pattern.compile("[A-Za-z0-9+/=_.\\n-]+");

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
        return List.copyOf(addresses().keySet());
    }

    /// The same, with where each is.
    ///
    /// @throws StoreFailure when what was written of them is damaged: whoever does not know the
    ///   others might take itself for the only one
    Map<String, String> addresses() throws IOException {
        if (!used) {
            return Map.of();
        }
        var current = path.resolve(group.toString()).resolve("current");
        var file = current.resolve("raft-meta.conf");
        if (!Files.exists(file)) {
            if (hasForgottenItsBeginning(current)) {
                throw damaged(file, "no such file");
            }
            return Map.of();
        }
        try {
            var addresses = new LinkedHashMap<String, String>();
            for (var peer :
                    LogEntryProto.parseFrom(Files.readAllBytes(file))
                            .getConfigurationEntry()
                            .getPeersList()) {
                addresses.put(peer.getId().toStringUtf8(), peer.getAddress());
            }
            if (addresses.isEmpty()) {
                throw damaged(file, "none");
            }
            return addresses;
        } catch (InvalidProtocolBufferException e) {
            throw damaged(file, "something else");
        }
    }

    /// The log itself says who the members are for as long as it has its first entries.
    private static boolean hasForgottenItsBeginning(Path current) throws IOException {
        try (var segments = Files.newDirectoryStream(current, "log_*")) {
            var hasSegments = false;
            for (var segment : segments) {
                hasSegments = true;
                if (segment.getFileName().toString().matches("log_(inprogress_0|0-.*)")) {
                    return false;
                }
            }
            return hasSegments;
        }
    }

    private static StoreFailure damaged(Path file, String found) {
        return new StoreFailure(
                "'"
                        + file
                        + "': expected the list of this datacenter's servers; found "
                        + found
                        + ": remove this server, and let it join anew with an empty data directory",
                null);
    }

    /// A note of this server's own, for its lives to come.
    static Optional<String> note(Path dataDir, String name) throws IOException {
        var file = dataDir.resolve("raft").resolve(name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        var note = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
        if (!NOTE.matcher(note).matches()) {
            // nothing of it is shown: it may be a part of a key
            throw new StoreFailure(
                    "'" + file + "': expected a note of this server's; found it damaged", null);
        }
        return Optional.of(note);
    }

    /// Writes a note down, owner-only.
    static void note(Path dataDir, String name, String text) throws IOException {
        DataDirectory.take(dataDir);
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
