package dev.hansa.peering;

import dev.hansa.peering.cluster.Question;
import java.time.Duration;

/// Whether a server's own disk takes writes, asked of it.
final class DiskQuestion {
    private static final Duration LIMIT = Duration.ofSeconds(1);

    private DiskQuestion() {}

    /// @return 200 with what is wrong, or with nothing where nothing is; another status from a
    ///   server of a version that cannot say
    /// @throws dev.hansa.peering.store.StoreFailure when it does not answer within a second
    /// @throws IllegalArgumentException when its version's answer cannot be read
    static Question.Answer ask(ServerParts parts, String member) {
        return Question.decode(
                parts.store()
                        .members()
                        .ask(member, Question.encode(new Question(Question.WRITABLE, "")), LIMIT),
                Question.Answer.class);
    }
}
