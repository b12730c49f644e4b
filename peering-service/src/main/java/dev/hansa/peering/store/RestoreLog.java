package dev.hansa.peering.store;

import dev.hansa.peering.audit.AuditReason;
import dev.hansa.peering.store.StateMachine.Transition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Base64;
import java.util.Optional;
import org.flywaydb.core.api.FlywayException;

/// What the log's entries of a restore do: gather a snapshot beside the state, the same on every
/// member, and put its content in the state's place when all of it has come. Where a disk does not
/// take a step, the member stops before it and takes the step at its next start.
final class RestoreLog {
    /// Of content, before it is Base64: an entry of the log has room for it three times.
    static final int MAX_PART = 512 * 1024;

    private final StateFile file;

    RestoreLog(StateFile file) {
        this.file = file;
    }

    /// What a command comes to.
    ///
    /// @param step that has to be on the disk with it, or the member stops; empty: none
    record Taken(Transition transition, Optional<RestoreRows.Step> step) {
        Taken(Transition transition) {
            this(transition, Optional.empty());
        }
    }

    /// @return empty: the command is none of a restore's, and has yet to be applied
    Optional<Taken> apply(StoreState state, StoreCommand command) {
        return switch (command) {
            case StoreCommand.BeginRestore(var id, var bytes, var sha256) ->
                    Optional.of(
                            done(
                                    state,
                                    RestoreRows.begin(new RestoreProgress(id, bytes, sha256, 0))));
            case StoreCommand.RestorePart part -> Optional.of(part(state, part));
            case StoreCommand.CommitRestore commit -> Optional.of(commit(state, commit));
            case StoreCommand.AbortRestore(var id) -> Optional.of(abort(state, id));
            case StoreCommand.CountStart _ -> {
                // a server that begins may be the one whose operator was restoring: nobody else
                // would ever end it
                file.forgetRestore();
                yield Optional.empty();
            }
            // StateMachine names them all
            default -> Optional.empty();
        };
    }

    private static Taken done(StoreState state, RestoreRows.Step step) {
        return new Taken(
                new Transition(state, new StoreAnswer.Unchanged(state.index())), Optional.of(step));
    }

    private static Taken unchanged(StoreState state) {
        return new Taken(new Transition(state, new StoreAnswer.Unchanged(state.index())));
    }

    private static Taken refused(StoreState state, AuditReason reason, String sentence) {
        return new Taken(
                new Transition(state, new StoreAnswer.Refused("restore: " + sentence), reason));
    }

    private Taken abort(StoreState state, String id) {
        return file.restore().filter(found -> found.id().equals(id)).isPresent()
                ? done(state, RestoreRows.end())
                : unchanged(state);
    }

    private static Taken superseded(StoreState state) {
        return refused(
                state,
                AuditReason.SUPERSEDED,
                "expected to be the only one; found that another has begun, or that a server"
                        + " was started; the state is what it was");
    }

    private Taken part(StoreState state, StoreCommand.RestorePart part) {
        var progress = file.restore().filter(found -> found.id().equals(part.id()));
        if (progress.isEmpty()) {
            return superseded(state);
        }
        var received = progress.get().received();
        var content = Base64.getDecoder().decode(part.content());
        if (part.offset() < received) {
            return unchanged(state);
        }
        if (part.offset() > received
                || content.length > MAX_PART
                || received + content.length > progress.get().bytes()) {
            return refused(
                    state,
                    AuditReason.MALFORMED,
                    "expected up to "
                            + Math.min(MAX_PART, progress.get().bytes() - received)
                            + " bytes from "
                            + received
                            + " on; found "
                            + content.length
                            + " from "
                            + part.offset());
        }
        return done(
                state,
                RestoreRows.part(
                        progress.get().received(content.length), part.offset(), part.content()));
    }

    private Taken commit(StoreState state, StoreCommand.CommitRestore commit) {
        var progress = file.restore().filter(found -> found.id().equals(commit.id()));
        if (progress.isEmpty()) {
            return superseded(state);
        }
        if (progress.get().received() != progress.get().bytes()) {
            return refused(
                    state,
                    AuditReason.MALFORMED,
                    "expected "
                            + progress.get().bytes()
                            + " bytes; found "
                            + progress.get().received());
        }
        var gathered = file.file().resolveSibling("restore.db");
        try {
            var sha256 = file.gatherRestore(gathered);
            if (!sha256.equals(progress.get().sha256())) {
                return refused(
                        state,
                        AuditReason.MALFORMED,
                        "expected a database with SHA-256 "
                                + progress.get().sha256()
                                + "; found "
                                + sha256);
            }
            var snapshot = StateRows.read(gathered, file.records());
            var refusal = RestoredState.refusal(state, snapshot, commit.force());
            if (refusal.isPresent()) {
                return new Taken(
                        new Transition(
                                state,
                                new StoreAnswer.Refused(refusal.get()),
                                AuditReason.FORBIDDEN));
            }
            var next = RestoredState.of(state, snapshot);
            return new Taken(
                    new Transition(next, new StoreAnswer.Applied(next.index())),
                    Optional.of(RestoreRows.end()));
        } catch (SQLException | FlywayException | IllegalArgumentException e) {
            // it was read where it came in: this member has another key, or is of an older version
            throw new StoreFailure(
                    "'" + gathered + "': expected a snapshot that this server can read; found " + e,
                    e);
        } finally {
            delete(gathered);
        }
    }

    /// What is left of it is written over by the next.
    private static void delete(Path gathered) {
        try {
            for (var end : new String[] {"", "-wal", "-shm"}) {
                Files.deleteIfExists(gathered.resolveSibling(gathered.getFileName() + end));
            }
        } catch (IOException _) {
            return;
        }
    }
}
