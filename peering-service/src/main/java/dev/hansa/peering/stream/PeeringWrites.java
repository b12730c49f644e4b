package dev.hansa.peering.stream;

import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Changes to a peering's record by those who do not own it alone.
public final class PeeringWrites {
    /// Two writers race at most a few times; a record that changes faster than this is fought over.
    private static final int ATTEMPTS = 8;

    private PeeringWrites() {}

    /// Applies `change` to the live record with this id, again if someone else was faster.
    ///
    /// @return why it was not written; empty when it was, or was so already
    public static Optional<String> update(
            Store store, String id, UnaryOperator<PeeringRecord> change) {
        var reason = "";
        for (var attempt = 0; attempt < ATTEMPTS; attempt++) {
            var found = store.now().peeringById(id);
            if (found.isEmpty() || !found.get().state().isLive()) {
                return Optional.of("peering does not exist or has been marked for deletion");
            }
            var changed = change.apply(found.get());
            if (changed.equals(found.get())) {
                return Optional.empty();
            }
            switch (store.apply(new StoreCommand.PutPeering(changed))) {
                case StoreAnswer.Applied _, StoreAnswer.Unchanged _ -> {
                    return Optional.empty();
                }
                case StoreAnswer.Refused(var why) -> reason = why;
            }
        }
        return Optional.of(reason);
    }
}
