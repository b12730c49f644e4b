package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// What the member that leads is asked, and listened to, for as long as it does. A former leader
/// that lives would go on telling, and one that is paused or cut off says nothing until its
/// connection is given up.
public final class LeaderCalls {
    /// A former leader that lives knows what became of a question, and who has asked it for a write
    /// wants to be told: it answers at once when its role ends. From when it was last heard: one
    /// that went in silence, which the election of another took long to notice, has had the time.
    static final Duration LAST_WORD = Duration.ofSeconds(1);

    private final MemberCalls calls;
    private final Latest<Leadership> leadership;
    private final LeaderContact contact;
    private final UnaryOperator<String> addresses;

    /// @param addresses of members, by name; throws [StoreFailure] for one that is none
    LeaderCalls(
            MemberCalls calls,
            Latest<Leadership> leadership,
            LeaderContact contact,
            UnaryOperator<String> addresses) {
        this.calls = calls;
        this.leadership = leadership;
        this.contact = contact;
        this.addresses = addresses;
    }

    /// Asks the member that leads by `led`.
    ///
    /// @throws NotLeadingFailure when another was elected, or it was anew, and it has not answered
    ///   [#LAST_WORD] after it was heard last: what was asked for was done or was not
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
        var heard = new AtomicBoolean();
        try {
            calls.follow(
                    address(led),
                    hello,
                    message -> {
                        heard.set(true);
                        taking.accept(message);
                    },
                    leave -> watch(led, leave));
            ended(led, heard.get());
        } catch (NotLeadingFailure e) {
            throw e;
        } catch (StoreFailure e) {
            ended(led, heard.get());
            throw e;
        }
    }

    /// @param told whether it has told anything: one that has not may not have begun to lead
    private void ended(Leadership led, boolean told) {
        if (told) {
            contact.ended(led.leader().orElseThrow());
        }
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

    private void leaveLater(Runnable leave) {
        var left = LAST_WORD.minus(contact.silenceOfFormer());
        Thread.ofVirtual()
                .name("last-word")
                .start(() -> {
                    try {
                        Thread.sleep(left); // none when it is negative
                        leave.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }
}
