package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// What the member that leads is asked, and listened to, for as long as it does. A former leader
/// that lives would go on telling, and one that is paused or cut off says nothing until its
/// connection is given up.
public final class LeaderCalls {
    /// A former leader that lives knows what became of a question, and who has asked it for a write
    /// wants to be told: it answers at once when its role ends.
    static final Duration LAST_WORD = Duration.ofSeconds(1);

    private final MemberCalls calls;
    private final Latest<Leadership> leadership;
    private final UnaryOperator<String> addresses;

    /// @param addresses of members, by name; throws [StoreFailure] for one that is none
    LeaderCalls(MemberCalls calls, Latest<Leadership> leadership, UnaryOperator<String> addresses) {
        this.calls = calls;
        this.leadership = leadership;
        this.addresses = addresses;
    }

    /// Asks the member that leads by `led`.
    ///
    /// @throws NotLeadingFailure when it has not answered [#LAST_WORD] after another was elected,
    ///   or it was anew: what was asked for was done or was not
    /// @throws StoreFailure when it is not a member, or does not answer
    public byte[] ask(Leadership led, byte[] question, Duration limit) {
        return calls.ask(
                address(led), question, limit, leave -> watch(led, () -> leaveLater(leave)));
    }

    /// Listens to the member that leads by `led`.
    ///
    /// @throws NotLeadingFailure at once when another was elected, or it was anew
    /// @throws StoreFailure when it is not a member, or went
    /// @throws InterruptedException when told to stop
    public void follow(Leadership led, byte[] hello, Consumer<byte[]> taking)
            throws InterruptedException {
        calls.follow(address(led), hello, taking, leave -> watch(led, leave));
    }

    private String address(Leadership led) {
        return addresses.apply(led.leader().orElseThrow());
    }

    private Latest.Subscription watch(Leadership led, Runnable over) {
        return leadership.watch(now -> {
            if (led.isOver(now)) {
                over.run();
            }
        });
    }

    private static void leaveLater(Runnable leave) {
        Thread.ofVirtual()
                .name("last-word")
                .start(() -> {
                    try {
                        Thread.sleep(LAST_WORD);
                        leave.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }
}
