package dev.hansa.peering.store;

import dev.hansa.peering.audit.Author;
import dev.hansa.peering.audit.Origin;
import dev.hansa.peering.audit.Pace;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// Says of each command where it comes from, and of who was refused often that the next refusal is
/// to have no record.
final class Origins {
    private final Clock clock;
    private final String server;
    private final Pace refusals;

    /// @param server this server's name
    /// @param nanos as `System.nanoTime`
    Origins(Clock clock, String server, LongSupplier nanos) {
        this.clock = clock;
        this.server = server;
        this.refusals = new Pace(nanos);
    }

    /// Of what this server does by itself.
    Origin own() {
        return Origin.now(clock, server, refusals.ticket(Author.SERVER));
    }

    /// Writes with the origin of what this thread does.
    ///
    /// @param isRead whether all members can read one; else there is none
    StoreAnswer write(boolean isRead, Function<Optional<Origin>, StoreAnswer> write) {
        if (!isRead) {
            return write.apply(Optional.empty());
        }
        if (Author.isTrying()) {
            return write.apply(Optional.of(Origin.ofAttempt(clock, server)));
        }
        var ticket = refusals.ticket(Author.who());
        var isRefused = false;
        try {
            var answer = write.apply(Optional.of(Origin.now(clock, server, ticket)));
            isRefused =
                    answer instanceof StoreAnswer.Refused(var reason)
                            && !ReplicaMachine.isOfAnotherTerm(reason);
            return answer;
        } finally {
            if (isRefused) {
                ticket.refused();
            } else {
                ticket.unused();
            }
        }
    }
}
