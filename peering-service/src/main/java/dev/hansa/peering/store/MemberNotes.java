package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.SealKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What a server has written down of its place among the others, before its log is opened.
public final class MemberNotes {
    private MemberNotes() {}

    /// The name under which this server was added to a log of others in an earlier life; empty for
    /// the server that began the log.
    ///
    /// @param listen where the others reach this server
    /// @throws IOException when the disk cannot be read
    /// @throws StoreFailure when the name is lost: under another's name this server would vote for
    ///   both
    public static Optional<String> addedAs(Path dataDir, InetSocketAddress listen)
            throws IOException {
        var name = LogDirectory.note(dataDir, LogDirectory.NAME);
        if (name.isEmpty() && exists(dataDir)) {
            var addresses = LogDirectory.open(dataDir, Optional.empty()).addresses();
            var own = Members.peer(Membership.FOUNDER, listen).getAddress();
            if (addresses.size() > 1 && !own.equals(addresses.get(Membership.FOUNDER))) {
                throw new StoreFailure(
                        "'"
                                + dataDir.resolve("raft").resolve(LogDirectory.NAME)
                                + "': expected the name of the server at "
                                + own
                                + " among "
                                + addresses
                                + "; found no such file",
                        null);
            }
        }
        return name;
    }

    /// Whether there is a log already, so that this server need not be told of one.
    ///
    /// @throws IOException when the disk cannot be read
    public static boolean exists(Path dataDir) throws IOException {
        return Files.exists(dataDir.resolve("raft"))
                && LogDirectory.open(dataDir, Optional.empty()).used();
    }

    /// Writes down what a server needs that is about to be added to a log of others.
    ///
    /// @param key what the others seal their secrets with; empty: this server has it from elsewhere
    /// @throws IOException when the disk does not take it
    public static void prepare(Path dataDir, String name, Optional<byte[]> key) throws IOException {
        if (key.isPresent()) {
            SecretSeal.take(dataDir, key.get());
        }
        LogDirectory.note(dataDir, LogDirectory.NAME, name);
    }

    /// What a server has noted that has begun to join and has not ended. It is secret.
    ///
    /// @throws IOException when the disk cannot be read
    public static Optional<String> joining(Path dataDir) throws IOException {
        return LogDirectory.note(dataDir, LogDirectory.JOINING);
    }

    /// Notes that this server begins to join.
    ///
    /// @throws IOException when the disk does not take it
    public static void joining(Path dataDir, String note) throws IOException {
        LogDirectory.note(dataDir, LogDirectory.JOINING, note);
    }

    /// What the join token has bought for the key of [#joining]. It is secret.
    ///
    /// @throws IOException when the disk cannot be read
    public static Optional<String> bought(Path dataDir) throws IOException {
        return LogDirectory.note(dataDir, LogDirectory.BOUGHT);
    }

    /// Notes what the join token has bought: a server without which the others have no majority
    /// finds nobody who could tell it again.
    ///
    /// @throws IOException when the disk does not take it
    public static void bought(Path dataDir, String note) throws IOException {
        LogDirectory.note(dataDir, LogDirectory.BOUGHT, note);
    }

    /// Whether this server's own disk says who signs in its datacenter, so that it can make its
    /// certificate itself.
    ///
    /// @param key where the key is that secrets are sealed with
    /// @throws IOException when the disk cannot be read
    /// @throws StoreFailure when the database cannot be used
    public static boolean knowsAuthority(Path dataDir, SealKey key) throws IOException {
        // before there is a log there is no database, and none must be made
        if (!exists(dataDir)) {
            return false;
        }
        try (var file = StateFile.open(dataDir, key)) {
            return file.written().ca().isPresent();
        }
    }

    /// Forgets the notes: this server has joined.
    ///
    /// @throws IOException when the disk does not take it
    public static void joined(Path dataDir) throws IOException {
        var raft = dataDir.resolve("raft");
        var joining = raft.resolve(LogDirectory.JOINING);
        var bought = raft.resolve(LogDirectory.BOUGHT);
        // a disk that is read-only by now takes no word, and need not
        if (!Files.exists(joining) && !Files.exists(bought)) {
            return;
        }
        // what was bought last: without it a server that still joins might find nobody to ask
        Files.deleteIfExists(joining);
        Files.deleteIfExists(bought);
        // else they might be there again after a power cut, and ask for the token
        OwnDisk.sync(raft);
    }
}
