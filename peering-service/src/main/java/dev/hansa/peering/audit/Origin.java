package dev.hansa.peering.audit;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Where a command comes from. It travels with the command, so that each server writes the same
/// record of it.
///
/// @param from the client's address, or the name of the server that has asked by itself
/// @param at by the clock of the server that was asked, in milliseconds
/// @param quiet whether a refusal of it is to have no record, as `who` was refused often or tries
///   again
/// @param untold how many refusals of `who` had none since the last one that had
public record Origin(String who, String from, Instant at, boolean quiet, long untold) {
    /// Of a command that an older version has written.
    public static final Origin UNKNOWN = new Origin(Author.UNKNOWN, "", Instant.EPOCH, false, 0);

    /// Of what this thread writes.
    ///
    /// @param server this server's name
    /// @param ticket of the pace of refusals
    public static Origin now(Clock clock, String server, Pace.Ticket ticket) {
        return now(clock, server, ticket.quiet(), ticket.untold());
    }

    /// Of what this thread writes and will write anew where it is refused.
    public static Origin ofAttempt(Clock clock, String server) {
        return now(clock, server, true, 0);
    }

    private static Origin now(Clock clock, String server, boolean quiet, long untold) {
        var from = Author.from();
        return new Origin(
                Author.who(),
                from.isEmpty() ? server : from,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                quiet,
                untold);
    }
}
