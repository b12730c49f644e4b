package dev.hansa.peering.store;

import dev.hansa.peering.audit.AuditClass;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditOutcome;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Waits until the audit log may begin, and later its classes of form 2: until all members can read
/// what its records rest on, which an older build cannot and would stop at, or would take for
/// others. Then whoever leads begins it, once for all times.
final class AuditStart implements AutoCloseable {
    /// How late it begins at most, after the last member was upgraded.
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    /// With so many changes the classes of form 2 begin: far from as many as there is room for, and
    /// not before somebody has made use of it.
    static final int CHANGES = 256;

    private final BooleanSupplier hasBegun;
    private final Runnable look;
    private final Duration pause;
    private final Consumer<Throwable> failures;
    private final Thread thread;

    /// The last failure that was told: one that comes at each look is told once.
    private String told = "";

    /// @param look begins the log, if it may begin
    /// @param pause between two looks
    /// @param failures told of defects, which end nothing
    AuditStart(
            BooleanSupplier hasBegun, Runnable look, Duration pause, Consumer<Throwable> failures) {
        this.hasBegun = hasBegun;
        this.look = look;
        this.pause = pause;
        this.failures = failures;
        this.thread = Thread.ofVirtual().name("audit-start").unstarted(this::run);
    }

    static AuditStart of(RaftStore store, Consumer<Throwable> failures) {
        var waiting =
                new AuditStart(
                        () -> store.auditHead().isApart(), () -> look(store), LOOK_EVERY, failures);
        waiting.start();
        return waiting;
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!hasBegunAfterALook()) {
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// A failure of either question ends nothing: it is asked again.
    private boolean hasBegunAfterALook() {
        try {
            if (hasBegun.getAsBoolean()) {
                return true;
            }
            look.run();
        } catch (StoreFailure _) {
            // another leads by now, or nobody: the next look finds who
        } catch (RuntimeException | Error e) {
            // a datacenter whose log never begins keeps no record of anything
            if (!told.equals(e.toString())) {
                told = e.toString();
                failures.accept(
                        new StoreFailure(
                                "audit log: expected to find out whether it may begin; found "
                                        + e
                                        + ": tried again every "
                                        + pause.toMillis()
                                        + " ms",
                                e));
            }
        }
        return false;
    }

    /// A server that is alone begins the log with its first act.
    private static void look(RaftStore store) {
        var members = store.members();
        var leadership = members.leadership().get();
        var due = due(store.auditHead(), members.isAlone());
        if (leadership.own()
                && due.isPresent()
                && (members.isAlone() || members.readAlike(CommandCodec.FORM))) {
            store.begin(due.get(), leadership.term());
        }
    }

    /// What may begin, as soon as all members can read it: the command that says so.
    static Optional<StoreCommand> due(AuditHead head, boolean isAlone) {
        if (head.last().number() == 0) {
            return isAlone
                    ? Optional.empty()
                    : Optional.of(
                            new StoreCommand.NoteAct("audit.begin", "log", AuditOutcome.APPLIED));
        }
        return head.isApart() || head.of(AuditClass.CHANGE).number() < CHANGES
                ? Optional.empty()
                : Optional.of(new StoreCommand.BeginAuditClasses());
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
