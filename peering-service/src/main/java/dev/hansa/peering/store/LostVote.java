package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What a member has voted, when a full disk has left nothing of it: the library replaces the file
/// by an empty one when it cannot write it (Apache Ratis 3.3, `RaftStorageMetadataFileImpl`), and
/// does not start with that any more. What it wanted to write was never answered for; what was
/// there before is gone.
///
/// Whoever does not know his vote must not vote again in the same term. So this member goes on in a
/// term that nobody can have reached: a leader of a lower one is told so and steps down, and one is
/// elected above it.
///
/// Format of the file (`raft-meta`): Java properties, `term` and `votedFor`, which is empty for
/// nobody.
final class LostVote {
    /// Elections since the last entry that this member has: a minority does not raise the term, as
    /// it asks first whether it could win, so each needed a majority; but for the one in which a
    /// member was cut off after it had asked ([Candidacy]). Half a million seconds of nothing else.
    static final long TERMS = 1_000_000;

    /// The term of the last one that was mended.
    private static final String NOTE = "mended-vote";

    private LostVote() {}

    /// @param known the term of the last entry that the state has
    /// @return what was mended, for a log; empty when nothing had to be
    /// @throws IOException when there is no room for it yet; nothing is mended then
    static Optional<String> mend(Path dataDir, LogDirectory directory, long known)
            throws IOException {
        var file =
                directory
                        .path()
                        .resolve(directory.group().toString())
                        .resolve("current")
                        .resolve("raft-meta");
        // whoever has no entry may have voted in any term
        if (!directory.used() || known <= 0 || !Files.exists(file) || Files.size(file) > 0) {
            return Optional.empty();
        }
        // it may be lost once more before an entry of a later term has come
        var before = LogDirectory.note(dataDir, NOTE);
        var term = Math.max(known, before.map(Long::parseLong).orElse(0L)) + TERMS;
        LogDirectory.note(dataDir, NOTE, String.valueOf(term));
        OwnDisk.write(
                file, ("term=" + term + "\nvotedFor=\n").getBytes(StandardCharsets.ISO_8859_1));
        return Optional.of(
                "'"
                        + file
                        + "': expected the vote of this server; found an empty file, as a full disk"
                        + " leaves it; it goes on in term "
                        + term
                        + ", in which nobody has voted");
    }
}
