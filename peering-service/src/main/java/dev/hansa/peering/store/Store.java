package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import java.util.Optional;

/// What an operator said or a peer promised. Commands are applied one at a time, in order; whoever
/// reads sees whole states.
public interface Store extends AutoCloseable {
    /// Applies a command; durable when this returns [StoreAnswer.Applied]. Blocks on disk: never
    /// call it on an event loop.
    ///
    /// @throws StoreFailure when the disk does not take it; then nothing has changed
    StoreAnswer apply(StoreCommand command);

    /// The present state and its successors.
    Latest<StoreState> state();

    default StoreState now() {
        return state().get();
    }

    /// Returns when what is read from here on is no older than what was acknowledged before the
    /// call: without it a leader that was cut off shows what it had, for as long as it does not
    /// know that another was elected. Asks a majority of the members, and no disk.
    ///
    /// @throws StoreFailure when this server does not lead, or no majority answers
    void confirm();

    /// Why writes are refused at this moment; empty when they are taken. Reads go on all the same.
    Optional<String> problem();

    /// Why this server's database lacks what its log has; empty: it has all of it. Writes are taken
    /// meanwhile, as the log has them.
    default Optional<String> databaseProblem() {
        return Optional.empty();
    }

    @Override
    void close();
}
